"""Which workers of one container certainly run at the same time: their needs add up.

Two commands of one container may be alternatives (the branches of a script), so being in one container proves nothing.
Programs of one supervisord run together, so do the processes of one Procfile runner, and commands that stand in one
straight line of a shell text when all but the last are sent to the background; so do the nodes of ``celery multi``.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from flake8_celery_oom.core.facts import Argv, Command, Launch, ShellText
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.once import once
from flake8_celery_oom.core.place_index import PlaceIndex, StretchIndex
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.syntax import shell, shell_tree, shell_words

SIDE_BY_SIDE = frozenset({"supervisor", "procfile"})
"""Kinds of launches that are all started together by the program that reads their file."""

Crowd: TypeAlias = tuple[Worker, ...]

_BLOCKING = re.compile(r"celery(?!.*(?:--detach|\bmulti\b))|\bexec\b|\bwait\b|\bexit\b", re.DOTALL)
_QUOTED = re.compile(r"-[a-z]*c\s*['\"]")
"""A shell inside a statement: what its text comes to is not looked at here."""


def crowds(project: Project) -> list[Crowd]:
    """All workers, each in one group with those that certainly run beside it; most are alone."""
    lines, programs = _lines_of(project), _programs(project)
    groups: dict[object, list[Worker]] = {}
    for number, worker in enumerate(project.workers):
        program = _program(worker, programs)
        key = (program.kind, program.at.path) if program is not None else lines.line(worker) or _multi(worker)
        groups.setdefault(number if key is None else (worker.container, key), []).append(worker)
    return [tuple(group) for group in groups.values()]


def _multi(worker: Worker) -> object:
    """What tells the nodes of one ``celery multi start`` from all other workers."""
    if any(word.text == "multi" for word in worker.words):
        return ("multi", worker.at, worker.command_at, worker.via)
    return None


def program_of(worker: Worker, project: Project) -> Launch | None:
    """The program of a supervisor, or the process of a Procfile, that the worker is; None for any other."""
    return _program(worker, _programs(project))


def shell_text_of(worker: Worker, project: Project) -> MappedText | None:
    """The shell text that the worker's command stands in: of a launch, or a whole script; None where none does."""
    return _lines_of(project).text(worker)


def copies(worker: Worker, project: Project) -> int:
    """How many of this worker its supervisord starts (``numprocs``)."""
    program = program_of(worker, project)
    return max(1, program.replicas) if program is not None else 1


def stopped_as_group(worker: Worker, project: Project) -> bool | None:
    """Whether supervisord stops or kills a worker together with its children; None where it starts none."""
    program = _program(worker, _supervised(project))
    return program.stopped_as_group if program is not None else None


@once()
def _programs(project: Project) -> PlaceIndex[Launch]:
    """What is started together with all others of its file."""
    return PlaceIndex((one.at, one) for one in project.launches if one.kind in SIDE_BY_SIDE and one.autostart)


@once()
def _supervised(project: Project) -> PlaceIndex[Launch]:
    return PlaceIndex((launch.at, launch) for launch in project.launches if launch.kind == "supervisor")


def _program(worker: Worker, programs: PlaceIndex[Launch]) -> Launch | None:
    found = map(programs.first_around, (worker.at, *worker.via, worker.command_at))
    return next((program for program in found if program is not None), None)


@once()
def _lines_of(project: Project) -> _Lines:
    return _Lines(project.launches)


class _Lines:
    """The straight lines of shell texts: statements that all run, none waiting for the one before."""

    def __init__(self, launches: Iterable[Launch]) -> None:
        texts = [text for launch in launches for text in _texts(launch)]
        self._texts = PlaceIndex((_whole(text), text) for text in texts if text.text)
        self._lines: dict[tuple[str, int], tuple[StretchIndex, list[int]]] = {}
        """The places of the statements of each text, and the number of the line that each belongs to."""

    def line(self, worker: Worker) -> object:
        """What tells the workers of one straight line from all others; None for a worker that stands in none."""
        text = self.text(worker)
        if text is None:
            return None
        place = (text.source.path, text.offsets[0])
        if place not in self._lines:
            lines = enumerate(_lines(shell.parse(text).body, text.text))
            spans = [(number, span) for number, line in lines for span in line]
            index = StretchIndex([(span.start, span.end) for _, span in spans])
            self._lines[place] = index, [number for number, _ in spans]
        start = bisect_left(text.offsets, worker.command_at.start)
        index, numbers = self._lines[place]
        for statement in sorted(index.over(start, start + 1)):
            if not _QUOTED.search(text.text, index.start_of(statement), start):
                return (place, numbers[statement], worker.via[:-1])
        return None

    def text(self, worker: Worker) -> MappedText | None:
        """The shell text that the worker's command stands in: of a launch, or a whole script."""
        at = worker.command_at
        text = self._texts.first_around(replace(at, end=at.start + 1))
        if text is not None:
            return text
        mapped = next((word.mapped for word in worker.words if word.mapped is not None), None)
        if mapped is None or mapped.source.path != at.path or not _is_script(mapped.source.path, mapped.source.text):
            return None
        return MappedText.plain(mapped.source)


