"""The children of a worker may grow to more than its container may have: each is within its limit, all together not.

## What it finds

A prefork worker whose number of children, max-memory-per-child and memory limit are known, and where

    main process + children x (max-memory-per-child - what a child shares)

is more than the limit. For Celery alone the main process counts with 26 MiB and a child shares 20 to 22 MiB; apps that
import Django, numpy or pandas count with more. Every prefetched message counts with 9 KB. These are the lowest numbers
that were measured, and what one task adds on top of max-memory-per-child is not counted at all.

With `--autoscale` its maximum counts. `-B` adds a process. Workers that certainly run together in one container are
added up: programs of one supervisord, processes of one Procfile runner, commands of one script that are sent to the
background. The limit is `resources.limits.memory` of Kubernetes, `mem_limit` or `deploy.resources.limits.memory` of
compose, `MemoryMax` of systemd, or the size of a machine or plan of the platform.

Where already the idle children are too much, CO302 says so instead. A max-memory-per-child in a wrong unit is told by
CO203.

## Why it matters

max-memory-per-child is looked at when a task has ended, by each child on its own. Nothing adds the children up but the
kernel, and that kills. Measured with Celery 5.7.0, four children and 153,600 KiB (150 MiB) each, of which this rule
says 539 MiB: with a limit of 540 MiB and below the OOM killer came in every run, with 580 MiB and above in none.

## Example

```yaml title="compose.yml"
services:
  worker:
    image: shop
    command: celery -A shop worker -c 8 --max-memory-per-child=400000
    mem_limit: 1g
```

## Fix

A smaller max-memory-per-child, fewer children, or a higher limit:

```yaml title="compose.yml"
services:
  worker:
    image: shop
    command: celery -A shop worker -c 8 --max-memory-per-child=120000
    mem_limit: 1g
```

The message names numbers that fit even when nothing is shared and a fifth of the limit stays free. Where the app was
not weighed they are what fits at most: use less when the app imports much. `celery-oom plan --limit 1Gi` shows all of
them.

## When to suppress

When the main process loads something large before it forks (a model, a dictionary) that the children only read: they
share more of it than is counted here.

## Evidence

Real workers of Celery 5.7.0 in real memory cgroups, predicted from their files and then run: `tests/lab`.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis.loads import Loaded, idle_exceeds, loaded
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import Project
from flake8_celery_oom.quantity import human_bytes
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.budget_places import Spot, spots
from flake8_celery_oom.rules.budget_remedies import with_remedy

RULE = Rule(
    code="CO301",
    name="budget-exceeds-limit",
    severity="warning",
    on=True,
    summary="Children times max-memory-per-child is more than the memory limit of the container",
)


def check(project: Project, config: Config) -> Iterator[Finding]:
    """Workers that may need more than their container has."""
    for spot in spots(loaded(project), _exceeds):
        yield with_remedy(RULE.finding(spot.at, _message(spot), spot.related), spot, project, config)


def _exceeds(group: Loaded) -> bool:
    tight = group.need.tight
    return group.limit is not None and tight is not None and tight > group.limit and not idle_exceeds(group)


def _message(spot: Spot) -> str:
    group = spot.worst
    needed = human_bytes(group.need.tight or 0)
    return f"{spot.subject}: {group.children} may need {needed}, {group.killed_at}"
