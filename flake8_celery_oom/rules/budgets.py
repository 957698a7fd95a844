"""What the workers of a container need, against its limit: shared by the rules of CO3."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from flake8_celery_oom import budget
from flake8_celery_oom.budget import Need, Plan
from flake8_celery_oom.celery.command_line import find_program, read_commands
from flake8_celery_oom.celery.versions import holds
from flake8_celery_oom.model import (
    Finding,
    HostCpus,
    Known,
    Location,
    NumberOption,
    Project,
    Related,
    Safety,
    SetOption,
    Unknown,
    Unset,
    Value,
    Worker,
)
from flake8_celery_oom.quantity import KIB, human_bytes
from flake8_celery_oom.rules.co203_max_memory_unit import is_wrong
from flake8_celery_oom.rules.places import subject, within
from flake8_celery_oom.rules.together import copies, crowds
from flake8_celery_oom.rules.weights import SHOWN
from flake8_celery_oom.rules.wording import forks

T = TypeVar("T")

_ROUND = 1000
"""Limits in KiB are said in thousands."""

ENCLOSURES = {"systemd": "service", "heroku": "dyno", "fly": "machine"}
"""What has the limit, where that is not called a container."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Workers that run together under one limit in bytes, with what each is set up with.

    ``assumed``: a default was taken for something that the environment may set.
    """

    workers: tuple[Worker, ...]
    plans: tuple[Plan, ...]
    limit: int | None
    limit_at: Location | None
    assumed: bool

    @property
    def need(self) -> Need:
        """What all of them need together; those whose own need cannot be told are left out."""
        needs = [budget.need(plan) for plan in self.plans]
        return Need(*(_known_sum(amounts) for amounts in zip(*map(_amounts, needs), strict=True)))

    @property
    def enclosure(self) -> str:
        """What has the limit, for people."""
        return ENCLOSURES.get(self.workers[0].kind, "container")

    @property
    def killed_at(self) -> str:
        """The limit for people: ``the container is killed at 1 GiB (deploy.yaml:31)``."""
        where = f" ({self.limit_at})" if self.limit_at is not None else ""
        unless = ", unless the environment sets other numbers" if self.assumed else ""
        return f"the {self.enclosure} is killed at {human_bytes(self.limit or 0)}{where}{unless}"

    @property
    def idle_processes(self) -> str:
        """The processes of the workers before the first task: ``the main process and 16 idle children``."""
        return " and ".join(map(_processes, self.workers, self.plans))

    @property
    def children(self) -> str:
        """The numbers of the workers: ``8 children x 400000 KiB (shop/settings.py:3)``."""
        return " and ".join(map(_children, self.workers, self.plans))


def _children(worker: Worker, plan: Plan) -> str:
    count = f"{plan.concurrency} {'child' if plan.concurrency == 1 else 'children'}"
    shown = f"{count}{_elsewhere(worker.concurrency, worker)}"
    if plan.max_memory_per_child:
        shown += f" x {plan.max_memory_per_child} KiB{_elsewhere(worker.max_memory_per_child, worker)}"
    return f"{plan.copies} x ({shown})" if plan.copies > 1 else shown


def _processes(worker: Worker, plan: Plan) -> str:
    if plan.pool in budget.ONE_PROCESS:
        return "its process"
    count = plan.concurrency if plan.idle_children is None else min(plan.idle_children, plan.concurrency or 0)
    children = f"{count} idle {'child' if count == 1 else 'children'}"
    shown = f"the main process and {children}{_elsewhere(worker.concurrency, worker)}"
    return f"{plan.copies} x ({shown})" if plan.copies > 1 else shown


def _elsewhere(value: Value[int] | Value[int | HostCpus], worker: Worker) -> str:
    """Where a number is written, in brackets, when that is not the command itself."""
    at = None if isinstance(value, Unset) else value.at
    return "" if at is None or within(at, worker.command_at) else f" ({at})"


def counted(plan: Plan) -> str:
    """What was weighed to judge a worker, for people: ``Celery 5 with Django``."""
    heaviest = budget.counted_import(plan)
    name = f"Celery {plan.celery_major}" if plan.celery_major else "Celery"
    return f"{name} with {SHOWN.get(heaviest, heaviest)}" if heaviest else f"{name} alone"


def _amounts(one: Need) -> tuple[int | None, int | None, int | None]:
    return one.idle, one.tight, one.safe


def _known_sum(amounts: Iterable[int | None]) -> int | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None


# --- from workers to plans --------------------------------------------------------------------------------------------


def loaded(project: Project) -> list[Loaded]:
    """All workers of a project in the groups that certainly run together."""
    return [_loaded(crowd, project) for crowd in crowds(project)]


def _loaded(workers: tuple[Worker, ...], project: Project) -> Loaded:
    limit = workers[0].memory_limit
    plans = [plan_of(worker, copies(worker, project)) for worker in workers]
    return Loaded(
        workers,
        tuple(_without_wrong_unit(plan) for plan in plans),
        likely(limit),
        None if isinstance(limit, Unset) else limit.at,
        _is_assumed(limit) or any(map(_assumes, workers)),
    )


def _assumes(worker: Worker) -> bool:
    children, kib, bounds = worker.concurrency, worker.max_memory_per_child, worker.autoscale
    return _is_assumed(children) or _is_assumed(kib) or _is_assumed(bounds)


def _is_assumed(value: Value[T]) -> bool:
    return isinstance(value, Unknown) and value.default is not None


def _without_wrong_unit(plan: Plan) -> Plan:
    """A limit that nobody can mean is CO203's matter: here it counts as none."""
    return replace(plan, max_memory_per_child=None) if is_wrong(plan.max_memory_per_child or 0) else plan