def _whole(text: MappedText) -> Location:
    return replace(text.location(), start=text.offsets[0], end=text.offsets[-1])


def _is_script(path: str, text: str) -> bool:
    return path.endswith((".sh", ".bash")) or (text.startswith("#!") and "sh" in text.partition("\n")[0])


def _texts(launch: Launch) -> Iterator[MappedText]:
    """The shell texts of a launch: its command, or a word of it that ``sh -c`` gets."""
    commands: Sequence[Command | None] = (launch.entrypoint, launch.command)
    for command in commands:
        if isinstance(command, ShellText) and command.shell:
            yield command.text
        elif isinstance(command, ShellText):
            yield from (text for word in shell_words.split(command.text) if " " in (text := _unquoted(word)).text)
        elif isinstance(command, Argv):
            yield from (word.mapped for word in command.words if word.mapped is not None and " " in word.mapped.text)


def _unquoted(word: MappedText) -> MappedText:
    pieces = [part.text for part in shell_words.parts(word) if isinstance(part, shell_words.Text)]
    return MappedText.joined(pieces) if pieces else word


def _lines(body: shell_tree.Sequence, text: str) -> Iterator[list[shell_tree.Span]]:
    """The straight lines of a text, in its offsets: of its statements, and of the bodies of its conditions."""
    line: list[shell_tree.Span] = []
    blocked = False
    for node in body.body:
        if not _certain(node):
            for inner in _bodies(node):
                yield from _lines(inner, text)
        elif not blocked:
            line.extend(_commands(node))
        blocked = blocked or _blocks(node, text)
    yield line


def _certain(node: shell_tree.Node) -> bool:
    """Whether all commands of a statement run, unless one before them fails."""
    match node:
        case shell_tree.Simple():
            return True
        case shell_tree.Background(_, body) | shell_tree.Group(_, body):
            return _certain(body)
        case shell_tree.AndOr(_, left, right, conjunction):
            return conjunction and _certain(left) and _certain(right)
        case shell_tree.Sequence(_, body) | shell_tree.Pipeline(_, body):
            return all(_certain(one) for one in body)
        case _:
            return False


def _commands(node: shell_tree.Node) -> Iterator[shell_tree.Span]:
    """The words of all commands of a statement, without assignments: what a variable holds is not run here."""
    match node:
        case shell_tree.Simple(words=(first, *_) as words):
            yield shell_tree.Span(first.start, words[-1].end)
        case shell_tree.Background(_, body) | shell_tree.Group(_, body):
            yield from _commands(body)
        case shell_tree.AndOr(_, left, right):
            yield from (*_commands(left), *_commands(right))
        case shell_tree.Sequence(_, bodies) | shell_tree.Pipeline(_, bodies):
            for one in bodies:
                yield from _commands(one)
        case _:
            return


def _bodies(node: shell_tree.Node) -> Iterator[shell_tree.Sequence]:
    """What a condition, a loop or a function may run, each way on its own."""
    match node:
        case shell_tree.If(_, _, body, orelse):
            ways: tuple[shell_tree.Node, ...] = (body,) if orelse is None else (body, orelse)
        case shell_tree.Case(_, _, items):
            ways = tuple(body for _, body in items)
        case shell_tree.For(body=body) | shell_tree.Loop(body=body) | shell_tree.Function(body=body):
            ways = (body,)
        case shell_tree.Background(_, body) | shell_tree.Group(_, body):
            ways = (body,)
        case _:
            ways = ()
    for way in ways:
        yield way if isinstance(way, shell_tree.Sequence) else shell_tree.Sequence(way.span, (way,))


def _blocks(node: shell_tree.Node, text: str) -> bool:
    """Whether nothing behind a statement runs beside what is in front of it."""
    if isinstance(node, shell_tree.Background):
        return False
    return _BLOCKING.search(text, node.span.start, node.span.end) is not None
