"""The numbers that fixes write: the user's own, what a declared memory limit allows, else a default.

A number that the user's configuration names, or that follows from a memory limit, is safe to write; a default of ours
is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from flake8_celery_oom.analysis import budget
from flake8_celery_oom.analysis.loads import plan_of
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.value import Known, Unset, or_default
from flake8_celery_oom.core.wishes import Safety
from flake8_celery_oom.quantity import KIB
from flake8_celery_oom.rules.wishes import Number

CONCURRENCY = 2
MAX_MEMORY = 200_000
"""KiB."""
MAX_TASKS = 100
_ROUND = 1000
_AMOUNT = re.compile(r"(?P<number>\d{1,9}(?:\.\d{1,3})?) ?(?P<unit>[kmg])(?P<binary>i)?b?", re.IGNORECASE)


def concurrency(config: Config) -> Number:
    """How many children a worker may have."""
    if config.concurrency is not None:
        return Number("concurrency", config.concurrency, "safe")
    return Number("concurrency", CONCURRENCY, "unsafe")


def max_tasks(config: Config) -> Number:
    """After how many tasks a child is replaced."""
    if config.max_tasks_per_child is not None:
        return Number("max_tasks_per_child", config.max_tasks_per_child, "safe")
    return Number("max_tasks_per_child", MAX_TASKS, "unsafe")


def max_memory(config: Config, workers: Sequence[Worker] = ()) -> Number:
    """How much a child of all of these workers may have, in KiB: what fits under the smallest of their limits."""
    if config.max_memory_per_child is not None:
        return Number("max_memory_per_child", config.max_memory_per_child, "safe")
    fitting = [_fitting(worker, config) for worker in workers]
    known = [value for value in fitting if value is not None]
    if known and len(known) == len(fitting):
        return Number("max_memory_per_child", min(known), _safety(workers, config))
    return Number("max_memory_per_child", min([MAX_MEMORY, *known]), "unsafe")


def kib_meant(text: str) -> Number | None:
    """The number of KiB that ``200MB``, ``200MiB`` or ``1.5g`` means to say; None for anything else."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        return None
    power = "kmg".index(found["unit"].lower())
    value = round(float(found["number"]) * (1024 if found["binary"] else 1000) ** power)
    return Number("max_memory_per_child", value, "safe") if value > 0 else None


def _fitting(worker: Worker, config: Config) -> int | None:
    """The largest limit of a child with which the worker stays under its container's; None when that is not known."""
    limit = or_default(worker.memory_limit)
    if not limit:
        return None
    plan = replace(plan_of(worker), max_memory_per_child=None)
    if isinstance(worker.concurrency, Unset):
        plan = replace(plan, concurrency=concurrency(config).value)
    largest = budget.largest_max_memory(plan, limit)
    rounded = (largest or 0) // _ROUND * _ROUND
    newborn = max((row.child_rss for row in budget.baselines(plan)), default=0) // KIB
    return rounded if rounded >= 2 * newborn > 0 else None


def _safety(workers: Sequence[Worker], config: Config) -> Safety:
    """A limit of a child is only as sure as the number of children that it was divided by, and the limit itself."""
    for worker in workers:
        counted = isinstance(worker.concurrency, Known) or (
            isinstance(worker.concurrency, Unset) and config.concurrency is not None
        )
        if not counted or not isinstance(worker.memory_limit, Known):
            return "unsafe"
    return "safe"
