"""What is read from a configuration is what Celery itself makes of it: 420 generated ones, four releases."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from flake8_celery_oom.core.results import App, CeleryVersion
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset
from flake8_celery_oom.resolve.apps.lookup import Apps
from flake8_celery_oom.resolve.python.modules import Modules

ROOT = Path(__file__).parents[3]
Packages = dict[str, dict[str, str]]


def _tool() -> ModuleType:
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("record_configurations", ROOT / "tools" / "record_configurations.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = _tool()


@pytest.fixture(scope="module")
def packages() -> Packages:
    found: Packages = TOOL.generate()
    return found


def _answers(release: str, packages: Packages) -> dict[str, Any]:
    if release == "installed":
        asked: dict[str, Any] = TOOL.ask(sys.executable, packages)
        return asked
    recorded: dict[str, Any] = json.loads((ROOT / f"tests/data/configurations_{release}.json").read_text("utf-8"))
    return recorded


def _version(release: str) -> CeleryVersion:
    if release == "installed":
        import celery

        release = celery.__version__
    return CeleryVersion(f"=={release}")


def _differences(package: str, apps: Apps, version: CeleryVersion, answer: Any, defaults: list[object]) -> list[str]:
    app = apps.lookup(f"{package}.app", "", "", {}, version)
    if not isinstance(app, App):
        return [f"{package}: {app}"]
    details = apps.details(app)
    assert details is not None
    if details.refused or answer == "ImproperlyConfigured":
        return [] if details.refused and answer == "ImproperlyConfigured" else [f"{package}: refused, answer {answer}"]
    if isinstance(answer, str):
        return [f"{package}: {answer}"]
    found = []
    for name, want, default in zip(TOOL.SETTINGS, answer, defaults, strict=True):
        value = app.settings[name]
        match value:
            case Known():
                agrees = value.value == want and type(value.value) is type(want)
            case Unset():
                agrees = want == default
            case Unknown():
                agrees = False
        if not agrees:
            found.append(f"{package}: {name} is {want!r}, read as {value}")
    return found


@pytest.mark.parametrize("release", ["installed", "5.6.3", "5.0.5", "4.4.7"])
def test_configurations_are_read_as_celery_reads_them(release: str, packages: Packages) -> None:
    texts = {
        f"{package}/{name}": SourceText(f"{package}/{name}", text)
        for package, files in packages.items()
        for name, text in files.items()
    }
    version = _version(release)
    apps = Apps(Modules(texts, texts.get), lambda _path: version)
    answers = _answers(release, packages)
    assert answers.keys() == packages.keys()
    differences = [
        line
        for package in packages
        for line in _differences(package, apps, version, answers[package], answers["c0000"])
    ]
    assert not differences, "\n".join(differences[:20])
