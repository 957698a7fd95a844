"""Small Python projects made of text, for the tests."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from flake8_celery_oom.celery.settings import Flavour
from flake8_celery_oom.core.results import App, CeleryVersion, HostCpus, Setting
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.resolve.apps.lookup import AppMatch, Apps
from flake8_celery_oom.resolve.apps.settings import AppDetails
from flake8_celery_oom.resolve.apps.world import World
from flake8_celery_oom.resolve.python.modules import Modules
from flake8_celery_oom.resolve.python.values import as_setting

V57, V56, V50, V4, V3 = (CeleryVersion(f"=={number}") for number in ("5.7.0", "5.6.3", "5.0.5", "4.4.7", "3.1.26"))
ANY = CeleryVersion()


def modules(files: Mapping[str, str]) -> Modules:
    texts = {path: SourceText(path, textwrap.dedent(text)) for path, text in files.items()}
    return Modules(texts, texts.get)


def apps(files: Mapping[str, str], version: CeleryVersion = V57) -> Apps:
    return Apps(modules(files), lambda _path: version)


def words(environment: Mapping[str, str | Word]) -> dict[str, Word]:
    return {name: literal(value) if isinstance(value, str) else value for name, value in environment.items()}


def look_up(
    files: Mapping[str, str],
    name: str | None = "app",
    version: CeleryVersion = V57,
    environment: Mapping[str, str | Word] | None = None,
    cwd: str = "",
    near: str = "compose.yml",
) -> AppMatch:
    return apps(files, version).lookup(name, cwd, near, words(environment or {}), version)


def app_of(
    files: Mapping[str, str],
    name: str | None = "app",
    version: CeleryVersion = V57,
    environment: Mapping[str, str | Word] | None = None,
    cwd: str = "",
    near: str = "compose.yml",
) -> App:
    found = look_up(files, name, version, environment, cwd, near)
    assert isinstance(found, App), found
    return found


def details_of(files: Mapping[str, str], name: str = "app", version: CeleryVersion = V57) -> AppDetails:
    holder = apps(files, version)
    found = holder.lookup(name, "", "compose.yml", {}, version)
    assert isinstance(found, App), found
    details = holder.details(found)
    assert details is not None
    return details


def shown(value: Value[Setting] | Value[str] | Value[int] | Value[int | HostCpus]) -> object:
    """A value for comparing: what is known, "unset", or ("unknown", default)."""
    match value:
        case Known():
            return value.value
        case Unset():
            return "unset"
        case Unknown():
            return ("unknown", value.default)


def setting(app: AppMatch, name: str = "worker_concurrency") -> object:
    return shown(app.settings[name])


def evaluate(
    text: str,
    environment: Mapping[str, str | Word] | None = None,
    others: Mapping[str, str] | None = None,
    flavour: Flavour = "5.7",
) -> object:
    """What the name X of a module is."""
    world = World(modules({"m.py": text, **(others or {})}), words(environment or {}), flavour)
    table = world.run_module("m.py")
    assert table is not None
    slot = table.slots.get("X")
    if slot is None:
        return "unset" if table.open is None else ("unknown", None)
    return shown(as_setting(world.plain(slot.value), slot.at))