def plan_of(worker: Worker, copies: int = 1) -> Plan:
    """What a worker is set up with, as far as it can be told; a default that applies counts."""
    concurrency, bounds = likely(worker.concurrency), likely(worker.autoscale)
    children = concurrency if isinstance(concurrency, int) and concurrency > 0 else None
    beat = worker.beat
    return Plan(
        pool=_pool(worker),
        concurrency=children,
        idle_children=bounds[1] if bounds is not None else None,
        max_memory_per_child=likely(worker.max_memory_per_child) or None,
        max_tasks_per_child=likely(worker.max_tasks_per_child) or None,
        imports=worker.app.imports if worker.app is not None else frozenset(),
        celery_major=next((major for major in (3, 4, 5) if _is(worker, major)), None),
        beat=isinstance(beat, Known) and beat.value,
        copies=copies * _nodes(worker),
    )


def _nodes(worker: Worker) -> int:
    """How many workers the command starts: several for ``celery multi start``."""
    program = find_program(worker.words)
    if program is None:
        return 1
    return max(1, len(read_commands(worker.words[program.index :], worker.version, entry=program.entry)))


def _pool(worker: Worker) -> str:
    match worker.pool:
        case Known(pool) if forks(worker.pool) is not None:
            return pool if pool in budget.ONE_PROCESS else "prefork"
        case Unset():
            return "prefork"
        case _:
            return ""


def _is(worker: Worker, major: int) -> bool:
    return holds(worker.version, f">={major}.0,<{major + 1}.0") is True


def likely(value: Value[T]) -> T | None:
    """What is known, or what applies when the environment does not say otherwise."""
    match value:
        case Known(known):
            return known
        case Unknown(_, _, default):
            return default
        case Unset():
            return None


def idle_exceeds(group: Loaded) -> bool:
    """Whether the processes do not fit before the first task."""
    idle = group.need.idle
    return group.limit is not None and idle is not None and idle > group.limit


# --- where to report --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spot:
    """One place to report, and the groups that the finding is about (at least one), the tightest first."""

    at: Location
    groups: tuple[Loaded, ...]

    @property
    def worst(self) -> Loaded:
        """The group whose numbers are shown."""
        return self.groups[0]

    @property
    def subject(self) -> str:
        """All workers concerned, for people."""
        return subject(worker for group in self.groups for worker in group.workers)

    @property
    def related(self) -> tuple[Related, ...]:
        """The places that belong to the finding: limits, numbers, commands and callers."""
        found: dict[Location, str] = {}
        for group in self.groups:
            if group.limit_at is not None and group.limit is not None:
                found.setdefault(group.limit_at, f"the limit of {human_bytes(group.limit)}")
            for worker in group.workers:
                for place, message in _origins(worker):
                    found.setdefault(place, message)
        return tuple(Related(place, message) for place, message in found.items() if not within(place, self.at))


def _origins(worker: Worker) -> Iterator[tuple[Location, str]]:
    kib, children = worker.max_memory_per_child, worker.concurrency
    if not within(worker.command_at, worker.at):
        yield worker.at, f"{subject([worker])} is started here"
        yield worker.command_at, "the celery command"
    for value, name in ((children, "the number of children"), (kib, "max-memory-per-child")):
        if isinstance(value, Known | Unknown) and value.at is not None and not within(value.at, worker.command_at):
            yield value.at, f"{name} is set here"


