"""Questions about one worker or app that several rules ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, TypeVar

from flake8_celery_oom.celery import pools
from flake8_celery_oom.celery.command_line import CeleryCommand, Entry, find_program, read_commands
from flake8_celery_oom.celery.settings import exists
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.once import once
from flake8_celery_oom.core.place_index import PlaceIndex
from flake8_celery_oom.core.results import App, CeleryVersion, HostCpus, Project, Setting, Worker
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value, or_default
from flake8_celery_oom.core.word import Word

T = TypeVar("T")

ENTRIES: tuple[Entry, ...] = (
    "celery",
    "celeryd",
    "celeryd-multi",
    "manage.py",
    "airflow",
    "program",
    "worker_main",
    "start",
    "keywords",
    "worker-class",
)
"""Entries whose words are a command line, or read as one."""


def forks(pool: Value[str] | Value[Setting]) -> bool | None:
    """Whether the pool runs tasks in child processes; None when that cannot be told. Unset is prefork.

    A pool that the environment may change (``-P ${POOL:-gevent}``) is looked at with its default.
    """
    match pool:
        case Unset():
            return True
        case Known(value) | Unknown(default=value):
            found = pools.POOLS.get(pools.canonical(value)) if isinstance(value, str) else None
            return found.forks if found is not None else None


def is_assumed(value: Value[Any]) -> bool:
    """Whether a value is a default that the environment may change."""
    return isinstance(value, Unknown) and value.default is not None


def no_memory_limit(version: CeleryVersion) -> bool:
    """Whether the version surely has no max-memory-per-child."""
    return exists("worker_max_memory_per_child", version) is False


def host_memory(value: Value[Any]) -> str:
    """What makes a value follow the memory of the machine, as it is written; empty where nothing does."""
    if not isinstance(value, Unknown):
        return ""
    holes = value.cause.word.holes if value.cause.word is not None else ()
    of_memory = [hole.source for hole in holes if hole.host_memory]
    return value.cause.text if value.cause.kind == "host-memory" else of_memory[0] if of_memory else ""


def host_cpus(value: Value[int | HostCpus]) -> HostCpus | None:
    """What makes a concurrency the number of CPUs, for certain or when the environment does not say otherwise."""
    match value:
        case Known(HostCpus() as cpus) | Unknown(default=HostCpus() as cpus):
            return cpus
        case _:
            return None


class Reached:
    """Which workers others come through: a service that starts the supervisor of a program decides what it runs with.

    What others come through is no process of its own.
    """

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._workers = workers

    @cached_property
    def _ways(self) -> PlaceIndex[Worker]:
        return PlaceIndex((place, worker) for worker in self._workers for place in worker.via)

    def holds(self, worker: Worker) -> bool:
        """Whether others come through the place that starts a worker. Its command's place may leave out quotes."""
        at = worker.command_at
        return not worker.standalone and any(
            (other.command_at.contains(at) or at.contains(other.command_at)) and not other.at.touches(worker.at)
            for other in self._ways.touching(worker.at)
        )


def own_processes(workers: Sequence[Worker]) -> list[Worker]:
    """The workers without those that others come through: a script that a service runs is no process beside it."""
    called_from = {(one.command_at.path, one.command_at.start) for one in workers if not one.standalone}
    started = {_node(one) for one in workers if _multi_verb(one.words) == "start"}
    reached = Reached(workers)
    return [
        worker
        for worker in workers
        if not (_multi_verb(worker.words) == "restart" and _node(worker) in started)
        and not (
            worker.standalone and worker.called and (worker.command_at.path, worker.command_at.start) in called_from
        )
        and not reached.holds(worker)
    ]


@once(latest=64)
def _multi_verb(words: tuple[Word, ...]) -> str:
    """``start`` or ``restart`` of ``celery multi``, whose nodes take the place of those of one name; else empty.

    The nodes share their words.
    """
    texts = [word.text or "" for word in words]
    behind = texts[texts.index("multi") + 1 :] if "multi" in texts else []
    return next((text for text in behind if not text.startswith("-")), "")


def _node(worker: Worker) -> tuple[object, ...]:
    """What two commands say of one node of ``celery multi``, which the second starts in the place of the first."""
    values: tuple[Value[Any], ...] = (
        worker.pool,
        worker.concurrency,
        worker.max_tasks_per_child,
        worker.max_memory_per_child,
    )
    return worker.at.path, worker.name, worker.app_name, *(or_default(value) for value in values)


def place_of(value: Value[Any]) -> Location | None:
    """Where a value is written."""
    return None if isinstance(value, Unset) else value.at


def command_of(worker: Worker) -> CeleryCommand | None:
    """The worker's command line with its options, of ``celery multi`` that of its own node; None where there is none.

    A worker of ``celery multi`` is called after its node.
    """
    commands = commands_of(worker)
    if len(commands) > 1:
        node = worker.name.rpartition(" ")[2]
        commands = tuple(command for command in commands if command.node == node)
    return commands[0] if len(commands) == 1 else None


def commands_of(worker: Worker) -> tuple[CeleryCommand, ...]:
    """What the worker's command line starts: several workers for ``celery multi``, none where it is not to be read."""
    return _commands(worker.words, worker.version, worker.entry)


@once(latest=512)
def _commands(words: tuple[Word, ...], version: CeleryVersion, name: str) -> tuple[CeleryCommand, ...]:
    """The nodes of ``celery multi`` share their words."""
    entry = next((one for one in ENTRIES if one == name), None)
    if entry is not None:
        return read_commands(words, version, entry=entry)
    program = find_program(words)
    return read_commands(words[program.index :], version, entry=program.entry) if program is not None else ()


def lone_apps(project: Project) -> Iterator[App]:
    """The apps with a pool of child processes, of a project that is here in whole and starts nothing of Celery."""
    if not project.workers and not project.launchers and not project.incomplete:
        yield from (app for app in project.apps if forks(app.settings.get("worker_pool", Unset())))
