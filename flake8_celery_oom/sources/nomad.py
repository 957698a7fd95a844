"""Nomad jobs: what a task runs, with which environment, and the memory that it may take.

``memory`` and ``memory_max`` count in MB of 1024² bytes; a task that says nothing gets 300 (Nomad 1.9, "resources").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from flake8_celery_oom.core.cause import Cause, from_word
from flake8_celery_oom.core.facts import Argv, Command, Fact, Launch, ShellText
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax import hcl
from flake8_celery_oom.syntax.node_values import at_path, number
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, text, word

KIND = "nomad"
TITLE = "Nomad jobs"
NAMES = ("*.nomad", "*.nomad.hcl", "*.hcl")

_MIB = 1024**2
_DEFAULT = 300 * _MIB
_NAME = re.compile(r"\.(?:nomad|hcl|nomad\.hcl)(?:\.(?:j2|jinja2?|tpl|tmpl|tftpl|template|example))?\Z")
_JOB = re.compile(r"^[ \t]*job[ \t]+\S+[ \t]*\{", re.MULTILINE)
_CONTAINERS = frozenset({"docker", "podman", "containerd-driver"})


def claims(path: str, head: str) -> bool:
    """A file of HCL that has a ``job`` block."""
    return _NAME.search(path) is not None and "\0" not in head and _JOB.search(head) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch for each task."""
    root = hcl.parse(source)
    defaults = {
        f"var.{name}": value
        for name, node in _labelled(root, "variable")
        if (value := text(node.get("default"))) is not None
    }
    if defaults:
        root = hcl.parse(source, defaults)
    found: list[Fact] = []
    for job_name, job in _labelled(root, "job"):
        for group_name, group in _labelled(job, "group"):
            count = number(at_path(group, "count"))
            for name, task in _labelled(group, "task"):
                place = f"{source.path}:{job_name}/{group_name}/{name}"
                found += [_launch(name, task, place, 1 if count is None else count)] if _runs(task) else []
    return found


def _labelled(node: Node, kind: str) -> Iterator[tuple[str, Mapping]]:
    """The bodies of the blocks of one kind, by their label."""
    for block in node.get_all(kind) if isinstance(node, Mapping) else ():
        for name, body in block.items() if isinstance(block, Mapping) else ():
            if isinstance(body, Mapping):
                yield name, body


def _runs(task: Mapping) -> bool:
    return any(at_path(task, "config", name) is not None for name in ("command", "args", "entrypoint", "image"))


def _launch(name: str, task: Mapping, place: str, count: int) -> Launch:
    config = task.get("config")
    in_container = text(task.get("driver")) in _CONTAINERS or at_path(config, "image") is not None
    entrypoint = hcl.command(at_path(config, "entrypoint"))
    command = _command(config)
    first = command or entrypoint
    image = word(at_path(config, "image"))
    return Launch(
        kind=KIND,
        name=name,
        at=first.at if first is not None else task.at,
        command=command,
        entrypoint=entrypoint,
        image=image.default_text or image.shown if image is not None else None,
        environment=dict(_environment(task)),
        workdir=text(at_path(config, "work_dir")),
        memory_limit=_memory(task),
        replicas=count,
        container=place,
        in_container=in_container,
    )


def _command(config: Node | None) -> Command | None:
    """``command`` is the program, ``args`` are its words."""
    program, words = at_path(config, "command"), hcl.command(at_path(config, "args"))
    if not isinstance(program, Scalar):
        return words
    if not isinstance(words, Argv):
        return ShellText(program.value, program.at, shell=False)
    return Argv((Word.of(program.value), *words.words), _around(program.at, words.at), "json")


def _around(first: Location, second: Location) -> Location:
    start, end = (first, second) if first.start < second.start else (second, first)
    return Location(start.path, start.start, end.end, start.line, start.column, end.end_line, end.end_column)


def _environment(task: Mapping) -> Iterator[tuple[str, Word]]:
    for block in task.get_all("env"):
        for name, node in block.items() if isinstance(block, Mapping) else ():
            value = word(node)
            if value is not None:
                yield name, value


def _memory(task: Mapping) -> Value[int]:
    """What kills the task: ``memory_max`` where it is set, else ``memory``."""
    for name in ("memory_max", "memory"):
        node = at_path(task, "resources", name)
        amount = number(node)
        if amount:
            return Known(amount * _MIB, node.at if node is not None else None, "limit")
        written = word(node)
        if written is not None and written.text is None:
            default = written.default_text or ""
            known = int(default) * _MIB if default.isdecimal() and len(default) < 10 else None
            return Unknown(from_word(written), written.at, known, "limit")
    return Unknown(Cause("a task that sets no memory gets 300 MB"), task.at, _DEFAULT, "limit")