def spots(groups: Iterable[Loaded], concerned: Callable[[Loaded], bool]) -> Iterator[Spot]:
    """Where to report: at the command when all that run it are concerned, else at each place that starts it."""
    by_command: dict[tuple[Location, ...], list[Loaded]] = {}
    for group in groups:
        by_command.setdefault(tuple(sorted({worker.command_at for worker in group.workers})), []).append(group)
    for commands, every in by_command.items():
        called = [group for group in every if not all(worker.standalone for worker in group.workers)] or every
        hits = sorted((group for group in called if concerned(group)), key=_spare)
        if not hits:
            continue
        if len(hits) == len(called):
            yield Spot(commands[0], tuple(hits))
            continue
        starters: dict[Location, list[Loaded]] = {}
        for group in hits:
            starters.setdefault(group.workers[0].at, []).append(group)
        for at, here in sorted(starters.items()):
            yield Spot(at, tuple(here))


def _spare(group: Loaded) -> tuple[int, Location]:
    needed = group.need.tight or group.need.idle or 0
    return (group.limit or 0) - needed, group.workers[0].at


# --- what would fit ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Remedy:
    """Numbers of which each alone makes all groups of a spot fit for certain; None where there is none.

    ``beside`` is the max-memory-per-child (KiB) that ``concurrency`` needs beside it, where none is set.
    """

    concurrency: int | None
    max_memory_per_child: int | None
    beside: int | None
    is_autoscaled: bool


def remedy(spot: Spot) -> Remedy | None:
    """What would fit; None where several workers share a limit: which of them is to give way, nobody can say."""
    if any(len(group.plans) > 1 or group.plans[0].copies > 1 for group in spot.groups):
        return None
    plans = [(group.plans[0], group.limit or 0) for group in spot.groups]
    if any(plan.pool in budget.ONE_PROCESS for plan, _ in plans):
        return None
    beside = None
    if any(not plan.max_memory_per_child for plan, _ in plans):
        beside = max(room(plan) for plan, _ in plans)
        plans = [
            (replace(plan, max_memory_per_child=plan.max_memory_per_child or beside), limit) for plan, limit in plans
        ]
    counts = [budget.largest_concurrency(plan, limit) or 0 for plan, limit in plans]
    limits = [budget.largest_max_memory(plan, limit) or 0 for plan, limit in plans]
    enough = all(limit >= room(plan) for limit, (plan, _) in zip(limits, plans, strict=True))
    rounded = min(limits) // _ROUND * _ROUND
    autoscaled = any(plan.idle_children is not None for plan, _ in plans)
    return Remedy(min(counts) or None, rounded if enough and not beside else None, beside, autoscaled)


def room(plan: Plan) -> int:
    """The least max-memory-per-child, in KiB, that is worth setting: twice what a newborn child has."""
    newborn = max((row.child_rss for row in budget.baselines(plan)), default=0)
    return -(-2 * newborn // (KIB * _ROUND)) * _ROUND


def advice(spot: Spot) -> str:
    """What would fit, for the end of a message: ``; --max-memory-per-child=120000 or --concurrency=2 would fit``."""
    found = remedy(spot)
    if found is None:
        return ""
    words = [f"--max-memory-per-child={found.max_memory_per_child}"] if found.max_memory_per_child else []
    if found.concurrency:
        count = f"{'an autoscale maximum of ' if found.is_autoscaled else '--concurrency='}{found.concurrency}"
        words.append(f"{count} with --max-memory-per-child={found.beside}" if found.beside else count)
    return f"; {' or '.join(words)} would fit" if words else ""


def with_wish(finding: Finding, spot: Spot, safety: Safety) -> Finding:
    """The finding with the change that mends it: a smaller limit of a child where that leaves room, else fewer."""
    found = remedy(spot)
    if found is None:
        return finding
    option: NumberOption = "max_memory_per_child" if found.max_memory_per_child else "concurrency"
    value = found.max_memory_per_child or found.concurrency
    if value is None or (option == "concurrency" and found.is_autoscaled):
        return finding
    workers = tuple(worker for group in spot.groups for worker in group.workers)
    return replace(finding, wish=SetOption(workers, option, value, spot.at, safety))
