"""The idle processes of a worker need more than its container may have: it is killed before the first task.

## What it finds

A worker whose main process and idle children together weigh more than the memory limit of their container. Each idle
child of Celery 5 takes at least 19 MiB of its own, 29 MiB with Django, the main process 26 and 33 MiB; gevent,
eventlet, threads and solo have one process of at least 37 MiB. With `--autoscale` its minimum counts. These are the
lowest numbers that were measured; your app weighs more.

Workers that certainly run together in one container are added up, as in CO301. This rule replaces CO301.

## Why it matters

There is no task to blame, and no limit of Celery's helps: children are killed as soon as they are started, are started
again, and are killed again. Measured with Celery 5.7.0 and a limit of 280 MiB: 16 idle children were killed in every
run.

## Example

```yaml title="compose.yml"
services:
  worker:
    image: shop
    command: celery -A shop worker -c 24
    mem_limit: 256m
```

## Fix

Fewer children, or a higher limit:

```yaml title="compose.yml"
services:
  worker:
    image: shop
    command: celery -A shop worker -c 2 --max-memory-per-child=90000
    mem_limit: 256m
```

## When to suppress

Hardly ever: the numbers are those of a worker without an app.

## Evidence

Idle workers of Celery 4.4.7 and 5.7.0 on Python 3.8 and 3.10 to 3.13, weighed with and without Django, numpy and
pandas: `tests/lab/measure.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis.loads import idle_exceeds, loaded
from flake8_celery_oom.analysis.weights import counted
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import Project
from flake8_celery_oom.quantity import human_bytes
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.budget_places import Spot, spots
from flake8_celery_oom.rules.budget_remedies import with_remedy

RULE = Rule(
    code="CO302",
    name="idle-exceeds-limit",
    severity="warning",
    on=True,
    summary="The idle processes of a worker need more than the memory limit of its container",
)


def check(project: Project, config: Config) -> Iterator[Finding]:
    """Workers that do not fit before the first task."""
    for spot in spots(loaded(project), idle_exceeds):
        weighed = f"weighed as {counted(max(spot.worst.plans, key=lambda plan: len(plan.imports)))}"
        finding = RULE.finding(spot.at, _message(spot), spot.related, details=[weighed])
        yield with_remedy(finding, spot, project, config)


def _message(spot: Spot) -> str:
    group = spot.worst
    needed = human_bytes(group.need.idle or 0)
    least = "" if group.is_weighed else "at least "
    processes = f"{group.idle_processes} {least}{needed} before any task"
    return f"{spot.subject}: {processes}, {group.killed_at}"
