"""What is known while one launch is followed, hop by hop, to the Celery workers behind it."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from flake8_celery_oom.celery.command_line import Entry
from flake8_celery_oom.core.facts import Argv, Command, Launch, Problem
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.results import CeleryVersion
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.resolve.containers.images import Container, is_built_here
from flake8_celery_oom.resolve.containers.paths import CopiedFiles, Paths, Question
from flake8_celery_oom.resolve.facts.environment import environment_of
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.invocation import Invocation
from flake8_celery_oom.resolve.programs.console_scripts import PythonPrograms
from flake8_celery_oom.resolve.programs.wrapper_table import WRAPPERS
from flake8_celery_oom.resolve.shell.budget import Budget
from flake8_celery_oom.resolve.shell.environment import ReadEnvironment
from flake8_celery_oom.resolve.shell.expander import Expander
from flake8_celery_oom.resolve.shell.fields import Field, word_of
from flake8_celery_oom.resolve.shell.relevance import Relevance
from flake8_celery_oom.resolve.shell.variables import Variables
from flake8_celery_oom.resolve.trace.leads import Leading
from flake8_celery_oom.resolve.trace.reading import Fruitless, Reading
from flake8_celery_oom.resolve.trace.started import Started
from flake8_celery_oom.syntax import shell_words

MOST_WORKERS = 512
"""So many workers of one file are looked at; each takes some milliseconds."""
_TOO_MANY = f"only the first {MOST_WORKERS} workers that this file starts are looked at"
_SAYS_ALL = frozenset({"compose", "kubernetes"})
"""Kinds of launches whose file says the whole of their environment, besides what is in the image."""
_WHOLE_VARIABLE = re.compile(r"\$[A-Za-z_]\w*")


class Shared:
    """What all launches of a project have in common while they are followed."""

    def __init__(
        self,
        facts: Facts,
        version_of: Callable[[str], CeleryVersion],
        follow: Callable[[Following, Invocation], bool],
    ) -> None:
        self.facts = facts
        self.version_of = version_of
        self.follow = follow
        self.programs = PythonPrograms(facts)
        self.copied = CopiedFiles(facts)
        self._given: dict[tuple[object, ...], set[str]] | None = None
        self.leading = Leading(facts)
        self.relevance = Relevance(facts, self.leading.leads, self.leading.scripts, WRAPPERS)
        self.arguments_given: dict[str, bool] = {}
        """Scripts that something runs, and whether it gives them arguments."""
        self.forwarding: list[tuple[Following, tuple[Word, ...], Entry, Invocation]] = []
        """Celery commands whose words all come from a caller that is not known here."""
        self.problems: list[Problem] = []
        """What could not be followed, or not in whole."""
        self.workers: Counter[str] = Counter()
        """How many workers each file was seen to start."""
        self.reached: set[Location] = set()
        """Calls in Python programs that led to workers when something ran their program."""
        self.fruitless: dict[tuple[object, ...], list[Fruitless]] = {}
        """Runs of scripts that led to nothing."""
        self.exhausting: dict[tuple[str, tuple[str, ...]], int] = {}
        """Scripts, and what they were given, that led to nothing in so many steps, which were too few."""

    def has_room(self, at: Location) -> bool:
        """Whether more workers of the file of a launch are looked at; where not, the run says so once."""
        if self.workers[at.path] < MOST_WORKERS:
            return True
        if not any(one.at.path == at.path and one.message == _TOO_MANY for one in self.problems):
            self.problems.append(Problem(at, _TOO_MANY))
        return False

    def absent(self, launch: Launch) -> frozenset[str]:
        """Variables that a file gives other launches of the same image, and not this one, of which it says all.

        ``CELERY: "yes"`` of one service says that the script of all of them starts no worker in the others.
        """
        if launch.kind not in _SAYS_ALL or launch.environment_from or (launch.image or launch.build) is None:
            return frozenset()
        if not is_built_here(launch, self.facts):
            return frozenset()
        if self._given is None:
            self._given = {}
            for one in self.facts.launches:
                if one.environment and one.kind in _SAYS_ALL:
                    self._given.setdefault(_image_of(one), set()).update(one.environment)
        return frozenset(self._given.get(_image_of(launch), ())) - launch.environment.keys()


def _image_of(launch: Launch) -> tuple[object, ...]:
    return launch.kind, launch.at.path, launch.image, launch.build


class Following:
    """One launch being followed: where it stands, what it has met, and how much work is left."""

    def __init__(self, shared: Shared, launch: Launch, container: Container, *, standalone: bool = False) -> None:
        self.shared = shared
        self.facts = shared.facts
        self.launch = launch
        self.container = container
        self.standalone = standalone
        self.found: list[Started] = []
        self.budget = Budget()
        self._followed: dict[tuple[object, ...], list[tuple[int, Mapping[str, Word]]]] = {}
        """What it has led to: when, and in which environments."""
        self._count = 0
        self.frames: list[Location] = [] if standalone else [launch.at]
        self.entered: list[str] = []
        self.programs: list[str] = []
        """The programs that the launch's supervisor is starting here, outermost first."""
        self._containers: dict[Location, int] = {}
        """Where containers of their own are started, each with its number."""
        self._readings: list[Reading] = []
        """The scripts that are being read, the outermost first."""
        folder = posixpath.dirname(launch.at.path)
        self.paths = Paths(
            self.facts,
            container,
            in_container=launch.in_container,
            folder=folder,
            copied=shared.copied,
            note=self.note_path,
        )
        if launch.in_container:
            self.directory = container.directory
        else:
            self.directory = posixpath.normpath(container.directory) if container.directory else folder
        self.environment = environment_of(launch, container.environment, self.facts)
        self.absent = shared.absent(launch) - self.environment.keys()
        """Variables that the launch does not have, while launches beside it of the same image have them."""

    def words(self, command: Command) -> tuple[Word, ...]:
        """The words of a command, in list or in text form."""
        if isinstance(command, Argv):
            return command.words
        if command.shell:
            return (literal("/bin/sh", command.at), literal("-c", command.at), Word.of(command.text))
        if command.words is not None:
            return command.words
        expander = Expander(Variables(ReadEnvironment(self.environment, self.asked)))
        split = expander.fields if self.launch.kind != "systemd" else partial(_as_systemd_splits, expander)
        fields = [value for word in shell_words.split(command.text) for value in split(word)]
        return tuple(word_of(value, command.at) for value in fields)

    @contextmanager
    def frame(self, at: Location) -> Iterator[None]:
        """Inside the block the way from the launch leads through this place."""
        self.frames.append(at)
        try:
            yield
        finally:
            self.frames.pop()

    @contextmanager
    def program(self, launch: Launch) -> Iterator[None]:
        """Inside the block a program of the launch's supervisor is started; other kinds have no name for workers."""
        named = launch.kind in {"supervisor", "circus"}
        if named:
            self.programs.append(launch.name)
        try:
            yield
        finally:
            if named:
                self.programs.pop()

    @contextmanager
    def entering(self, path: str) -> Iterator[bool]:
        """Guard against scripts that run each other for ever."""
        if self._readings:
            self._readings[-1].entered.add(path)
        if self.entered.count(path) > 1:
            yield False
            return
        self.entered.append(path)
        try:
            yield True
        finally:
            self.entered.pop()

    def first_time(self, key: tuple[object, ...], environment: Mapping[str, Word]) -> bool:
        """Whether the launch has not led to this before, from the same place and with the same environment."""
        known = self._followed.setdefault(key, [])
        before = next((number for number, other in known if _alike(environment, other)), None)
        if before is None:
            known.append((self._count, environment))
            self._count += 1
            return True
        for reading in self._readings:
            reading.bounded = reading.bounded or before < reading.followed
        return False

    # --- what scripts ask -------------------------------------------------------------------------------------------

    @property
    def asked(self) -> set[str]:
        """The variables that the script which is being read has asked for; more may be added."""
        return self._readings[-1].variables if self._readings else set()

    def ask(self, names: Iterable[str]) -> None:
        """Something outside a shell looked at variables of the environment."""
        self.asked.update(names)

    def note_path(self, question: Question, answer: object) -> None:
        """A path was looked up while a script is read."""
        if self._readings:
            self._readings[-1].paths[question] = answer

    def bounded(self) -> None:
        """Something was left out for reasons that lie outside the scripts which are being read."""
        for reading in self._readings:
            reading.bounded = True

    @contextmanager
    def inside(self, container: Container, folder: str) -> Iterator[None]:
        """Inside the block commands run in another container, for which a Dockerfile in ``folder`` stands."""
        outer = self.paths, self.container
        self.container = container
        self.paths = Paths(self.facts, container, in_container=True, folder=folder, note=self.note_path)
        try:
            with self.reading() as reading:
                yield
                reading.paths.clear()
        finally:
            self.paths, self.container = outer

    @contextmanager
    def holding(self, container: Container) -> Iterator[None]:
        """Inside the block commands run in a container of which nothing is here but what stands around it."""
        outer, self.container = self.container, container
        try:
            yield
        finally:
            self.container = outer

    def own_container(self, at: Location) -> str:
        """What a container is called that a command at this place starts, whatever is written above it."""
        number = self._containers.setdefault(at, len(self._containers) + 1)
        return f"{self.launch.container or f'{self.launch.at.path}#{self.launch.name}'}#{number}"

    @contextmanager
    def launched(self, launch: Launch) -> Iterator[None]:
        """Inside the block another launch runs, which the one that is followed starts: a container."""
        outer, self.launch = self.launch, launch
        try:
            yield
        finally:
            self.launch = outer

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """A script is read inside the block; whatever is around it asks what it asks."""
        inner = Reading(len(self.entered), self._count)
        self._readings.append(inner)
        try:
            yield inner
        finally:
            self._readings.pop()
            if self._readings:
                self._readings[-1].take(inner)

    def leads_nowhere(self, known: Iterable[Fruitless], environment: Mapping[str, Word]) -> bool:
        """Whether one of the runs that led to nothing would be just like one here."""
        for one in known:
            if one.again(environment, self.paths, self.entered):
                if self._readings:
                    self._readings[-1].take(one)
                return True
        return False

    def follow(self, invocation: Invocation) -> bool:
        """Follow one command; false when its program is nothing that this project or this package knows."""
        return self.shared.follow(self, invocation)


def _as_systemd_splits(expander: Expander, word: MappedText) -> list[Field]:
    """Systemd splits the value of ``$NAME`` where it is a word of its own; ``${NAME}`` is one word always.

    Source: systemd.service(5), "Command lines".
    """
    if _WHOLE_VARIABLE.fullmatch(word.text):
        return expander.fields(word)
    return [expander.text(word)]


def _alike(one: Mapping[str, Word], other: Mapping[str, Word]) -> bool:
    """Whether two environments say the same, wherever that is written."""
    return one.keys() == other.keys() and all(
        word is other[name] or word.shown == other[name].shown for name, word in one.items()
    )
