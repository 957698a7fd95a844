"""Heroku's app.json: what ``formation`` gives a process of the Procfile, config vars, and commands of ``scripts``."""

from __future__ import annotations

import posixpath
import re

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.facts import Fact, Launch, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax import json
from flake8_celery_oom.syntax.node_values import at_path, number, problems
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, text

KIND = "heroku"
TITLE = "Heroku's app.json"
NAMES = ("app.json",)

_OWN_KEY = re.compile(r'"(?:formation|buildpacks|addons|stack|scripts|environments)"\s*:')
_MIB = 1024 * 1024
_DYNO_MEMORY = {
    "free": 512,
    "hobby": 512,
    "eco": 512,
    "basic": 512,
    "standard-1x": 512,
    "standard-2x": 1024,
    "performance-m": 2560,
    "performance-l": 14336,
    "performance-l-ram": 30720,
    "performance-xl": 63488,
    "performance-2xl": 129024,
    "private-s": 1024,
    "private-m": 2560,
    "private-l": 14336,
    "private-l-ram": 30720,
}
"""MiB of each dyno size, from Heroku's list of dyno types."""


def claims(path: str, head: str) -> bool:
    """An app.json with a key of Heroku's in its beginning; Expo's app.json is another thing."""
    return posixpath.basename(path) == "app.json" and '"expo"' not in head and _OWN_KEY.search(head) is not None


def read(source: SourceText) -> list[Fact]:
    """A Launch without a command for each process of ``formation``, and one for each of ``scripts``."""
    document = json.parse(source)
    root = document.node
    workdir = posixpath.dirname(source.path) or "."
    environment = _environment(at_path(root, "env"))
    facts: list[Fact] = []
    formation = at_path(root, "formation")
    for name, process in formation.items() if isinstance(formation, Mapping) else ():
        if isinstance(formation, Mapping) and (key := formation.key(name)):
            facts.append(
                Launch(
                    KIND,
                    name,
                    key.at,
                    environment=environment,
                    workdir=workdir,
                    memory_limit=_memory(at_path(process, "size")),
                    replicas=replicas if (replicas := number(at_path(process, "quantity"))) is not None else 1,
                )
            )
    scripts = at_path(root, "scripts")
    for name, script in scripts.items() if isinstance(scripts, Mapping) else ():
        if isinstance(script, Scalar) and script.value.text.strip():
            command = ShellText(script.value, script.at)
            facts.append(Launch(KIND, name, script.at, command, environment=environment, workdir=workdir))
    return [*facts, *problems(source, document, "JSON")]


def _environment(node: Node | None) -> dict[str, Word]:
    """Config vars with a value: ``{"NAME": "value"}`` or ``{"NAME": {"value": "value"}}``."""
    found: dict[str, Word] = {}
    for name, entry in node.items() if isinstance(node, Mapping) else ():
        value = at_path(entry, "value") if isinstance(entry, Mapping) else entry
        if isinstance(value, Scalar) and not value.is_null:
            found[name] = Word.of(value.value)
    return found


def _memory(size: Node | None) -> Value[int]:
    if not isinstance(size, Scalar):
        return Unset()
    mebibytes = _DYNO_MEMORY.get((text(size) or "").lower())
    if mebibytes is None:
        return Unknown(Cause(f"dyno size {size.value.text!r}"), size.at, origin="limit")
    return Known(mebibytes * _MIB, size.at, "limit")
