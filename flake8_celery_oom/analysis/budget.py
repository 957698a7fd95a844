"""How much memory the workers of one container need, and what fits under its limit. Numbers in, numbers out.

A prefork worker is a main process and its children. With A, what the main process keeps for itself; R, what a newborn
child has in memory; U, the part of R that no other process shares; S = R - U; K, ``max_memory_per_child``; c, the
number of children; t, what one task adds at most to a child that is not yet over K, because Celery only looks when a
task has ended::

    idle    A + c * U
    tight   A + c * (U + growth)        growth = max(0, K - R) + t, so K + t - S for a K that a child can keep
    safe    P + c * (R + growth)        P: all that the main process has in memory, nothing counted as shared

and :data:`KERNEL` more for each process, or :data:`KERNEL_SHARE` of what it has in memory where the app was weighed.

Messages that the main process holds under load, prefetched or waiting for their time, come on top of ``tight`` and
``safe``: :func:`held_message` each. ``max_tasks_per_child`` N bounds the growth too, at N * t, where t is known. A, R,
U and P are those of the application where it was weighed (``Plan.weights``). Else they are those of a worker without
one (:mod:`flake8_celery_oom.analysis.weight_table`): what the application itself adds is not known, so ``idle`` and
``tight`` are the least that is needed. Held against real workers under a real limit by ``tests/lab``.

``max_memory_per_child`` is KiB, as in Celery. Every other amount is bytes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from flake8_celery_oom.analysis import weight_table
from flake8_celery_oom.analysis.weight_table import Baseline
from flake8_celery_oom.celery.pools import POOLS
from flake8_celery_oom.core.weights import Weights
from flake8_celery_oom.quantity import KIB, MIB

Verdict: TypeAlias = Literal["fits", "tight", "exceeds", "unknown"]

ONE_PROCESS = frozenset(pool.name for pool in POOLS.values() if not pool.forks)
"""Pools that run every task in the main process and replace nothing."""


KERNEL = 280 * KIB
"""What the kernel itself keeps for a process (page tables, stacks) and counts against the limit of its container.

With 4, 8, 12, 16 and 24 idle children the most that was counted was 1.5, 2.7, 3.9, 4.8 and 7.1 MiB above the memory of
the processes (Celery 5.7.0, Python 3.11 and 3.13, Linux 6.18).
"""

KERNEL_SHARE = 1 / 160
"""The same as a part of what a process has in memory: page tables and mappings grow with the libraries.

