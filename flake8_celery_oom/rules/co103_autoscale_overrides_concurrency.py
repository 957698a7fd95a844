"""A worker has `--autoscale` and something that autoscale overrides, or a pool that cannot grow.

## What it finds

- `--autoscale` (or `CELERY_WORKER_AUTOSCALE`) together with `-c`: the pool grows to autoscale's maximum, and `-c` does
  not bound it.
- `--autoscale` for the pools threads and solo, which cannot grow: threads crashes, solo stays as it is.

Where nothing but autoscale bounds a worker, that is fine: its maximum counts as the concurrency.

## Why it matters

`-c 4 --autoscale=16,2` looks like four children and becomes sixteen; a container that is sized for four is killed.

The pool threads does not start with a minimum of 0 (`ValueError: max_workers must be greater than 0`, and that is the
minimum of `--autoscale=8`); with another it ends with an `AttributeError` as soon as it is to grow. solo does one task
at a time with `--autoscale` as without. (Run with Celery 4.4.7 and 5.7.0, some with 5.0.5 and 5.6.3.)

## Example

```text title="Procfile"
worker: celery -A shop worker -c 4 --autoscale=16,2
```

## Fix

Say it once:

```text title="Procfile"
worker: celery -A shop worker --autoscale=4,2
```

## When to suppress

Hardly ever: take the option away that does nothing.

## Evidence

`celery/worker/components.py` (5.7.0), `Pool.create`: with autoscale, the pool gets `min_concurrency` processes and
`max_concurrency` as its limit. `celery/concurrency/thread.py` and `solo.py` have no `grow`; solo is never asked to
grow, since it holds one task at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis.readings import command_of, place_of
from flake8_celery_oom.celery.command_line import option_location
from flake8_celery_oom.celery.pools import POOLS, Pool
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.value import Known, Unset, or_default
from flake8_celery_oom.core.wishes import RemoveOptions
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.places import Place, each, value_places
from flake8_celery_oom.rules.wording import unless

RULE = Rule(
    code="CO103",
    name="autoscale-overrides-concurrency",
    severity="warning",
    on=True,
    summary="`--autoscale` together with `-c`, which it overrides, or with a pool that cannot grow",
)

CANNOT_GROW = {pool.name: pool for pool in POOLS.values() if not pool.scales}


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Workers whose autoscale makes `-c` useless, then those whose pool cannot grow."""
    for place in value_places(project.workers, _overridden_at):
        worker = place.workers[0]
        bounds = or_default(worker.autoscale)
        if bounds is not None:
            grows = f"{each(place, 'grows', 'grow')} to {bounds[0]} processes whatever -c says"
            message = f"{place.subject} {grows}: --autoscale overrides it{unless(worker.autoscale)}; drop -c"
            wish = RemoveOptions(place.workers, ("concurrency",), "safe")
            yield RULE.finding(place.at, message, place.related, wish)
    for place in value_places(project.workers, _stuck_at):
        worker = place.workers[0]
        name, bounds = or_default(worker.pool), or_default(worker.autoscale)
        if name is not None and bounds is not None:
            pool = CANNOT_GROW[name]
            mend = "use -c" if pool.crashes_scaling else "drop it"
            happens = _stuck(place, pool, bounds[1])
            default = unless(worker.pool, worker.autoscale)
            yield RULE.finding(
                place.at, f"{place.subject} {happens}; {mend}{default}", place.related, _drop(place, pool)
            )


def _drop(place: Place, pool: Pool) -> RemoveOptions | None:
    """Take ``--autoscale`` away: nothing changes for solo; threads start then, where the command has a ``-c`` too."""
    commands = [command_of(worker) for worker in place.workers]
    if pool.crashes_scaling and any(one is None or isinstance(one.options["concurrency"], Unset) for one in commands):
        return None
    is_known = all(isinstance(worker.pool, Known) for worker in place.workers)
    return RemoveOptions(place.workers, ("autoscale",), "safe" if is_known and not pool.crashes_scaling else "unsafe")


def _stuck(place: Place, pool: Pool, least: int) -> str:
    if not pool.crashes_scaling:
        ignores = each(place, "ignores", "ignore")
        return f"{ignores} --autoscale: pool {pool.name} does one task at a time and never grows"
    if least > 0:
        return f"{each(place, 'crashes', 'crash')}: pool {pool.name} cannot grow, and --autoscale asks it to"
    stays_down = each(place, "does not start", "do not start")
    return f"{stays_down}: pool {pool.name} refuses the minimum 0 of --autoscale, and cannot grow"


def _overridden_at(worker: Worker) -> Location | None:
    if or_default(worker.autoscale) is None or _stuck_at(worker):
        return None
    command = command_of(worker)
    option = command.options.get("concurrency") if command else None
    return _option(worker, option.value.at) if isinstance(option, Known) else None


def _stuck_at(worker: Worker) -> Location | None:
    if (or_default(worker.pool) or "") in CANNOT_GROW and or_default(worker.autoscale) is not None:
        return _option(worker, place_of(worker.autoscale))
    return None


def _option(worker: Worker, value_at: Location | None) -> Location:
    return option_location(worker.words, value_at) if value_at is not None else worker.command_at
