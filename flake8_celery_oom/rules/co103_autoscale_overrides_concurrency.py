"""A worker has `--autoscale` and something that autoscale overrides, or that it crashes with.

## What it finds

- `--autoscale` (or `CELERY_WORKER_AUTOSCALE`) together with `-c`: the pool grows to autoscale's maximum, and `-c` does
  not bound it.
- `--autoscale` for the pools threads and solo, which cannot grow.

Where nothing but autoscale bounds a worker, that is fine: its maximum counts as the concurrency.

## Why it matters

`-c 4 --autoscale=16,2` looks like four children and becomes sixteen; a container that is sized for four is killed.

threads ends with `ValueError` or `AttributeError` when it is to grow (run with Celery 4.4.7, 5.0.5 and 5.7.0).

## Example

```
worker: celery -A shop worker -c 4 --autoscale=16,2
```

## Fix

Say it once:

```
worker: celery -A shop worker --autoscale=4,2
```

## When to suppress

Hardly ever: take the option away that does nothing.

## Evidence

`celery/worker/components.py` (5.7.0), `Pool.create`: with autoscale, the pool gets `min_concurrency` processes and
`max_concurrency` as its limit. `celery/concurrency/thread.py` and `solo.py` have no `grow`.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.config import Config
from flake8_celery_oom.model import Finding, Known, Location, Project, RemoveOptions, Worker
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.places import each, value_places
from flake8_celery_oom.rules.wording import command_of, spoken

RULE = Rule(
    code="CO103",
    name="autoscale-overrides-concurrency",
    severity="warning",
    on=True,
    summary="`--autoscale` together with `-c`, which it overrides, or with a pool that cannot grow",
)

CANNOT_GROW = frozenset({"threads", "solo"})


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Workers whose autoscale makes `-c` useless, then those whose pool cannot grow."""
    for place in value_places(project.workers, _overridden_at):
        worker = place.workers[0]
        if isinstance(worker.autoscale, Known):
            grows = each(place, "grows", "grow")
            message = (
                f"{place.subject} {grows} to {worker.autoscale.value[0]} children, whatever -c says: --autoscale "
                "overrides it; take one of them away"
            )
            wish = RemoveOptions(place.workers, ("concurrency",), "safe")
            yield RULE.finding(place.at, message, place.related, wish)
    for place in value_places(project.workers, _stuck_at):
        worker = place.workers[0]
        if isinstance(worker.pool, Known):
            crashes = each(place, "crashes", "crash")
            message = (
                f"{place.subject} {crashes}: pool {worker.pool.value} cannot grow, and --autoscale asks it to"
                f"{spoken(worker.version)}; use -c"
            )
            yield RULE.finding(place.at, message, place.related)


def _overridden_at(worker: Worker) -> Location | None:
    if not isinstance(worker.autoscale, Known) or _stuck_at(worker):
        return None
    command = command_of(worker)
    option = command.options.get("concurrency") if command else None
    return option.value.at or worker.command_at if isinstance(option, Known) else None


def _stuck_at(worker: Worker) -> Location | None:
    if isinstance(worker.pool, Known) and worker.pool.value in CANNOT_GROW and isinstance(worker.autoscale, Known):
        return worker.autoscale.at or worker.command_at
    return None
