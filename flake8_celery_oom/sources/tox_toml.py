"""tox's own TOML (tox 4.21 and later): the commands of each environment, in tox.toml and in pyproject.toml.

Source: tox 4, "Configuration" (TOML tables ``env_run_base`` and ``env.<name>``, references as ``{replace = ...}``).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from flake8_celery_oom.core.facts import Argv, Fact, Launch
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax import toml
from flake8_celery_oom.syntax.node_values import at_path, environment, problems
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence, text

KIND = "tox"
TITLE = "tox"
NAMES = ("tox.toml", "pyproject.toml")

_COMMANDS = ("commands_pre", "commands", "commands_post")


def claims(path: str, head: str) -> bool:
    """By its name alone: the tables may stand far down."""
    return posixpath.basename(path) in {"tox.toml", "pyproject.toml"} and "\0" not in head


def read(source: SourceText) -> list[Fact]:
    """One Launch a command, named after its environment; commands of all are named ``testenv``."""
    own = posixpath.basename(source.path) == "tox.toml"
    if not own and "tool.tox" not in source.text:
        return []
    document = toml.parse(source)
    root = document.node if own else at_path(document.node, "tool", "tox")
    base = at_path(root, "env_run_base")
    facts: list[Fact] = list(_launches(source, "testenv", base, base))
    environments = at_path(root, "env")
    for name, table in environments.items() if isinstance(environments, Mapping) else ():
        facts.extend(_launches(source, name, table, base))
    return [*facts, *problems(source, document, "TOML")] if own else facts


def _launches(source: SourceText, name: str, table: Node | None, base: Node | None) -> Iterator[Launch]:
    variables = {**environment(at_path(base, "set_env")), **environment(at_path(table, "set_env"))}
    folder = text(at_path(table, "change_dir")) or text(at_path(base, "change_dir")) or ""
    inside = folder.replace("{tox_root}", "").replace("{toxinidir}", "").lstrip("/")
    for key in _COMMANDS:
        commands = at_path(table, key)
        for command in commands.items if isinstance(commands, Sequence) else ():
            words = tuple(_words(command)) if isinstance(command, Sequence) else ()
            if words:
                yield Launch(
                    KIND,
                    name,
                    command.at,
                    Argv(words, command.at, "toml"),
                    environment=variables,
                    workdir=posixpath.normpath(
                        posixpath.join(posixpath.dirname(source.path), inside if "{" not in inside else "")
                    ),
                )


def _words(command: Sequence) -> Iterator[Word]:
    """The words of a command; ``{replace = "posargs", default = [...], extend = true}`` is its default."""
    for item in command.items:
        if isinstance(item, Scalar):
            yield Word.of(item.value)
        elif isinstance(item, Mapping):
            default = item.get("default")
            if isinstance(default, Sequence) and default.items:
                yield from _words(default)
            else:
                yield Word((Hole("{...}", default=text(default), at=item.at, several=default is None),), item.at)
