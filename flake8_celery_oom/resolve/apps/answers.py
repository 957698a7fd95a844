"""What is remembered of an app that was looked up: what the answer depends on, and where else it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flake8_celery_oom.celery.settings import flavours
from flake8_celery_oom.core.cause import OPERATING_SYSTEM
from flake8_celery_oom.core.results import App, CeleryVersion
from flake8_celery_oom.core.value import Unknown
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.apps.finder import AppMatch, NotInProject, Undecided
from flake8_celery_oom.resolve.apps.settings import AppState
from flake8_celery_oom.resolve.python.modules import Asked
from flake8_celery_oom.resolve.python.systems import System

WORKER_SETTINGS = (
    "worker_concurrency",
    "worker_pool",
    "worker_max_tasks_per_child",
    "worker_max_memory_per_child",
    "worker_prefetch_multiplier",
)
"""The settings that decide what a worker runs with."""
_CHOOSES_SETTINGS = frozenset({"DJANGO_SETTINGS_MODULE", "CELERY_CONFIG_MODULE", "CELERY_LOADER"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a worker runs: the folder it starts in, its variables, its Celery, its operating system."""

    cwd: str
    environment: Mapping[str, Word]
    version: CeleryVersion
    django_settings: str | None = None
    system: System = "any"

    @property
    def kind(self) -> tuple[object, ...]:
        """What tells answers apart besides the folder and the environment."""
        return (self.django_settings, flavours(self.version), self.version)


@dataclass(frozen=True, slots=True)
class Reads:
    """What an answer depends on: the variables that were read, the system when the program asks for it."""

    variables: Mapping[str, Word | None]
    system: System | None
    _unset: frozenset[str] = field(init=False, repr=False)
    _said: tuple[tuple[str, object], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_unset", frozenset(name for name, word in self.variables.items() if word is None))
        said = tuple((name, _says(word)) for name, word in self.variables.items() if word is not None)
        object.__setattr__(self, "_said", said)

    def hold_in(self, around: Surroundings) -> bool:
        """Whether these are the same around another worker."""
        if self.system is not None and self.system != around.system:
            return False
        environment = around.environment
        alike = self._unset.isdisjoint(environment)
        return alike and all(_says(environment.get(name)) == said for name, said in self._said)


@dataclass(frozen=True, slots=True)
class Answer:
    """A remembered answer, which holds wherever the same is said of what it depends on."""

    reads: Reads
    match: AppMatch
    asked: frozenset[Asked]
    """What of the project's modules it follows from; what the modules around the app import is apart."""

    def holds_in(self, around: Surroundings) -> bool:
        """Whether the answer for an empty environment on any system is also the one for ``around``.

        Without an environment every read is unknown, and both sides of what depends on it are followed: a setting that
        is known or unset all the same has that value in every environment, and so on every system. An unknown one
        depends on the variables that its cause names, where these are all, else on everything that was read.
        """
        if not isinstance(self.match, App):
            return False
        names = set(_CHOOSES_SETTINGS)
        for setting in WORKER_SETTINGS:
            value = self.match.settings.get(setting)
            if isinstance(value, Unknown):
                everything = {*self.reads.variables, OPERATING_SYSTEM} if self.reads.system else self.reads.variables
                names.update(value.cause.variables if value.cause.is_closed else everything)
        if OPERATING_SYSTEM in names and around.system != "any":
            return False
        return not any(name in around.environment for name in names)


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of following a program once; ``match`` is set where that leads to no application."""

    reads: Reads
    states: list[AppState]
    match: NotInProject | Undecided | None
    asked: frozenset[Asked]


def _says(word: Word | None) -> object:
    """What a variable holds, wherever that is written."""
    return (word.text, word.default_text, word.shown) if word is not None else None
