"""What the workers of a container need, against its limit: from workers to numbers, and numbers for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from flake8_celery_oom.analysis import budget
from flake8_celery_oom.analysis.budget import Need, Plan
from flake8_celery_oom.analysis.container_groups import copies, crowds
from flake8_celery_oom.analysis.readings import forks, host_cpus, is_assumed
from flake8_celery_oom.analysis.units import is_wrong_unit
from flake8_celery_oom.celery.versions import holds
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.once import once
from flake8_celery_oom.core.results import App, CeleryVersion, Project, SecondApp, Worker
from flake8_celery_oom.core.value import Known, Unknown, Unset, or_default
from flake8_celery_oom.quantity import human_bytes

T = TypeVar("T")

PREFETCH_MULTIPLIER = 4
"""Celery's default, in every version; 0 is without limit, of which nothing can be counted."""

MOST_CPUS = 64
"""A number of CPUs above which hosts are too rare to be spoken of."""

ENCLOSURES = {"systemd": "service", "heroku": "dyno", "fly": "machine"}
"""What has the limit, where that is not called a container."""


def enclosure(worker: Worker) -> str:
    """What has the worker's memory limit, for people."""
    return ENCLOSURES.get(worker.kind, "container")


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
        """Sum over the workers whose idle need is known; a worker without a bound adds only its idle need."""
        needs = [one for _, _, one in self.told]
        if not needs:
            return budget.UNKNOWN
        bounded = [one for one in needs if one.tight is not None]
        tight = sum((one.idle if one.tight is None else one.tight) or 0 for one in needs)
        safe = sum(one.safe or 0 for one in needs)
        every = len(bounded) == len(self.plans)
        return Need(sum(one.idle or 0 for one in needs), tight if bounded else None, safe if every else None)

    @property
    def is_weighed(self) -> bool:
        """Whether what is needed rests on weights of the apps alone; else it is the least that is needed."""
        return all(plan.weights is not None for plan in self.plans)

    @property
    def second_app(self) -> SecondApp | None:
        """What the health check of the container starts beside the workers."""
        return next((worker.second_app for worker in self.workers if worker.second_app is not None), None)

    @property
    def killed_at(self) -> str:
        """The limit for people: ``killed at 1 GiB``."""
        default = ", unless the environment sets it" if self.assumed else ""
        return f"killed at {human_bytes(self.limit or 0)}{default}"

    @property
    def idle_processes(self) -> str:
        """What there is before the first task, the main processes too: ``17 idle processes need``."""
        mains = sum(plan.copies for _, plan, _ in self.told)
        count = mains + sum(_idle_children(plan) * plan.copies for _, plan, _ in self.told)
        return "its process needs" if count == 1 else f"{count} idle processes need"

    @property
    def children(self) -> str:
        """The numbers of the workers: ``8 processes x 400000 KiB``."""
        return " and ".join(_children(plan) for _, plan, _ in self.told)


def _children(plan: Plan) -> str:
    if plan.pool in budget.ONE_PROCESS:
        return f"{plan.copies} {'process' if plan.copies == 1 else 'processes'}"
    shown = f"{plan.concurrency} {'process' if plan.concurrency == 1 else 'processes'}"
    if plan.max_memory_per_child:
        shown += f" x {plan.max_memory_per_child} KiB"
    return f"{plan.copies} x ({shown})" if plan.copies > 1 else shown


def _idle_children(plan: Plan) -> int:
    children = 0 if plan.pool in budget.ONE_PROCESS else plan.concurrency or 0
    return children if plan.idle_children is None else min(plan.idle_children, children)


@once()
def loaded(project: Project) -> list[Loaded]:
    """All workers of a project in the groups that certainly run together."""
    return [_loaded(crowd, project) for crowd in crowds(project)]


def loads_of(workers: Iterable[Worker], project: Project) -> list[Loaded]:
    """The groups that these workers of a project are in, each once."""
    groups = _groups(project)
    return list({id(group): group for group in (groups[id(worker)] for worker in workers)}.values())


@once()
def _groups(project: Project) -> dict[int, Loaded]:
    """The group of every worker, by its identity."""
    return {id(worker): group for group in loaded(project) for worker in group.workers}


def _loaded(workers: tuple[Worker, ...], project: Project) -> Loaded:
    limit = workers[0].memory_limit
    plans = [plan_of(worker, copies(worker, project)) for worker in workers]
    return Loaded(
        workers,
        tuple(_without_wrong_unit(plan) for plan in plans),
        or_default(limit) or None,
        None if isinstance(limit, Unset) else limit.at,
        is_assumed(limit) or any(map(_assumes, workers)),
    )


def _assumes(worker: Worker) -> bool:
    children, kib, bounds = worker.concurrency, worker.max_memory_per_child, worker.autoscale
    return any(map(is_assumed, (worker.pool, children, kib, bounds)))


def _without_wrong_unit(plan: Plan) -> Plan:
    """A limit that nobody can mean is CO203's matter: here it counts as none."""
    return replace(plan, max_memory_per_child=None) if is_wrong_unit(plan.max_memory_per_child or 0) else plan


def plan_of(worker: Worker, copies: int = 1) -> Plan:
    """What a worker is set up with, as far as it can be told; a default that applies counts."""
    concurrency, bounds = or_default(worker.concurrency), or_default(worker.autoscale)
    children = concurrency if isinstance(concurrency, int) and concurrency > 0 else None
    beat, multiplier = worker.beat, or_default(worker.prefetch_multiplier)
    return Plan(
        pool=_pool(worker),
        concurrency=children,
        idle_children=bounds[1] if bounds is not None else None,
        max_memory_per_child=or_default(worker.max_memory_per_child) or None,
        max_tasks_per_child=or_default(worker.max_tasks_per_child) or None,
        imports=worker.app.imports if worker.app is not None else frozenset(),
        celery_major=_major(worker.version),
        beat=isinstance(beat, Known) and beat.value,
        copies=copies,
        prefetch_multiplier=PREFETCH_MULTIPLIER if multiplier is None else multiplier,
        weights=worker.weights,
        python=worker.python,
    )


def plan_of_app(app: App) -> Plan:
    """What is known of the workers of an app of which none is started here."""
    return Plan(imports=app.imports, celery_major=_major(app.version), weights=app.weights)


def _pool(worker: Worker) -> str:
    match worker.pool:
        case Unset():
            return "prefork"
        case Known(pool) | Unknown(default=pool) if forks(worker.pool) is not None:
            return pool if pool in budget.ONE_PROCESS else "prefork"
        case _:
            return ""


def _major(version: CeleryVersion) -> int | None:
    return next((major for major in (3, 4, 5) if holds(version, f">={major}.0,<{major + 1}.0") is True), None)


def most_cpus(group: Loaded) -> int | None:
    """The most CPUs of a host on which the processes fit before the first task; more surely do not.

    None where there is no limit, or nobody starts one child for each CPU.
    """
    pairs = list(zip(group.workers, group.plans, strict=True))
    following = [plan for worker, plan in pairs if follows_cpus(worker)]
    if group.limit is None or not following:
        return None
    others = sum(budget.need(plan).idle or 0 for worker, plan in pairs if not follows_cpus(worker))
    return budget.largest_idle_concurrency(following, group.limit - others)


def follows_cpus(worker: Worker) -> bool:
    """Whether a worker starts one child for every CPU of its host."""
    return isinstance(worker.concurrency, Unset) or host_cpus(worker.concurrency) is not None


def idle_exceeds(group: Loaded) -> bool:
    """Whether the processes do not fit before the first task."""
    idle = group.need.idle
    return group.limit is not None and idle is not None and idle > group.limit
