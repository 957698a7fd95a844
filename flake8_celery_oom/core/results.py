"""What resolve makes of the facts: workers and apps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from flake8_celery_oom.core.facts import Command, Launch, Problem, Requirement
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.value import Unset, Value
from flake8_celery_oom.core.weights import Weights
from flake8_celery_oom.core.word import Word


@dataclass(frozen=True, slots=True)
class CeleryVersion:
    """The Celery that a worker runs: ``specifier`` as in a requirement ("==5.4.0", ">=5.2,<6"), empty when none says.

    What a specifier implies is asked of :mod:`flake8_celery_oom.celery.versions`.
    """

    specifier: str = ""
    at: Location | None = None


@dataclass(frozen=True, slots=True)
class HostCpus:
    """The value is the number of CPUs of the machine; ``source`` is how that was written (``$(nproc)``, ``0``)."""

    source: str


Setting: TypeAlias = object
"""The value of a Celery setting as Python would have it: int, float, str, bool, None, HostCpus, tuple, list or dict."""

DeadReason: TypeAlias = Literal[
    "namespace", "no-namespace", "old-name-in-namespace", "keyword", "lower-case", "no-setting"
]
"""Why Celery never reads a name: it stands outside of the namespace; it is written for a namespace and there is none;
it is an old name, which no namespace knows before 5.7; it is an argument of ``Celery()`` that none takes before 5.1;
it is in small letters, which Django takes from no settings module; Celery has no such setting."""


@dataclass(frozen=True, slots=True)
class DeadSetting:
    """A name in the configuration of an app that Celery never reads.

    ``setting`` is what it is meant to set (new name), ``right`` how that is spelled there, None when that is unclear.
    ``namespace`` is that of the app, with its underscore (``CELERY_``).
    """

    name: str
    at: Location
    setting: str
    reason: DeadReason
    right: str | None = None
    namespace: str = ""
    value: Value[Setting] = Unset()
    """What would be set if Celery read the name."""


@dataclass(frozen=True, slots=True)
class MixedNames:
    """Old and new names of settings in one configuration, so that Celery refuses it: ``(name, its place)``."""

    old: tuple[tuple[str, Location], ...]
    new: tuple[tuple[str, Location], ...]


@dataclass(frozen=True, slots=True)
class App:
    """A Celery application of the project, with the settings that reach it under their new names (4.0+)."""

    name: str
    at: Location
    configured_at: Location
    version: CeleryVersion
    settings: Mapping[str, Value[Setting]]
    imports: frozenset[str] = frozenset()
    """Top-level packages that the app's modules import (``django``, ``pandas``): they decide what a child weighs."""
    written: Mapping[str, Location] = field(default_factory=dict)
    """By setting: where its name is written."""
    comments: Mapping[str, str] = field(default_factory=dict)
    """By setting: the comment behind its value on the same line."""
    uncast: Mapping[str, Location] = field(default_factory=dict)
    """By setting: where it is read from the environment as text, and nothing makes a number of it."""
    dead: tuple[DeadSetting, ...] = ()
    mixed: MixedNames | None = None
    namespace: str = ""
    """The namespace of its configuration object with the underscore (``CELERY_``); empty: there is none."""
    old_names: bool = False
    """Whether its settings stand under the names of Celery 3 (``CELERYD_CONCURRENCY``)."""
    weights: Weights | None = None
    """What its idle worker was weighed to need; None where nobody weighed it."""
    debug: Value[Setting] = Unset()
    """``DEBUG`` of the settings of Django that it reads."""


@dataclass(frozen=True, slots=True)
class BoundVariable:
    """A variable of a worker's environment that is called like one of its bounds (``CELERYD_CONCURRENCY``).

    ``option`` is the bound ("concurrency"); ``at`` is the name, or the value where the name is not found beside it.
    ``reader`` says who reads it: Celery itself, something in the project, or nothing.
    """

    name: str
    option: str
    at: Location
    word: Word
    reader: Literal["celery", "project", "nothing"]


@dataclass(frozen=True, slots=True)
class SecondApp:
    """A command of Celery's that the health check runs in a worker's container; ``loads_app``: the app with it."""

    at: Location
    command: str
    loads_app: bool