For children with 42, 81 and 87 MiB (279, 661 and 736 mappings) 272, 522 and 554 KiB were counted for each process, with
four children and with eight (Celery 5.7.0, Python 3.13, Linux 6.18). What a process has of its own is exactly what the
cgroup counts as anonymous.
"""

BEAT = 8 * MIB
"""The least that the process of ``--beat`` adds."""


MESSAGE, MESSAGE_FACTOR = 8_800, 3.4
"""Bytes of a held message without arguments, and bytes for each byte of its arguments: the least that was measured."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one worker is set up; None where nothing is set or known.

    ``concurrency`` is the most that the pool will hold, ``idle_children`` what it holds without work (the autoscale
    minimum; None: the same). ``max_memory_per_child`` is KiB. ``task_growth`` is t in bytes. ``celery_major`` is 4 or
    5. ``copies`` counts such workers in the container. ``prefetch_multiplier`` messages are held for each child, and
    ``waiting`` ones that wait for their time (ETA, countdown), each with arguments of ``message_size`` bytes.
    ``weights`` are those of the application, where it was weighed; ``python`` is "3.12", or empty: not known.
    """

    pool: str = "prefork"
    concurrency: int | None = None
    idle_children: int | None = None
    max_memory_per_child: int | None = None
    max_tasks_per_child: int | None = None
    task_growth: int | None = None
    imports: frozenset[str] = frozenset()
    celery_major: int | None = None
    beat: bool = False
    copies: int = 1
    prefetch_multiplier: int = 0
    waiting: int = 0
    message_size: int = 0
    weights: Weights | None = None
    python: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """What workers need, in bytes: at least when idle, at least and at most when every child is at its peak.

    None: it has no bound, or cannot be told.
    """

    idle: int | None
    tight: int | None
    safe: int | None


UNKNOWN = Need(None, None, None)


def baselines(plan: Plan, *, ended: bool = False) -> tuple[Weights, ...]:
    """What the worker may weigh: as its application was weighed, else as the measured workers that are most like it.

    With ``ended`` also on Pythons that get no releases any more.
    """
    if plan.weights is not None:
        return (plan.weights,)
    found = weight_table.rows(plan.imports, plan.celery_major, plan.python, ended=ended)
    return tuple(row.weights for row in found)


def _rows(plan: Plan) -> tuple[Baseline, ...]:
    return weight_table.rows(plan.imports, plan.celery_major, plan.python)


def counted_import(plan: Plan) -> str:
    """The import whose weight is counted: the heaviest that was measured; empty for Celery alone."""
    heaviest = max(_rows(plan), key=lambda row: row.weights.child_rss, default=None)
    return heaviest.imports if heaviest is not None else ""


def need(plan: Plan) -> Need:
    """What a worker needs. The least is the least over all Pythons and Celerys that it may run on."""
    rows = baselines(plan)
    if not rows:
        return UNKNOWN
    if plan.pool in ONE_PROCESS:
        alone = [row.one_process for row in rows if row.one_process is not None]
        if not alone:
            return need(replace(plan, weights=None))
        idle = min(alone) + _kernel(plan, rows[0].main_rss) + _beat(plan, rows[0])
        return together([Need(idle, None, None)] * plan.copies)
    if plan.pool != "prefork" or plan.concurrency is None:
        return UNKNOWN
    children = _idle_children(plan, plan.concurrency)
    idle = min(_alone(plan, row) + children * _idle_child(plan, row) for row in rows)
    peaks = [_peak(plan, plan.concurrency, row) for row in rows]
    tight = [peak.tight for peak in peaks if peak.tight is not None]
    safe = [peak.safe for peak in peaks if peak.safe is not None]
    return together([Need(idle, min(tight, default=None), max(safe, default=None))] * plan.copies)


def _alone(plan: Plan, row: Weights) -> int:
    """The worker without its children."""
    return row.main_alone + _kernel(plan, row.main_rss) + _beat(plan, row)


def _idle_child(plan: Plan, row: Weights) -> int:
    """One more idle child."""
    return row.child_own + _kernel(plan, row.child_rss)


def _kernel(plan: Plan, rss: int) -> int:
    """What the kernel keeps for a process; the least where only baselines are known, which are the least themselves."""
    return KERNEL if plan.weights is None else max(KERNEL, round(rss * KERNEL_SHARE))


def _idle_children(plan: Plan, concurrency: int) -> int:
    return concurrency if plan.idle_children is None else min(plan.idle_children, concurrency)


def main_process(plan: Plan) -> int | None:
    """What of the idle need is not the children's, in bytes; None where the need cannot be told."""
    idle, rows = need(plan).idle, baselines(plan)
    if idle is None or plan.pool in ONE_PROCESS or plan.concurrency is None:
        return idle
    children = _idle_children(plan, plan.concurrency)
    lightest = min(rows, key=lambda row: _alone(plan, row) + children * row.child_own)
    return idle - plan.copies * children * _idle_child(plan, lightest)


def _peak(plan: Plan, concurrency: int, row: Weights) -> Need:
    growth = _growth(plan, row)
    if growth is None:
        return UNKNOWN
    held = (concurrency * plan.prefetch_multiplier + plan.waiting) * held_message(plan.message_size)
    tight = _alone(plan, row) + concurrency * (_idle_child(plan, row) + growth) + held
    child = row.child_rss + _kernel(plan, row.child_rss)
    beat = child if plan.beat else 0
    safe = row.main_rss + _kernel(plan, row.main_rss) + concurrency * (child + growth) + beat + held
    return Need(None, tight, safe)


def held_message(message_size: int) -> int:
    """What a message that the main process holds takes there, in bytes, with arguments of ``message_size`` bytes."""
    return MESSAGE + round(MESSAGE_FACTOR * message_size)


def _growth(plan: Plan, row: Weights) -> int | None:
    """What tasks add to a child before it is replaced, in bytes."""
    bounds = []
    if plan.max_memory_per_child:
        bounds.append(max(0, plan.max_memory_per_child * KIB - row.child_rss) + (plan.task_growth or 0))
    if plan.max_tasks_per_child and plan.task_growth is not None:
        bounds.append(plan.max_tasks_per_child * plan.task_growth)
    return min(bounds, default=None)


def _beat(plan: Plan, row: Weights) -> int:
    """What the process of ``--beat`` adds: it is a child without tasks."""
    if not plan.beat:
        return 0
    return _idle_child(plan, row) if plan.weights is not None else BEAT


