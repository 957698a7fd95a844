"""JSON from which a supervisord configuration is made: ``{"programs": {"worker": {"command": ...}}}``."""

from __future__ import annotations

import posixpath
import re

from flake8_celery_oom.core.facts import Fact, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import json
from flake8_celery_oom.syntax.node_values import at_path
from flake8_celery_oom.syntax.substitution import substitute
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Scalar

KIND = "template"
TITLE = "supervisor"
NAMES = ("supervisor*.json",)

_SHAPE = re.compile(r'"programs"\s*:\s*\{\s*"[^"]*"\s*:\s*\{')
_EXPANSION = re.compile(r"%%|%\((?P<environment>ENV_)?(?P<name>\w+)\)[0-9]*[sd]")


def claims(path: str, head: str) -> bool:
    """A JSON file named after supervisor whose ``programs`` are mappings by name."""
    return "supervisor" in posixpath.basename(path) and path.endswith(".json") and _SHAPE.search(head) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch a program; ``%(ENV_X)s`` becomes a hole. Supervisor splits the words itself."""
    programs = at_path(json.parse(source).node, "programs")
    facts: list[Fact] = []
    for name, program in programs.items() if isinstance(programs, Mapping) else ():
        command = at_path(program, "command")
        if isinstance(command, Scalar) and command.value.text.strip():
            text = substitute(command.value, _EXPANSION, _meaning)
            facts.append(Launch(KIND, name, command.at, ShellText(text, command.at, shell=False)))
    return facts


def _meaning(match: re.Match[str], piece: MappedText) -> str | Hole:
    if match["name"] is None:
        return "%"
    return Hole(match[0], match["name"] if match["environment"] else None, at=piece.location())
