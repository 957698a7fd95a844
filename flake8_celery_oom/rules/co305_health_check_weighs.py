"""A health check starts the app a second time in the container of a worker, and there is no room for it.

## What it finds

A health check that runs a command of Celery's (`celery inspect ping`, `celery status`): `HEALTHCHECK` of a Dockerfile,
`healthcheck` of compose, the `exec` of a probe of Kubernetes, also through a script. It is reported when the memory
limit is known, the workers fit under it, and one more process that loads the app does not. With a child per CPU, or an
unknown number, nothing is said. Where the workers alone are too much, CO301 or CO302 says so.

## Why it matters

`celery inspect ping` is no small program: it imports the app with all that it imports, then asks every worker and
waits. With Celery 5.7.0 on Python 3.11 it has 32 MiB of its own for a bare app, and more with Django. The kernel
counts it with the worker, and when the limit is reached it may be a child that is killed.

## Example

```yaml title="compose.yml"
services:
  worker:
    image: shop
    command: celery -A shop worker -c 2 --max-memory-per-child=120000
    mem_limit: 230m
    healthcheck:
      test: celery -A shop inspect ping
```

## Fix

A check that imports nothing, such as the age of a file that the worker writes when its signal `heartbeat_sent` comes:

```yaml title="compose.yml"
services:
  worker:
    image: shop
    command: celery -A shop worker -c 2 --max-memory-per-child=120000
    mem_limit: 230m
    healthcheck:
      test: find /tmp/heartbeat -mmin -1 | grep -q .
```

Or a higher limit.

## When to suppress

When the check runs where it has a limit of its own.

## Evidence

`celery inspect ping` of Celery 5.7.0, measured while it waits. Kubernetes does not run the `HEALTHCHECK` of an image.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis import budget
from flake8_celery_oom.analysis.loads import Loaded, idle_exceeds, loaded
from flake8_celery_oom.analysis.naming import subject
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding, Related
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Project
from flake8_celery_oom.core.wishes import Advise
from flake8_celery_oom.quantity import human_bytes
from flake8_celery_oom.rules import Rule

RULE = Rule(
    code="CO305",
    name="health-check-weighs",
    severity="info",
    on=True,
    summary="A health check starts the app a second time, and together they need more than the memory limit",
)

WISH = Advise("check with something that does not import the app, or raise the limit")


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Health checks for which there is no room beside the workers, each once."""
    seen: set[Location] = set()
    for group in loaded(project):
        second, needed = group.second_app, _needed(group)
        if second is None or needed is None or group.limit is None or needed <= group.limit or second.at in seen:
            continue
        seen.add(second.at)
        message = (
            f"{subject(group.workers)}: health check `{second.command}` loads the app once more, together at least"
        )
        at = group.limit_at
        related = [Related(at, f"the limit of {human_bytes(group.limit)}")] if at is not None else []
        yield RULE.finding(second.at, f"{message} {human_bytes(needed)}, {group.killed_at}", related, WISH)


def _needed(group: Loaded) -> int | None:
    """What the workers and the check need together, in bytes; None where the workers alone are too much."""
    own = group.need.idle if group.need.tight is None else group.need.tight
    if own is None or group.limit is None or own > group.limit or idle_exceeds(group) or group.second_app is None:
        return None
    plan = max(group.plans, key=lambda one: len(one.imports))
    return own + budget.second_app(plan, loads_app=group.second_app.loads_app)
