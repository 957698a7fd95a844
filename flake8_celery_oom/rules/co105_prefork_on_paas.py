"""A worker with child processes on a platform that scales by instances, where gevent or threads may need less memory.

## What it finds

A prefork worker that a Procfile, an `app_desc.yaml`, an `app.json`, or a file of Fly, Render, Railway or Cloud Foundry
starts. Off by default, since there are two sides.

## Why it matters

For green pools: such platforms give a container little memory and many CPUs of the host. Each child of prefork is a
process of 22 MiB and more (33 MiB with Django), while a hundred greenlets share one. Tasks that wait for the network
lose nothing.

Against them: nothing is recycled then. `--max-tasks-per-child` and `--max-memory-per-child` have no effect, a leak
stays until the worker ends, and time limits hardly work. Three projects that had changed to threads or gevent went back
to prefork for that reason. Tasks that compute block all others.

The package has to be installed: `celery[gevent]` or `celery[eventlet]` in the requirements, else the worker does not
start (CO104).

## Example

```text title="Procfile"
worker: celery -A shop worker -c 2 --max-memory-per-child=200000
```

## Fix

```text title="requirements.txt"
celery[gevent]==5.6.3
```

```text title="Procfile"
worker: celery -A shop worker -P gevent -c 50
```

## When to suppress

When the tasks compute, or leak: then prefork is right.

## Evidence

BlueKing's article about Celery workers that run out of memory recommends `-P gevent` on its platform; workers that were
weighed with Celery 5.7.0.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis.readings import forks
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.wishes import Advise
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.places import each, places

RULE = Rule(
    code="CO105",
    name="prefork-on-paas",
    severity="info",
    on=False,
    summary="Child processes on a platform that scales by instances, where gevent or threads may need less memory",
)

PLATFORMS = frozenset({"procfile", "app_desc", "heroku", "fly", "render", "railway", "cf_manifest"})
"""Kinds of files that platforms read which scale by instances."""


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Workers with child processes on such platforms."""
    for place in places(project.workers, _has_children):
        keeps = each(place, "runs", "run")
        message = f"{place.subject} {keeps} child processes; celery[gevent] needs less memory, but never recycles"
        wish = Advise("weigh gevent, eventlet or threads against recycling")
        yield RULE.finding(place.at, message, place.related, wish)


def _has_children(worker: Worker) -> bool:
    return worker.kind in PLATFORMS and forks(worker.pool) is True
