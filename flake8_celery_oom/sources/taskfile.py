"""Taskfile.yml: the commands of each task, which Task runs in a shell of its own."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_celery_oom.core.facts import Argv, EnvironmentSource, Fact, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.syntax import yaml
from flake8_celery_oom.syntax.node_values import at_path, problems, scalars
from flake8_celery_oom.syntax.substitution import substitute, word_at
from flake8_celery_oom.syntax.yaml_nodes import Document, Mapping, Node, Scalar, Sequence, text

KIND = "taskfile"
TITLE = "Taskfiles"
NAMES = ("Taskfile*.yml", "Taskfile*.yaml")

_NAME = re.compile(r"[Tt]askfile(?:\.dist)?\.ya?ml|[Tt]askfile\.[\w-]+\.ya?ml")
_ACTION = re.compile(r"\{\{-?(?P<body>[^{}]*?)-?\}\}")
_VARIABLE = re.compile(r"\.(\w+)")
_DEFAULT = re.compile(
    r"""(?:\.(?P<name>\w+)\s*\|\s*default\s+(?P<piped>"[^"]*"|\d+)|default\s+(?P<first>"[^"]*"|\d+)\s+\.(?P<last>\w+))"""
)
_FOLDERS = frozenset({"ROOT_DIR", "TASKFILE_DIR", "USER_WORKING_DIR", "TASK_DIR"})
_MAX_DEPTH = 8
_VERSION = re.compile(r"^version:\s*['\"]?[23](?:\.\d+)?['\"]?\s*$", re.MULTILINE)
_TASKS = re.compile(r"^tasks:\s*$", re.MULTILINE)


def claims(path: str, head: str) -> bool:
    """By its name; a file that another includes may have any, and says its version and its tasks."""
    if "\0" in head:
        return False
    if _NAME.fullmatch(posixpath.basename(path)) is not None:
        return True
    return path.endswith((".yml", ".yaml")) and _VERSION.search(head) is not None and _TASKS.search(head) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch a command; ``task: other`` is the command ``task other``."""
    facts: list[Fact] = []
    for document in _documents(source):
        tasks = at_path(document.node, "tasks")
        if isinstance(document.node, Mapping) and isinstance(tasks, Mapping):
            for name, task in tasks.items():
                facts.extend(_Task(source, document.node, name, task).launches())
        facts.extend(problems(source, document, "YAML"))
    return facts


def _documents(source: SourceText) -> list[Document]:
    """As plain YAML, where actions are part of the texts; an action without quotes needs the reading of templates."""
    documents = list(yaml.documents(source))
    if "{{" in source.text and any(document.problem for document in documents):
        return list(yaml.templated_documents(source, "go"))
    return documents


@dataclass(frozen=True, slots=True)
class _Task:
    """One task of a file."""

    source: SourceText
    root: Mapping
    name: str
    node: Node

    def launches(self) -> Iterator[Launch]:
        """Its commands in order."""
        commands = [self.node]
        if isinstance(self.node, Mapping):
            commands = [found for key in ("cmds", "cmd") if (found := self.node.get(key)) is not None]
        for node in commands:
            for item in node.items if isinstance(node, Sequence) else [node]:
                command = self._command(item)
                if command is not None:
                    yield Launch(
                        KIND,
                        self.name,
                        command.at,
                        command,
                        environment=dict(self._environment()),
                        environment_from=tuple(self._environment_files()),
                        workdir=self._folder(),
                    )

    def _command(self, item: Node) -> Argv | ShellText | None:
        while isinstance(item, Mapping):
            other = text(item.get("task"))
            if other is not None:
                return Argv((literal("task", item.at), literal(other.lstrip(":"), item.at)), item.at)
            inner = item.get("cmd") or item.get("defer")
            if inner is None:
                return None
            item = inner
        if not isinstance(item, Scalar) or not item.value.text.strip():
            return None
        return ShellText(self._filled(item.value), item.at)

    def _folder(self) -> str:
        written = at_path(self.node, "dir")
        folder = Word.of(self._filled(written.value)).default_text if isinstance(written, Scalar) else None
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.source.path), folder or ""))

    def _environment(self) -> Iterator[tuple[str, Word]]:
        """The variables of the file, then those of the task. A ``dotenv`` of the task may set the former again."""
        around, own = self.root.get("env"), at_path(self.node, "env")
        set_again = at_path(self.node, "dotenv") is not None
        for node in (around, own):
            for name, value in node.items() if isinstance(node, Mapping) else ():
                if set_again and node is around:
                    yield name, Word((Hole(f"${name}", name, at=value.at),), value.at)
                elif isinstance(value, Scalar):
                    yield name, word_at(self._filled(value.value), value.at)
                else:
                    yield name, Word((_computed(value, name),), value.at)

    def _environment_files(self) -> Iterator[EnvironmentSource]:
        folder = posixpath.dirname(self.source.path)
        for item in [*scalars(self.root.get("dotenv")), *scalars(at_path(self.node, "dotenv"))]:
            path = Word.of(self._filled(item.value)).default_text
            joined = posixpath.normpath(posixpath.join(folder, path)) if path else None
            yield EnvironmentSource("file", item.value.text, item.at, joined)

    def _filled(self, value: MappedText, asked: tuple[str, ...] = ()) -> MappedText:
        """The text with its ``{{...}}`` replaced by what the file says, or by holes."""

        def meaning(match: re.Match[str], piece: MappedText) -> str | Hole | MappedText:
            body = match["body"].strip()
            if found := _VARIABLE.fullmatch(body):
                return self._variable(found[1], piece, asked)
            if found := _DEFAULT.fullmatch(body):
                name = found["name"] or found["last"]
                default = (found["piped"] or found["first"]).strip('"')
                known = self._variable(name, piece, asked)
                unset = isinstance(known, Hole) and known.default is None and not known.host_cpus
                return Hole(match[0], name, default, piece.location()) if unset else known
            cpus = re.search(r"\bnumCPU\b", body) is not None
            return Hole(match[0], at=piece.location(), several=not cpus, host_cpus=cpus)

        return substitute(value, _ACTION, meaning)

    def _variable(self, name: str, piece: MappedText, asked: tuple[str, ...]) -> str | Hole | MappedText:
        if name == "CLI_ARGS":
            return Hole(piece.text, default="", at=piece.location(), several=True)
        if name == "TASK":
            return self.name
        if name in _FOLDERS:
            return posixpath.relpath(posixpath.dirname(self.source.path) or ".", self._folder_without_variables())
        if name not in asked and len(asked) < _MAX_DEPTH:
            for holder in (self.node, self.root):
                value = at_path(holder, "vars", name)
                if isinstance(value, Scalar):
                    return self._filled(value.value, (*asked, name))
                if value is not None:
                    return _computed(value, piece.text)
        return Hole(piece.text, name, at=piece.location(), several=True)

    def _folder_without_variables(self) -> str:
        folder = text(at_path(self.node, "dir")) or ""
        inside = "" if "{{" in folder else folder
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.source.path), inside))


def _computed(value: Node, source: str) -> Hole:
    """A variable that a command computes: ``{sh: nproc}``."""
    command = text(at_path(value, "sh")) or ""
    cpus = re.search(r"\bnproc\b|hw\.(?:n|logical)cpu", command) is not None
    return Hole(source, at=value.at, several=not cpus, host_cpus=cpus)
