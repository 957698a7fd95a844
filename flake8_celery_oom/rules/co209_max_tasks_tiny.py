"""Child processes are replaced after ten tasks or fewer, so much of the time goes into starting them.

## What it finds

`--max-tasks-per-child`, its environment variable or its setting with a number from 1 to 10, for prefork. Off by
default: there are good reasons for small numbers.

## Why it matters

Measured with Celery 5.7.0 on two CPUs: `-c 2 --max-tasks-per-child 1` did 2.6 small tasks a second, and 65 without.
And it bounds a leak, not the memory of one task: the children together need as much as
before.

## Example

```text title="Procfile"
worker: celery -A shop worker -c 4 --max-tasks-per-child=1
```

## Fix

```text title="Procfile"
worker: celery -A shop worker -c 4 --max-tasks-per-child=100 --max-memory-per-child=200000
```

## When to suppress

When each task takes minutes, or must have a process of its own.

## Evidence

`billiard/pool.py`: a child that is done leaves, and the pool starts another one when it notices, at times only after
seconds.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis.readings import forks
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.places import each, value_places

RULE = Rule(
    code="CO209",
    name="max-tasks-tiny",
    severity="info",
    on=False,
    summary="max-tasks-per-child is 10 or less: much of the time goes into starting processes",
)

TINY = range(1, 11)


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Workers that replace their children after a few tasks."""
    for place in value_places(project.workers, _tiny_at):
        tasks = place.workers[0].max_tasks_per_child
        if isinstance(tasks, Known):
            starts = each(place, "starts", "start")
            every = "every task" if tasks.value == 1 else f"every {tasks.value} tasks"
            message = f"{place.subject} {starts} a new process after {every}: much time goes into that"
            yield RULE.finding(place.at, message, place.related)


def _tiny_at(worker: Worker) -> Location | None:
    match worker.max_tasks_per_child:
        case Known(tasks, at) if tasks in TINY and forks(worker.pool) is True:
            return at or worker.command_at
    return None
