"""The children of a worker fit into its container only as long as they share what they share when they are idle.

## What it finds

A prefork worker whose memory limit lies between two numbers: the need with everything shared that idle children share
(see CO301), and

    main process + children x what a child may have at its peak

with nothing shared. Off by default: it is a warning about the margin, not about a mistake.

## Why it matters

A child shares memory with the main process until one of them writes to it, and Python writes to every object that it
touches. How much stays shared depends on the app, and what a task adds on top of max-memory-per-child on its tasks. The
second number was above what 23 real setups needed, by 32 % in the median; the first, with what a task adds, was at most
1 % below it.

## Example

```yaml title="compose.yml"
services:
  worker:
    image: shop
    command: celery -A shop worker -c 4 --max-memory-per-child=153600
    mem_limit: 600m
```

## Fix

The numbers in the message fit even when nothing is shared:

```yaml title="compose.yml"
services:
  worker:
    image: shop
    command: celery -A shop worker -c 4 --max-memory-per-child=140000
    mem_limit: 600m
```

## When to suppress

When the worker was watched under its full load and stayed below the limit.

## Evidence

Celery 5.7.0 under load in memory cgroups: the formulas against the peaks of 23 setups, three runs each.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis import budget
from flake8_celery_oom.analysis.loads import Loaded, loaded
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import Project
from flake8_celery_oom.quantity import human_bytes
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.budget_places import Spot, spots
from flake8_celery_oom.rules.budget_remedies import with_remedy

RULE = Rule(
    code="CO304",
    name="budget-tight",
    severity="info",
    on=False,
    summary="Children times max-memory-per-child fits the memory limit only as far as children share memory",
)


def check(project: Project, config: Config) -> Iterator[Finding]:
    """Workers between the least and the most that they may need."""
    for spot in spots(loaded(project), _is_tight):
        yield with_remedy(RULE.finding(spot.at, _message(spot), spot.related), spot, project, config)


def _is_tight(group: Loaded) -> bool:
    return group.limit is not None and budget.verdict(group.need, group.limit) == "tight"


def _message(spot: Spot) -> str:
    group = spot.worst
    least, most = human_bytes(group.need.tight or 0), human_bytes(group.need.safe or 0)
    return f"{spot.subject}: {group.children} may need {least} to {most}, {group.killed_at}"
