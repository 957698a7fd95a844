"""What ``changes`` looks at: the texts of the files, how commands are noted in them, and who shares a command."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from flake8_celery_oom.analysis.readings import Reached
from flake8_celery_oom.core.facts import Argv, Command, ShellText
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.place_index import StretchIndex
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.wishes import RemovableOption, RemoveOptions, Respell, SetOption
from flake8_celery_oom.core.word import Word


class CannotEditError(Exception):
    """A wish that no edit can fulfil safely; the text says why, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Around:
    """The text in which a word stands, at ``[start:end]`` of ``text``; ``item``: it is an item of a list."""

    text: MappedText
    start: int
    end: int
    item: bool = False


class Scene:
    """One project as ``changes`` sees it.

    ``commands`` are all commands of its files, ``texts`` the other texts that hold commands: scripts and variables.
    ``paths`` are the files in which a name of Celery may be used.
    """

    def __init__(
        self,
        read: Callable[[str], SourceText | None],
        project: Project,
        findings: Iterable[Finding] = (),
        commands: Iterable[Command] = (),
        texts: Iterable[MappedText] = (),
        paths: Iterable[str] = (),
    ) -> None:
        self.read = read
        self._paths = tuple(paths)
        self._items: dict[tuple[str, int], Argv] = {}
        self._texts: dict[str, list[MappedText]] = defaultdict(list)
        self._users: dict[tuple[str, int, int], list[list[Worker]]] = defaultdict(list)
        """The workers that have a word, those of the same words together."""
        self._callers: dict[tuple[str, int, int], Callers] = {}
        self._wished: dict[tuple[int, RemovableOption], int | None] = {}
        self._respelled: list[tuple[Location, str, str]] = []
        for command in commands:
            self._add(command)
        for text in texts:
            self._add_text(text)
        alike: dict[int, list[Worker]] = {}
        for worker in project.workers:
            alike.setdefault(id(worker.words), []).append(worker)  # the nodes of celery multi share their words
        for workers in alike.values():
            for at in {word.at for word in workers[0].words if word.at is not None}:
                self._users[at.path, at.start, at.end].append(workers)
        for finding in findings:
            self._note(finding)

    def _add(self, command: Command) -> None:
        if isinstance(command, ShellText):
            self._add_text(command.text)
            return
        for word in command.words:
            if word.at is None:
                continue
            if command.notation != "shell":
                self._items.setdefault((word.at.path, word.at.start), command)
            if word.mapped is not None:
                self._add_text(word.mapped)

    def _add_text(self, text: MappedText) -> None:
        if text.text and len(text.offsets):
            self._texts[text.source.path].append(text)

    def _note(self, finding: Finding) -> None:
        wish = finding.wish
        if isinstance(wish, SetOption):
            for worker in wish.workers:
                self._wished[id(worker), wish.option] = wish.value
        elif isinstance(wish, RemoveOptions):
            for worker in wish.workers:
                for option in wish.options:
                    self._wished[id(worker), option] = None
        elif isinstance(wish, Respell):
            self._respelled.extend(wish.spellings)

    def source(self, at: Location) -> SourceText:
        """The file of a place. Raises CannotEditError when it cannot be read."""
        source = self.read(at.path)
        if source is None:
            raise CannotEditError(f"{at.path} cannot be read")
        return source

    def mentioning(self, name: str) -> Iterator[SourceText]:
        """The files in which a name stands."""
        pattern = re.compile(re.escape(name))
        for path in self._paths:
            source = self.read(path)
            if source is not None and source.mentions(pattern):
                yield source

    def is_respelled(self, at: Location, old: str, new: str) -> bool:
        """Whether some finding wishes that the name at ``at`` is written so too."""
        return any((old, new) == (was, now) and place.contains(at) for place, was, now in self._respelled)

    def bystanders(self, word: Word, option: RemovableOption, value: int | None) -> Iterator[Worker]:
        """The workers whose command has this word, and that do not wish for the same.

        A script that others run is left out where it is read on its own.
        """
        at = word.at
        if at is None:
            return
        key = (at.path, at.start, at.end)
        users = [worker for workers in self._users[key] for worker in workers]
        if key not in self._callers:
            self._callers[key] = Callers(users)
        for worker in users:
            wished = self._wished.get((id(worker), option), -1)
            if wished != value and not self._callers[key].run(worker):
                yield worker

    def around(self, at: Location) -> Around | None:
        """The text in which the word at ``at`` stands; None when no command of a file holds it."""
        command = self._items.get((at.path, at.start))
        if command is not None:
            word = next(word for word in command.words if word.at is not None and word.at.start == at.start)
            if word.at is not None and word.at.end == at.end:
                text = MappedText.plain(self.source(at))
                return Around(text, at.start, at.end, item=True)
        for text in self._holding(at):
            start = _index(text, at.start)
            end = _index(text, at.end - 1)
            if start is not None and end is not None and end >= start:
                return Around(text, start, end + 1)
        return None

    def _holding(self, at: Location) -> list[MappedText]:
        """The texts that hold a place, the largest first: the context of a word is all that its file says of it."""
        index, texts = self._places_of_texts.get(at.path, (StretchIndex(()), []))
        held = [texts[number] for number in sorted(index.over(at.start, at.end))]
        return sorted(held, key=lambda text: text.offsets[0] - text.offsets[-1])

    @cached_property
    def _places_of_texts(self) -> dict[str, tuple[StretchIndex, list[MappedText]]]:
        return {
            path: (StretchIndex([(text.offsets[0], text.offsets[-1]) for text in texts]), texts)
            for path, texts in self._texts.items()
        }


class Callers:
    """Which workers are scripts, or a supervisor's programs, that were read on their own, though others run them.

    Those others are workers of their own.
    """

    def __init__(self, workers: Iterable[Worker]) -> None:
        every = list(workers)
        self._reached = Reached(every)
        self._run = {one.command_at for one in every if not one.standalone}

    def run(self, worker: Worker) -> bool:
        """Whether others run a worker that was read on its own."""
        if not worker.standalone:
            return self._reached.holds(worker)
        return worker.called or worker.command_at in self._run


def _index(text: MappedText, offset: int) -> int | None:
    """Which character of ``text`` stands at an offset of its file."""
    offsets = text.offsets
    if isinstance(offsets, range):
        return offset - offsets.start if 0 <= offset - offsets.start < len(text.text) else None
    index = bisect_right(offsets, offset, hi=len(text.text)) - 1
    return index if index >= 0 and offsets[index] == offset else None


def texts_of(words: Iterable[Word]) -> Iterator[MappedText]:
    """The texts that words were taken from."""
    return (word.mapped for word in words if word.mapped is not None)