@dataclass(frozen=True, slots=True)
class Worker:
    """One Celery worker that the project starts, and what it will really run with.

    ``at`` is the place that starts it, ``command_at`` the celery command itself, which may stand in another file;
    ``via`` are the places in between, ending with the command. ``concurrency`` is what the pool will hold at most:
    the autoscale maximum where autoscale is used. ``max_memory_per_child`` is KiB, ``memory_limit`` bytes.
    """

    kind: str
    name: str
    at: Location
    command_at: Location
    via: tuple[Location, ...]
    words: tuple[Word, ...]
    app_name: str | None
    app: App | None
    version: CeleryVersion
    pool: Value[str]
    concurrency: Value[int | HostCpus]
    autoscale: Value[tuple[int, int]]
    max_tasks_per_child: Value[int]
    max_memory_per_child: Value[int]
    prefetch_multiplier: Value[int]
    beat: Value[bool]
    memory_limit: Value[int]
    container: str
    called: bool = False
    """True if other launches also run the script of this command; each of those is a Worker too."""
    standalone: bool = True
    """The worker was found by reading the script alone, without a caller."""
    entry: str = ""
    """How to parse ``words``: an ``Entry`` of ``celery.command_line``. Empty: ``words[0]`` is the program."""
    variables: tuple[BoundVariable, ...] = ()
    second_app: SecondApp | None = None
    """The command of Celery's that the health check of its container runs beside it."""
    packages: frozenset[str] = frozenset()
    """What the requirements of the app ask for, ``celery[gevent]`` too for an extra; empty: there are none."""
    python: str = ""
    """The Python that the worker's image brings, "3.12"; empty where no file says it."""
    health_check: Command | None = None
    """What is run again and again in the worker's container to see how it does."""
    weights: Weights | None = None
    """What a worker of its app was weighed to need when it is idle; None where nobody weighed it."""


@dataclass(frozen=True, slots=True)
class Flower:
    """A place that starts Flower: its release ("2.0.1", empty where it is not known) and the Celery beside it.

    ``max_tasks`` is the number of tasks that it keeps in memory, ``program`` the word behind which its options stand.
    """

    at: Location
    release: str
    max_tasks: Value[int]
    celery: CeleryVersion
    program: Word | None = None


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """What one task says of losing its process: ``@app.task(acks_late=True)``; Unset: the settings decide.

    ``at`` is the option that the task gives last; Celery calls the options as here.
    """

    at: Location
    acks_late: Value[bool] = Unset()
    reject_on_worker_lost: Value[bool] = Unset()


UseKind: TypeAlias = Literal["chord", "forget", "eta", "quorum", "flower", "sentry-opentelemetry", "sentry-profiler"]
"""Chords; results that are forgotten; tasks with eta or countdown; quorum queues; Flower is started; Sentry's own
integration of OpenTelemetry; Sentry's profiler."""


@dataclass(frozen=True, slots=True)
class Use:
    """Something that a file of the project does and that decides about memory."""

    kind: UseKind
    path: str


@dataclass(frozen=True, slots=True)
class Part:
    """Apps and workers of a project that are installed together, and what code and commands of that part do.

    ``requirements`` are those that count for the part. One requirement may count for several parts.
    """

    apps: tuple[App, ...]
    workers: tuple[Worker, ...]
    requirements: tuple[Requirement, ...]
    uses: frozenset[UseKind] = frozenset()
    tasks: tuple[TaskOptions, ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """Everything that rules may look at, in a fixed order."""

    workers: tuple[Worker, ...]
    apps: tuple[App, ...]
    launches: tuple[Launch, ...]
    requirements: tuple[Requirement, ...]
    problems: tuple[Problem, ...]
    files: int = 0
    names_used: frozenset[str] = frozenset()
    """Names of dead settings that Python code of the project itself reads."""
    incomplete: bool = False
    """Whether a submodule of the repository is not here: workers may be started in it."""
    launchers: tuple[Location, ...] = ()
    """Commands that start a Celery program, found by their words in files that start things, read or not."""
    parts: tuple[Part, ...] = ()
    """The services of a monorepo, each with what it is installed with; one part where there is one."""
    flowers: tuple[Flower, ...] = ()
    installed: frozenset[str] = frozenset()
    """The requirement files that a Dockerfile of the project installs."""
