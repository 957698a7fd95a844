"""What the workers of a container need, against its limit: from workers to numbers, and numbers for people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from flake8_celery_oom.analysis import budget
from flake8_celery_oom.analysis.budget import Need, Plan
from flake8_celery_oom.analysis.container_groups import copies, crowds
from flake8_celery_oom.analysis.readings import forks
from flake8_celery_oom.analysis.units import is_wrong_unit
from flake8_celery_oom.analysis.weights import SHOWN
from flake8_celery_oom.celery.versions import holds
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import HostCpus, Project, Worker
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.quantity import human_bytes

T = TypeVar("T")

PREFETCH_MULTIPLIER = 4
"""Celery's default, in every version; 0 is without limit, of which nothing can be counted."""

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
    def told(self) -> tuple[tuple[Worker, Plan, Need], ...]:
        """The workers whose need can be told, at least when they are idle."""
        needs = map(budget.need, self.plans)
        every = zip(self.workers, self.plans, needs, strict=True)
        return tuple((worker, plan, one) for worker, plan, one in every if one.idle is not None)

    @property
    def need(self) -> Need:
        """What all of them need together: who cannot be told is left out, who has no bound counts as idle."""
        needs = [one for _, _, one in self.told]
        if not needs:
            return budget.UNKNOWN
        bounded = [one for one in needs if one.tight is not None]
        tight = sum((one.idle if one.tight is None else one.tight) or 0 for one in needs)
        safe = sum(one.safe or 0 for one in needs)
        every = len(bounded) == len(self.plans)
        return Need(sum(one.idle or 0 for one in needs), tight if bounded else None, safe if every else None)

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
        """What there is before the first task: ``the main process and 16 idle children need``."""
        mains = sum(plan.copies for _, plan, _ in self.told)
        count = sum(_idle_children(plan) * plan.copies for _, plan, _ in self.told)
        if all(plan.pool in budget.ONE_PROCESS for _, plan, _ in self.told):
            return "its process needs" if mains == 1 else f"{mains} processes need"
        children = f"{count} idle {'child' if count == 1 else 'children'}"
        if mains > 1:
            return f"{mains} main processes and {children} need"
        worker = self.told[0][0]
        return f"the main process and {children}{_elsewhere(worker.concurrency, worker)} need"

    @property
    def children(self) -> str:
        """The numbers of the workers: ``8 children x 400000 KiB (shop/settings.py:3)``."""
        return " and ".join(_children(worker, plan) for worker, plan, _ in self.told)


def _children(worker: Worker, plan: Plan) -> str:
    if plan.pool in budget.ONE_PROCESS:
        return f"{plan.copies} {'process' if plan.copies == 1 else 'processes'}"
    count = f"{plan.concurrency} {'child' if plan.concurrency == 1 else 'children'}"
    shown = f"{count}{_elsewhere(worker.concurrency, worker)}"
    if plan.max_memory_per_child:
        shown += f" x {plan.max_memory_per_child} KiB{_elsewhere(worker.max_memory_per_child, worker)}"
    return f"{plan.copies} x ({shown})" if plan.copies > 1 else shown


def _idle_children(plan: Plan) -> int:
    children = 0 if plan.pool in budget.ONE_PROCESS else plan.concurrency or 0
    return children if plan.idle_children is None else min(plan.idle_children, children)


def _elsewhere(value: Value[int] | Value[int | HostCpus], worker: Worker) -> str:
    """Where a number is written, in brackets, when that is not the command itself."""
    at = None if isinstance(value, Unset) else value.at
    return "" if at is None or worker.command_at.contains(at) else f" ({at})"


def counted(plan: Plan) -> str:
    """What was weighed to judge a worker, for people: ``Celery 5 with Django``."""
    heaviest = budget.counted_import(plan)
    name = f"Celery {plan.celery_major}" if plan.celery_major else "Celery"
    return f"{name} with {SHOWN.get(heaviest, heaviest)}" if heaviest else f"{name} alone"


def loaded(project: Project) -> list[Loaded]:
    """All workers of a project in the groups that certainly run together."""
    return [_loaded(crowd, project) for crowd in crowds(project)]


def _loaded(workers: tuple[Worker, ...], project: Project) -> Loaded:
    limit = workers[0].memory_limit
    plans = [plan_of(worker, copies(worker, project)) for worker in workers]
    return Loaded(
        workers,
        tuple(_without_wrong_unit(plan) for plan in plans),
        likely(limit) or None,
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
    return replace(plan, max_memory_per_child=None) if is_wrong_unit(plan.max_memory_per_child or 0) else plan


def plan_of(worker: Worker, copies: int = 1) -> Plan:
    """What a worker is set up with, as far as it can be told; a default that applies counts."""
    concurrency, bounds = likely(worker.concurrency), likely(worker.autoscale)
    children = concurrency if isinstance(concurrency, int) and concurrency > 0 else None
    beat, multiplier = worker.beat, likely(worker.prefetch_multiplier)
    return Plan(
        pool=_pool(worker),
        concurrency=children,
        idle_children=bounds[1] if bounds is not None else None,
        max_memory_per_child=likely(worker.max_memory_per_child) or None,
        max_tasks_per_child=likely(worker.max_tasks_per_child) or None,
        imports=worker.app.imports if worker.app is not None else frozenset(),
        celery_major=next((major for major in (3, 4, 5) if _is(worker, major)), None),
        beat=isinstance(beat, Known) and beat.value,
        copies=copies,
        prefetch_multiplier=PREFETCH_MULTIPLIER if multiplier is None else multiplier,
    )


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
