"""Tasks in TOML files: Poe the Poet, taskipy, Hatch, PDM, Rye, Pixi (also in pyproject.toml), mise and Pipenv."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace

from flake8_celery_oom.core.facts import Argv, EnvironmentSource, Fact, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax import toml
from flake8_celery_oom.syntax.node_values import at_path, environment, mappings, problems, scalars
from flake8_celery_oom.syntax.substitution import standing_at, substitute, unfilled
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence, argv_or_text, text

KIND = "taskfile"
TITLE = "tasks in pyproject.toml and Pipfile"
NAMES = ("pyproject.toml", "Pipfile", "mise.toml")

_OWN_FILES = {
    "poe_tasks.toml": "poe",
    "hatch.toml": "hatch",
    "pixi.toml": "pixi",
    "mise.toml": "mise",
    ".mise.toml": "mise",
    "mise.local.toml": "mise",
    "Pipfile": "pipenv",
}
_MAX_STEPS_INSIDE_STEPS = 5
_PLACEHOLDER = re.compile(r"\{(?P<name>args|env|root|pdm)(?::(?P<rest>[^{}]*))?\}")
_LINE_ENDS = str.maketrans("\r\n", "  ")


@dataclass(frozen=True, slots=True)
class _Runner:
    """A task runner's ways: what starts a task, whether ``{args}`` means something, what a list of texts is."""

    starts: str
    placeholders: bool = False
    list_is_words: bool = False
    one_line: bool = False
    """Line ends in a task's text are blanks."""


_RUNNERS = {
    "poe": _Runner("poe", one_line=True),
    "taskipy": _Runner("task"),
    "hatch": _Runner("hatch run", placeholders=True),
    "pdm": _Runner("pdm run", placeholders=True, one_line=True),
    "rye": _Runner("rye run", list_is_words=True),
    "pixi": _Runner("pixi run", list_is_words=True),
    "mise": _Runner("mise run"),
    "pipenv": _Runner("pipenv run"),
}


def claims(path: str, head: str) -> bool:
    """By its name alone: the tables of tasks may stand far down."""
    name = posixpath.basename(path)
    return (name == "pyproject.toml" or name in _OWN_FILES) and "\0" not in head


def read(source: SourceText) -> list[Fact]:
    """One Launch for each command of each task, named as the runner wants it: ``hatch run docs:build``."""
    own = _OWN_FILES.get(posixpath.basename(source.path))
    templated = "{{" in source.path or "{%" in source.text
    document = toml.parse(unfilled(source, "jinja" if templated or own == "mise" else None))
    if own is None:
        facts: list[Fact] = []
        for name in _RUNNERS:
            facts.extend(_launches(source, name, at_path(document.node, "tool", name)))
        return facts
    table = at_path(document.node, "tool", own) or document.node
    facts = [*_launches(source, own, table)]
    return facts if templated else [*facts, *problems(source, document, "TOML")]


def _launches(source: SourceText, name: str, table: Node | None) -> Iterator[Launch]:
    """All tasks of one runner."""
    for prefix, tasks, variables in _task_tables(name, table):
        if not isinstance(tasks, Mapping):
            continue
        shared = tasks.get("_") if name == "pdm" else table
        reader = _Reader(source, _RUNNERS[name], frozenset(tasks.keys()), environment(variables))
        reader = reader.with_files(shared) if isinstance(shared, Mapping) else reader
        for task, node in tasks.items():
            if task != "_":
                yield from reader.task(prefix + task, node)