def together(needs: Iterable[Need]) -> Need:
    """Sum of the needs, amount by amount; an amount is None as soon as it is None for one of them."""
    every = list(needs)
    return Need(_sum(one.idle for one in every), _sum(one.tight for one in every), _sum(one.safe for one in every))


def _sum(amounts: Iterable[int | None]) -> int | None:
    total = 0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def verdict(needed: Need, limit: int) -> Verdict:
    """Whether workers with this need stay under a limit in bytes.

    ``exceeds``: not even the least fits. ``tight``: only if the children share what they share when they are idle.
    ``unknown``: nothing bounds the need, and idle it fits.
    """
    least = needed.tight if needed.tight is not None else needed.idle
    if (least is not None and least > limit) or (needed.idle is not None and needed.idle > limit):
        return "exceeds"
    if needed.safe is None:
        return "unknown"
    return "fits" if needed.safe <= limit else "tight"


def largest_concurrency(plan: Plan, limit: int) -> int | None:
    """The most children with which the safe need stays under a limit in bytes: 0 when not even one fits.

    None where the number of children does not matter, or nothing bounds what one may take.
    """
    if _safe(plan, concurrency=1) is None:
        return None
    lightest = min(row.child_rss for row in baselines(plan))
    return _largest(range(1, limit // lightest + 2), lambda count: _safe(plan, concurrency=count), limit) or 0


def second_app(plan: Plan, *, loads_app: bool) -> int:
    """The least that one more process takes that imports Celery, and the app with what it imports, in bytes.

    It is the main process of a worker without what that shares with its children: ``celery inspect ping`` of 5.7.0 on
    Python 3.11 has 32 MiB of its own, of which this says 29.
    """
    rows = baselines(plan if loads_app else replace(plan, imports=frozenset(), weights=None))
    return min((row.main_alone for row in rows), default=0)


def child_weight(plan: Plan) -> int | None:
    """The least that one more idle child of its own takes, in bytes; None for a pool without children."""
    if plan.pool != "prefork":
        return None
    return min((_idle_child(plan, row) for row in baselines(plan)), default=None)


def largest_idle_concurrency(plans: Sequence[Plan], limit: int) -> int | None:
    """The most children for each of the workers with which all of them, idle, may stay under a limit in bytes.

    With more they surely do not. None where the number of children does not matter or no worker can be weighed.
    """
    lightest = sum(child_weight(plan) or 0 for plan in plans)
    if not lightest:
        return None

    def idle(count: int) -> int:
        return sum(need(replace(plan, concurrency=count, idle_children=None)).idle or 0 for plan in plans)

    return _largest(range(1, limit // lightest + 2), idle, limit) or 0


def largest_max_memory(plan: Plan, limit: int) -> int | None:
    """The largest ``max_memory_per_child``, in KiB, with which the safe need stays under a limit in bytes.

    None where it does not matter, where the number of children is not known, and where even newborn children do not
    fit: below what a newborn child has, a limit only means a new child for every task.
    """
    return largest_shared_max_memory([plan], limit)


def largest_shared_max_memory(plans: Sequence[Plan], limit: int) -> int | None:
    """The same for workers that share a limit, all with the same ``max_memory_per_child``."""
    plans = [replace(plan, max_tasks_per_child=None) for plan in plans]
    if any(not plan.concurrency or _safe(plan, max_memory_per_child=1) is None for plan in plans):
        return None
    newborn = max((row.child_rss for plan in plans for row in baselines(plan)), default=0) // KIB + 1

    def together_safe(kib: int) -> int | None:
        return _sum(_safe(plan, max_memory_per_child=kib) for plan in plans)

    return _largest(range(newborn, limit // KIB + 2), together_safe, limit)


def smallest_useful_max_memory(plan: Plan) -> int:
    """The least ``max_memory_per_child``, in KiB, that leaves room for tasks.

    One and a half times what a newborn child has where the application was weighed, twice the baseline where not.
    """
    factor = 1.5 if plan.weights is not None else 2
    return round(factor * max((row.child_rss for row in baselines(plan)), default=0) / KIB)


def _safe(plan: Plan, **changed: int) -> int | None:
    return need(replace(plan, idle_children=None, **changed)).safe  # type: ignore[arg-type]


def _largest(numbers: range, needed: Callable[[int], int | None], limit: int) -> int | None:
    """The largest number whose need, which grows with the number, is within the limit."""
    fitting = bisect_right(numbers, limit, key=lambda number: needed(number) or 0)
    return numbers[fitting - 1] if fitting else None
