"""A worker's pool cannot replace what has grown: gevent, eventlet, threads and solo run every task in one process.

## What it finds

A worker with one of these pools and no recycling option. Off by default: it is no mistake, only something to know.
Where a recycling option is set for such a pool, CO205 says that it has no effect.

## Why it matters

Python seldom gives memory back, and here nothing ends the process that holds it: a leak of any task stays until the
worker is restarted. In six public discussions of workers that were killed, the pool was one of these; three projects
went back to prefork for this reason, others restart the worker from outside, by a timer.

## Example

```text title="Procfile"
worker: celery -A shop worker -P gevent -c 100
```

## Fix

```text title="Procfile"
worker: celery -A shop worker -P prefork -c 4 --max-memory-per-child=200000
```

Or restart the worker from outside: `RuntimeMaxSec=` of systemd, `timeout 12h celery ...` in a loop, a rollout by cron.

## When to suppress

When the worker is restarted from outside, or its tasks are known not to grow.

## Evidence

`celery/concurrency/`: only `prefork.py` hands the limits on to billiard; the others take them and do nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis.readings import forks
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.value import Unset, Value, or_default
from flake8_celery_oom.core.wishes import Advise
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.places import each, places
from flake8_celery_oom.rules.wording import unless

RULE = Rule(
    code="CO210",
    name="pool-never-recycles",
    severity="info",
    on=False,
    summary="gevent, eventlet, threads or solo: nothing replaces a process that has grown",
)


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Workers without children that are not told to replace any."""
    for place in places(project.workers, _never):
        worker = place.workers[0]
        pool = or_default(worker.pool) or ""
        never = f"{each(place, 'keeps', 'keep')} what any task once took: pool {pool} replaces nothing"
        message = f"{place.subject} {never}{unless(worker.pool)}"
        yield RULE.finding(place.at, message, place.related, Advise("restart it from outside, or use prefork"))


def _never(worker: Worker) -> bool:
    limits = (worker.max_tasks_per_child, worker.max_memory_per_child)
    return forks(worker.pool) is False and all(map(_is_none, limits))


def _is_none(limit: Value[int]) -> bool:
    return isinstance(limit, Unset) or or_default(limit) == 0
