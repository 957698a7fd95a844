"""What would fit under the limit of a container: for the end of a message, and as a change of what is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flake8_celery_oom.analysis import budget
from flake8_celery_oom.analysis.budget import Plan
from flake8_celery_oom.analysis.margin import doubt, usable
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.value import Known, Value
from flake8_celery_oom.core.wishes import NumberOption, Safety, SetOption
from flake8_celery_oom.rules.budget_places import Spot
from flake8_celery_oom.rules.wishes import Number, replaced

_ROUND = 1000
"""Limits in KiB are said in thousands."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """Numbers of which each alone makes all groups of a spot fit, with room to spare; None where there is none.

    ``beside`` is the max-memory-per-child (KiB) that ``concurrency`` needs beside it, where none is set. ``doubt`` says
    why they are not certain.
    """

    concurrency: int | None
    max_memory_per_child: int | None
    beside: int | None
    is_autoscaled: bool
    is_weighed: bool
    doubt: str

    @property
    def number(self) -> Number | None:
        """What a fix writes: a smaller limit of a child where that leaves room, else fewer children."""
        safety: Safety = "unsafe" if self.doubt else "safe"
        if self.max_memory_per_child:
            return Number("max_memory_per_child", self.max_memory_per_child, safety, self.doubt)
        if self.concurrency and not self.is_autoscaled:
            return Number("concurrency", self.concurrency, safety, self.doubt)
        return None

    @property
    def advice(self) -> str:
        """What would fit, for the end of a message. What a worker needs at least is no more than an upper bound."""
        if self.max_memory_per_child:
            words = f"--max-memory-per-child={self.max_memory_per_child}"
        elif self.concurrency:
            words = f"{'an autoscale maximum of ' if self.is_autoscaled else '--concurrency='}{self.concurrency}"
            words += f" with --max-memory-per-child={self.beside}" if self.beside else ""
        else:
            return ""
        if self.is_weighed:
            return f"; {words} fits"
        return (
            f"; set {words}" if self.concurrency == 1 and not self.max_memory_per_child else f"; set {words}, or less"
        )


def remedy(spot: Spot, project: Project, config: Config) -> Remedy | None:
    """What would fit; None where several workers share a limit: which of them is to give way, nobody can say."""
    if any(len(group.plans) > 1 or group.plans[0].copies > 1 for group in spot.groups):
        return None
    plans = [(group.plans[0], usable(group.limit or 0, config)) for group in spot.groups]
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
    if beside and not min(counts):
        counts, beside = [budget.largest_idle_concurrency([plan], limit) or 0 for plan, limit in plans], None
    enough = all(limit >= room(plan) for limit, (plan, _) in zip(limits, plans, strict=True))
    rounded = min(limits) // _ROUND * _ROUND
    return Remedy(
        concurrency=min(counts) or None,
        max_memory_per_child=rounded
        if enough and all(group.plans[0].max_memory_per_child for group in spot.groups)
        else None,
        beside=beside,
        is_autoscaled=any(plan.idle_children is not None for plan, _ in plans),
        is_weighed=all(plan.weights is not None for plan, _ in plans),
        doubt=doubt(_workers(spot), project, config),
    )


def room(plan: Plan) -> int:
    """The least max-memory-per-child, in KiB, that is worth setting."""
    return -(-budget.smallest_useful_max_memory(plan) // _ROUND) * _ROUND


def with_remedy(finding: Finding, spot: Spot, project: Project, config: Config) -> Finding:
    """The finding with what would fit at the end of its message, and the change that mends it."""
    found = remedy(spot, project, config)
    if found is None:
        return finding
    number, wish = found.number, None
    if number is not None:
        at = _written_for_these_alone(spot, number.option, project)
        wish = (
            replaced(_workers(spot), at, number)
            if at is not None
            else SetOption(_workers(spot), number.option, number.value, spot.at, number.safety, number.doubt)
        )
    return replace(finding, message=f"{finding.message}{found.advice}", wish=wish)


def _written_for_these_alone(spot: Spot, option: NumberOption, project: Project) -> Location | None:
    """Where a variable gives these workers the option, and no other worker; None where nothing does."""
    own = _workers(spot)
    places = {_variable_at(worker, option) for worker in own}
    at = places.pop() if len(places) == 1 else None
    others = (worker for worker in project.workers if not any(worker is one for one in own))
    return at if at is not None and not any(_variable_at(worker, option) == at for worker in others) else None


def _variable_at(worker: Worker, option: NumberOption) -> Location | None:
    value: Value[Any] = getattr(worker, option)
    return value.at if isinstance(value, Known) and value.origin == "env" else None


def _workers(spot: Spot) -> tuple[Worker, ...]:
    return tuple(worker for group in spot.groups for worker in group.workers)