def _task_tables(name: str, table: Node | None) -> Iterator[tuple[str, Node | None, Node | None]]:
    """For each table of tasks: what stands before their names, the table, and the variables of all its tasks."""
    if name == "hatch":
        environments = at_path(table, "envs")
        for env, settings in environments.items() if isinstance(environments, Mapping) else ():
            prefix = "" if env == "default" else f"{env}:"
            yield prefix, at_path(settings, "scripts"), at_path(settings, "env-vars")
    elif name == "pixi":
        yield "", at_path(table, "tasks"), at_path(table, "activation", "env")
        features = at_path(table, "feature")
        for _, feature in features.items() if isinstance(features, Mapping) else ():
            yield "", at_path(feature, "tasks"), at_path(feature, "activation", "env")
    elif name in {"pdm", "rye", "pipenv"}:
        yield "", at_path(table, "scripts"), at_path(table, "scripts", "_", "env")
    else:
        yield "", at_path(table, "tasks"), at_path(table, "env")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the tasks of one table; ``names`` are those that a step of another task may start by name."""

    source: SourceText
    runner: _Runner
    names: frozenset[str]
    environment: MappingOf[str, Word] = field(default_factory=dict)
    environment_from: tuple[EnvironmentSource, ...] = ()
    directory: str = ""
    depth: int = 0

    def task(self, name: str, node: Node | None) -> Iterator[Launch]:
        """The commands of a task, or of a step of it."""
        if self.depth > _MAX_STEPS_INSIDE_STEPS:
            return
        if isinstance(node, Scalar):
            if node.value.text.strip():
                yield self._launch(name, ShellText(self.line(node.value, one_line=self.runner.one_line), node.at))
        elif isinstance(node, Sequence) and self.runner.list_is_words and not mappings(node):
            yield from self._words(name, node)
        elif isinstance(node, Sequence):
            for item in node.items:
                yield from replace(self, depth=self.depth + 1).task(name, item)
        elif isinstance(node, Mapping):
            yield from self.within(node).table(name, node)

    def with_files(self, table: Mapping) -> _Reader:
        """The reader with the env files that a table names."""
        folder = posixpath.dirname(self.source.path)
        files = tuple(
            EnvironmentSource(
                "file", item.value.text, item.at, posixpath.normpath(posixpath.join(folder, item.value.text))
            )
            for key in ("envfile", "env_file")
            for item in scalars(table.get(key))
        )
        return replace(self, environment_from=(*self.environment_from, *files))

    def within(self, table: Mapping) -> _Reader:
        """The reader with what one task's table says of variables and of its folder."""
        variables = {**self.environment, **environment(table.get("env")), **dict(_arguments(table.get("args")))}
        directory = next((found for key in ("cwd", "working_dir", "dir") if (found := text(table.get(key)))), "")
        return replace(self.with_files(table), environment=variables, directory=directory or self.directory)

    def table(self, name: str, table: Mapping) -> Iterator[Launch]:
        """The commands of a task that is written as a table."""
        for key in ("cmd", "command", "shell", "run", "ref"):
            node = table.get(key)
            if isinstance(node, Scalar) and node.value.text.strip():
                reader = replace(self, depth=1) if key == "ref" else self
                line = reader.line(node.value, one_line=self.runner.one_line and key == "cmd")
                yield self._launch(name, ShellText(line, node.at))
            elif isinstance(node, Sequence) and key == "run":
                yield from self.task(name, node)
            elif isinstance(node, Sequence):
                yield from self._words(name, node)
        for key in ("sequence", "parallel", "composite", "chain"):
            steps = table.get(key)
            if isinstance(steps, Sequence):
                yield from replace(self, runner=replace(self.runner, list_is_words=False)).task(name, steps)
        yield from self._words(name, table.get("file"))

    def _words(self, name: str, node: Node | None) -> Iterator[Launch]:
        command = argv_or_text(node)
        if isinstance(command, Argv) and command.words:
            yield self._launch(name, replace(command, notation="toml"))
        elif isinstance(command, ShellText):
            yield self._launch(name, command)

    def _launch(self, name: str, command: Argv | ShellText) -> Launch:
        folder = posixpath.dirname(self.source.path)
        return Launch(
            KIND,
            name,
            command.at,
            command,
            environment=self.environment,
            environment_from=self.environment_from,
            workdir=posixpath.normpath(posixpath.join(folder, self.directory)),
        )

    def line(self, line: MappedText, *, one_line: bool) -> MappedText:
        """A task's text as the shell gets it; one that begins with another task's name starts that task."""
        if one_line:
            line = replace(line, text=line.text.translate(_LINE_ENDS))
        if self.runner.placeholders:
            line = substitute(line, _PLACEHOLDER, _meaning)
        first = line.text.split(None, 1)[0]
        if first in self.names and self.depth:
            line = MappedText.joined([standing_at(line[:0], f"{self.runner.starts} "), line])
        return line


def _arguments(node: Node | None) -> Iterator[tuple[str, Word]]:
    """Arguments that a task declares; the shell finds them as variables."""
    if isinstance(node, Mapping):
        declared = [(name, node.key(name), settings) for name, settings in node.items()]
    else:
        declared = [
            (found.value.text, found, item)
            for item in (node.items if isinstance(node, Sequence) else ())
            if isinstance(found := at_path(item, "name") if isinstance(item, Mapping) else item, Scalar)
        ]
    for name, key, settings in declared:
        default = text(at_path(settings, "default"))
        at = key.at if key else None
        yield name, Word((Hole(f"${name}", name, default, at),), at)


def _meaning(match: re.Match[str], piece: MappedText) -> str | Hole:
    name, rest = match["name"], match["rest"]
    if name == "root":
        return "."
    if name == "env":
        variable, _, default = (rest or "").partition(":")
        return Hole(match[0], variable, default or None, piece.location())
    return Hole(match[0], default=rest or "", at=piece.location(), several=True)
