"""``celery-oom plan``: what a worker needs, and which numbers fit under a memory limit.

Reads no file but, for ``--app``, the configuration of the current folder.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flake8_celery_oom.frontends.refusal import RefusedError
from flake8_celery_oom.quantity import MIB, docker_bytes, human_bytes, human_kib, kubernetes_bytes

if TYPE_CHECKING:
    from flake8_celery_oom.analysis.budget import Plan
    from flake8_celery_oom.core.weights import Weights

FITS, DOES_NOT_FIT = 0, 1
POOLS = ("prefork", "solo", "threads", "gevent", "eventlet")
COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""The numbers of children that are shown when none is asked for."""
ROUND = 1000
"""Numbers of KiB are shown in thousands."""
SAID = {
    "fits": "fits, even when the children share nothing",
    "tight": "fits as long as the children share what they share when they are idle",
    "exceeds": "does not fit",
    "unknown": "fits when idle; nothing bounds what the tasks take",
}


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command to those of ``celery-oom``."""
    parser = commands.add_parser(
        "plan",
        help="say what a worker needs, and what fits under a memory limit",
        epilog="Exit status: 0 it fits, 1 it does not, 2 something asked for means nothing.",
    )
    parser.add_argument("--limit", type=size, metavar="SIZE", help="the memory limit: 512Mi, 1.5g, 1073741824")
    parser.add_argument("-P", "--pool", choices=POOLS, default="prefork", help="default: prefork")
    parser.add_argument("-c", "--concurrency", type=positive, metavar="N", help="children; with autoscale the maximum")
    parser.add_argument("--max-memory-per-child", type=positive, metavar="KIB", help="in KiB, as Celery counts it")
    parser.add_argument("--max-tasks-per-child", type=positive, metavar="N", help="counts together with --task-growth")
    parser.add_argument("--task-growth", type=size, metavar="SIZE", help="what one task adds to a child at most")
    parser.add_argument("--prefetch-multiplier", type=counted, default=4, metavar="N", help="default: 4")
    parser.add_argument(
        "--waiting", type=counted, default=0, metavar="N", help="tasks with an ETA or countdown at once"
    )
    parser.add_argument("--message-size", type=size, default=0, metavar="SIZE", help="the arguments of a task: 10k")
    parser.add_argument("--imports", default="", metavar="NAMES", help="what the app imports: django,numpy,pandas")
    parser.add_argument("-A", "--app", metavar="NAME", help="count its weights of [tool.celery-oom.weights]")
    parser.add_argument("--celery", type=major, metavar="VERSION", help="default: the least of 4 and 5")
    parser.add_argument("-B", "--beat", action="store_true", help="the worker runs beat too")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def size(text: str) -> int:
    """An amount of memory in bytes: as Kubernetes means it, else as Docker does (``512m`` is half a byte there)."""
    amount = kubernetes_bytes(text)
    if amount is None or (amount < MIB and not text.strip().isdigit()):
        amount = docker_bytes(text)
    if not amount:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount of memory: give one such as 512Mi, 1.5g or 1073741824")
    return amount


def positive(text: str) -> int:
    """A whole number above zero."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def counted(text: str) -> int:
    """A whole number, also zero."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)


def major(text: str) -> int:
    """The first number of a version of Celery that was weighed."""
    number = text.partition(".")[0]
    if number not in {"4", "5"}:
        raise argparse.ArgumentTypeError(f"Celery {text} was never weighed: 4 and 5 are known")
    return int(number)


def run(options: argparse.Namespace, write: Callable[[str], object]) -> int:
    """Say what is asked for through ``write``; the status is 1 when the worker does not fit."""
    from flake8_celery_oom.analysis import budget

    plan = budget.Plan(
        pool=options.pool,
        concurrency=options.concurrency,
        max_memory_per_child=options.max_memory_per_child,
        max_tasks_per_child=options.max_tasks_per_child,
        task_growth=options.task_growth,
        imports=frozenset(name.strip().lower() for name in options.imports.split(",") if name.strip()),
        celery_major=options.celery,
        beat=options.beat,
        prefetch_multiplier=options.prefetch_multiplier,
        waiting=options.waiting,
        message_size=options.message_size,
        weights=_weights(options.app) if options.app else None,
    )
    verdict = budget.verdict(budget.need(plan), options.limit) if options.limit else None
    if options.format == "json":
        write(json.dumps(_document(plan, options.limit), indent=2) + "\n")
    else:
        write("".join(f"{line}\n" for line in _lines(plan, options.limit)))
    return DOES_NOT_FIT if verdict == "exceeds" else FITS


def _weights(app: str) -> Weights:
    """The weights that the configuration here gives for an app."""
    from flake8_celery_oom.analysis.weights import weights_for
    from flake8_celery_oom.config import ConfigError, read_config

    try:
        found = weights_for(app, read_config(Path()).weights)
    except ConfigError as error:
        raise RefusedError(str(error)) from error
    if found is None:
        raise RefusedError(f"pyproject.toml has no weights for {app}; `celery-oom weigh -A {app}` prints them")
    return found


def _document(plan: Plan, limit: int | None) -> dict[str, Any]:
    """Everything, in bytes but for ``max_memory_per_child``, which is KiB."""
    from flake8_celery_oom.analysis import budget

    needed = budget.need(plan)
    return {
        "version": 1,
        "limit": limit,
        "need": {"idle": needed.idle, "tight": needed.tight, "safe": needed.safe},
        "verdict": budget.verdict(needed, limit) if limit else None,
        "counted": budget.counted_import(plan),
        "largest_concurrency": budget.largest_concurrency(plan, limit) if limit else None,
        "largest_max_memory_per_child": budget.largest_max_memory(plan, limit) if limit else None,
        "choices": [{"concurrency": count, "max_memory_per_child": kib} for count, kib in _choices(plan, limit)],
    }


def _choices(plan: Plan, limit: int | None) -> Iterator[tuple[int, int]]:
    """Numbers of children, each with the largest max-memory-per-child in KiB that fits beside it."""
    from flake8_celery_oom.analysis import budget

    for count in COUNTS if limit else ():
        kib = budget.largest_max_memory(replace(plan, concurrency=count), limit or 0)
        if kib is None or kib < budget.smallest_useful_max_memory(plan):
            return
        yield count, kib


def _lines(plan: Plan, limit: int | None) -> Iterator[str]:
    from flake8_celery_oom.analysis import budget
    from flake8_celery_oom.analysis.weight_table import IMPORTS

    counted, needed = budget.counted_import(plan), budget.need(plan)
    least = "" if plan.weights is not None else "at least "
    if plan.weights is None:
        yield f"weighed: Celery {plan.celery_major or '4 and 5'}, {counted or 'nothing else'} imported"
        unweighed = sorted(plan.imports - IMPORTS)
        if unweighed:
            yield f"never weighed, and not counted: {', '.join(unweighed)}"
    if needed.idle is not None:
        yield f"idle: {least}{human_bytes(needed.idle)}"
    if needed.tight is not None and needed.safe is not None:
        yield f"every child at its peak: {least}{human_bytes(needed.tight)} to {human_bytes(needed.safe)}"
    if limit is None:
        return
    judged = needed.idle is not None
    yield f"limit: {human_bytes(limit)}" + (f": {SAID[budget.verdict(needed, limit)]}" if judged else "")
    if plan.pool != "prefork":
        return
    yield from _fitting(plan, limit)
    if plan.weights is None:
        yield "what the app itself adds is not counted: use less, or weigh it (celery-oom weigh)"


def _fitting(plan: Plan, limit: int) -> Iterator[str]:
    from flake8_celery_oom.analysis import budget

    if plan.max_memory_per_child:
        count = budget.largest_concurrency(plan, limit)
        if count:
            yield f"fits with --max-memory-per-child={plan.max_memory_per_child}: --concurrency={count}"
        else:
            yield f"no child fits with --max-memory-per-child={plan.max_memory_per_child}"
    if plan.concurrency:
        kib = budget.largest_max_memory(plan, limit)
        if kib:
            little = "" if kib >= budget.smallest_useful_max_memory(plan) else ", little more than a newborn child has"
            kib -= kib % ROUND
            yield f"fits with --concurrency={plan.concurrency}: --max-memory-per-child={kib} ({human_kib(kib)}{little})"
        else:
            yield f"no max-memory-per-child makes --concurrency={plan.concurrency} fit"
    if plan.max_memory_per_child or plan.concurrency:
        return
    choices = list(_choices(plan, limit))
    if not choices:
        newborn = max(row.child_rss for row in budget.baselines(plan))
        yield f"not even one child has room for tasks: it has {human_bytes(newborn)} when it is born"
        return
    yield ""
    yield "--concurrency  --max-memory-per-child"
    for count, kib in choices:
        kib -= kib % ROUND
        yield f"{count:13}  {kib:22}  ({human_kib(kib)} a child)"
