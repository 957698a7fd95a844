"""What would fit under the limit of a container: for the end of a message, and as a change of the command."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flake8_celery_oom.analysis import budget
from flake8_celery_oom.analysis.budget import Plan
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.wishes import NumberOption, Safety, SetOption
from flake8_celery_oom.rules.budget_places import Spot

_ROUND = 1000
"""Limits in KiB are said in thousands."""


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
    """The least max-memory-per-child, in KiB, that is worth setting."""
    return -(-budget.smallest_useful_max_memory(plan) // _ROUND) * _ROUND


def advice(spot: Spot) -> str:
    """What would fit, for the end of a message: ``; --max-memory-per-child=120000 fits``."""
    found = remedy(spot)
    if found is None:
        return ""
    words = [f"--max-memory-per-child={found.max_memory_per_child}"] if found.max_memory_per_child else []
    if found.concurrency:
        count = f"{'an autoscale maximum of ' if found.is_autoscaled else '--concurrency='}{found.concurrency}"
        words.append(f"{count} with --max-memory-per-child={found.beside}" if found.beside else count)
    return f"; {words[0]} fits" if words else ""


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
