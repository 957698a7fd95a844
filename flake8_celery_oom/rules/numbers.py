"""The numbers that fixes write: the user's own, what a declared memory limit allows, else a default.

A number that the user's configuration names is safe to write. One that follows from a memory limit is, where the app
was weighed and nothing else is in the container (:mod:`flake8_celery_oom.analysis.margin`). A default of ours is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from flake8_celery_oom.analysis import budget
from flake8_celery_oom.analysis.budget import Plan
from flake8_celery_oom.analysis.loads import Loaded, loads_of
from flake8_celery_oom.analysis.margin import NOBODY_CHOSE, doubt, usable
from flake8_celery_oom.analysis.readings import host_cpus
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.once import once
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.value import Unset
from flake8_celery_oom.core.wishes import Advise
from flake8_celery_oom.rules.wishes import Amount, Number

CONCURRENCY = 2
MAX_MEMORY = 200_000
"""KiB."""
MAX_TASKS = 100
_ROUND = 1000
_STEP = 50_000
_AMOUNT = re.compile(r"(?P<number>\d{1,9}(?:\.\d{1,3})?) ?(?P<unit>[kmg])(?P<binary>i)?b?", re.IGNORECASE)


def concurrency(config: Config) -> Number:
    """How many children a worker may have of which nothing else is known."""
    if config.concurrency is not None:
        return Number("concurrency", config.concurrency, "safe")
    return Number("concurrency", CONCURRENCY, "unsafe", NOBODY_CHOSE)


@once(latest=100)
def concurrency_of(config: Config, workers: Sequence[Worker], project: Project) -> Number:
    """How many children these workers may have: one, where their memory limits leave no room for tasks in two."""
    usual = concurrency(config)
    held = [(one, usable(one.limit, config)) for one in loads_of(workers, project) if one.limit]
    if config.concurrency is None and held and not _has_room(held, usual.value) and _has_room(held, 1):
        return replace(usual, value=1)
    return usual


def _has_room(held: Sequence[tuple[Loaded, int]], children: int) -> bool:
    """Whether some limit of a child fits below all of these memory limits, or none of it can be told."""
    plans = [(_plans(load, children), limit) for load, limit in held]
    return all(not some or _fitting(some, limit) for some, limit in plans)


def max_tasks(config: Config) -> Number:
    """After how many tasks a child is replaced."""
    if config.max_tasks_per_child is not None:
        return Number("max_tasks_per_child", config.max_tasks_per_child, "safe")
    return Number("max_tasks_per_child", MAX_TASKS, "unsafe", NOBODY_CHOSE)


@once(latest=100)
def max_memory(config: Config, workers: Sequence[Worker], project: Project) -> Amount:
    """How much a child of all of these workers may have, in KiB: what fits under the smallest of their limits.

    Where none fits that leaves a child room for tasks, fewer children are advised. A worker without a memory limit
    takes what the others can.
    """
    if config.max_memory_per_child is not None:
        return Number("max_memory_per_child", config.max_memory_per_child, "safe")
    loads = loads_of(workers, project)
    count = concurrency_of(config, workers, project).value
    limited = [one for one in loads if not isinstance(one.workers[0].memory_limit, Unset)]
    held = [(plans, usable(one.limit, config)) for one in limited if one.limit and (plans := _plans(one, count))]
    if not held or len(held) < len(limited):
        return Number("max_memory_per_child", _usual(loads), "unsafe", NOBODY_CHOSE)
    fitting = [_fitting(plans, limit) for plans, limit in held]
    if not all(fitting):
        return _fewer(held)
    why = doubt([worker for load in limited for worker in load.workers], project, config)
    return Number("max_memory_per_child", min(fitting), "unsafe" if why else "safe", why)


def kib_meant(text: str) -> Number | None:
    """The number of KiB that ``200MB``, ``200MiB`` or ``1.5g`` means to say; None for anything else."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        return None
    power = "kmg".index(found["unit"].lower())
    value = round(float(found["number"]) * (1024 if found["binary"] else 1000) ** power)
    return Number("max_memory_per_child", value, "safe") if value > 0 else None


def _usual(loads: Sequence[Loaded]) -> int:
    """The default, or more where what the apps import is known to leave too little of it."""
    useful = [budget.smallest_useful_max_memory(plan) for load in loads for plan in load.plans]
    least = max(useful, default=0)
    return MAX_MEMORY if least <= MAX_MEMORY else -(-least // _STEP) * _STEP


def _plans(load: Loaded, children: int) -> list[Plan]:
    """How the workers of a container are set up, with ``children`` for those that follow the CPUs of the host.

    Empty where a number is not known, or one of them has no children.
    """
    plans = []
    for worker, plan in zip(load.workers, load.plans, strict=True):
        follows = isinstance(worker.concurrency, Unset) or host_cpus(worker.concurrency) is not None
        count = children if follows else plan.concurrency
        if count is None or plan.pool in budget.ONE_PROCESS or not plan.pool:
            return []
        plans.append(replace(plan, max_memory_per_child=None, concurrency=count))
    return plans


def _fitting(plans: Sequence[Plan], limit: int) -> int:
    """The largest limit of a child with which all workers of a container stay under a limit in bytes; 0: none does."""
    largest = budget.largest_shared_max_memory(plans, limit)
    rounded = (largest or 0) // _ROUND * _ROUND
    return rounded if rounded >= max(map(budget.smallest_useful_max_memory, plans)) else 0


def _fewer(held: Sequence[tuple[Sequence[Plan], int]]) -> Advise:
    """What to do where the children are too many for any limit of a child: run fewer, or raise the memory limit."""
    most = 0
    if all(len(plans) == 1 for plans, _ in held):
        useful = max(budget.smallest_useful_max_memory(plans[0]) for plans, _ in held)
        bounded = [(replace(plans[0], max_memory_per_child=useful), limit) for plans, limit in held]
        most = min(budget.largest_concurrency(plan, limit) or 0 for plan, limit in bounded)
    if most:
        return Advise(f"run at most {most} {'process' if most == 1 else 'processes'}: more leave none room for tasks")
    return Advise("raise the memory limit: it leaves the processes no room for tasks")
