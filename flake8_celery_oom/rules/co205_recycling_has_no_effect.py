"""A worker is told to replace its child processes, but its pool has none: the option is silently ignored.

## What it finds

`--max-tasks-per-child` or `--max-memory-per-child` (option, environment variable or setting) for a worker whose pool is
gevent, eventlet, threads or solo. An option of the command is always reported. A setting, and an option that several
services share, only when no worker that reads it runs prefork; else the service without prefork is reported.

This rule replaces CO201 for these workers.

## Why it matters

Only the prefork pool has children to replace. The other pools run every task in the main process, take both options
without a warning, and grow until the process is killed, with all tasks that it holds. Measured with Celery 5.7.0, both
options set and a limit of 300 MiB: gevent, threads and solo were killed in every run; without a limit one process grew
to 530 MiB.

## Example

```text title="Procfile"
worker: celery -A shop worker -P gevent -c 100 --max-tasks-per-child=50
```

## Fix

Use prefork where tasks leak or need much memory:

```text title="Procfile"
worker: celery -A shop worker -c 4 --max-tasks-per-child=50
```

Or keep the pool, take the option away, and let something outside restart the worker now and then.

## When to suppress

When the same command line is also used with prefork, in a place that these files do not show.

## Evidence

`celery/concurrency/gevent.py`, `eventlet.py`, `thread.py`, `solo.py` (5.7.0): the options reach the pool and nothing
reads them. `celery/concurrency/prefork.py` hands them to `billiard.pool`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flake8_celery_oom.analysis.readings import command_of, forks, place_of
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding, Related
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.value import Known, Unknown, Unset, or_default
from flake8_celery_oom.core.wishes import NumberOption, RemoveOptions, Wish
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.places import Place, by_command, callers_related, each
from flake8_celery_oom.rules.wording import unless

RULE = Rule(
    code="CO205",
    name="recycling-has-no-effect",
    severity="warning",
    on=True,
    summary="max-tasks-per-child or max-memory-per-child for gevent, eventlet, threads or solo, which ignore them",
)


@dataclass(frozen=True, slots=True)
class _Limit:
    """A recycling limit that somebody wrote, and where it can be reported: there, or at one of the workers."""

    name: NumberOption
    value: int | None
    """None for a value that only the environment knows: it has no effect whatever it is."""
    at: Location
    place: Location


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Workers without children that are told to replace them."""
    workers = [worker for group in by_command(project.workers).values() for worker in group]
    deaf: dict[Location, list[tuple[Worker, list[_Limit]]]] = {}
    for worker in workers:
        ignored = _ignored(worker, workers)
        if ignored:
            deaf.setdefault(ignored[0].place, []).append((worker, ignored))
    for at, group in deaf.items():
        place = Place(at, tuple(worker for worker, _ in group), callers_related((worker for worker, _ in group), at))
        limits = list(dict.fromkeys(limit for _, ignored in group for limit in ignored))
        wish = _wish(place, limits)
        yield RULE.finding(at, _message(place, limits), [*_others(place, limits), *place.related], wish)


def _wish(place: Place, limits: Sequence[_Limit]) -> Wish | None:
    """Take the limits out of the command, where all of them stand there."""
    names = tuple(dict.fromkeys(limit.name for limit in limits))
    values = [getattr(worker, name) for worker in place.workers for name in names]
    if any(not isinstance(value, Unset) and value.origin != "cli" for value in values):
        return None
    return RemoveOptions(place.workers, names, "unsafe")


def _ignored(worker: Worker, workers: Sequence[Worker]) -> list[_Limit]:
    """The limits of a worker without children, those of its command and environment first."""
    if forks(worker.pool) is not False:
        return []
    found = []
    for name in ("max_tasks_per_child", "max_memory_per_child"):
        value = getattr(worker, name)
        if isinstance(value, Unset) or or_default(value) == 0 or not _is_written(value, name, worker):
            continue
        at = value.at or worker.command_at
        heeded = any(_heeds(other, name, at) for other in workers)
        if value.origin != "settings":
            found.append((0, _Limit(name, or_default(value), at, worker.at if heeded else at)))
        elif not heeded and not any(_shares_settings(other, worker) for other in workers):
            found.append((1, _Limit(name, or_default(value), at, at)))
    return [limit for _, limit in sorted(found, key=lambda one: one[0])]


def _is_written(value: Known[int] | Unknown[int], name: str, worker: Worker) -> bool:
    """Whether the limit is certainly asked for, if only by a value that the environment gives."""
    if isinstance(value, Known):
        return True
    command = command_of(worker)
    return command is not None and isinstance(command.options[name], Known)


def _heeds(other: Worker, name: str, at: Location) -> bool:
    value = getattr(other, name)
    return not isinstance(value, Unset) and value.at == at and forks(other.pool) is not False


def _shares_settings(other: Worker, worker: Worker) -> bool:
    return forks(other.pool) is not False and (other.app_name, other.app) == (worker.app_name, worker.app)


def _message(place: Place, limits: Sequence[_Limit]) -> str:
    named = dict.fromkeys(_shown(limit) for limit in limits)
    pools = sorted({pool for worker in place.workers if (pool := or_default(worker.pool))})
    ignores = f"{each(place, 'ignores', 'ignore')} {' and '.join(named)}"
    default = unless(*(worker.pool for worker in place.workers))
    return f"{place.subject} {ignores}: the {' or '.join(pools)} pool replaces no processes{default}"


def _shown(limit: _Limit) -> str:
    name = limit.name.replace("_", "-")
    return name if limit.value is None else f"{name} {limit.value}"


def _others(place: Place, limits: Sequence[_Limit]) -> Iterator[Related]:
    """The other limits, and the pool where it does not stand in a command."""
    commands = {at for worker in place.workers for at in (worker.at, worker.command_at)}
    pools = {(place_of(worker.pool), pool) for worker in place.workers if (pool := or_default(worker.pool))}
    places = {
        at: f"the pool is {pool}" for at, pool in pools if at and not any(command.contains(at) for command in commands)
    }
    own = {place.at, *(command for command in commands if command.contains(place.at))}
    for limit in limits:
        if not any(one.contains(limit.at) for one in own):
            places[limit.at] = f"{limit.name.replace('_', '-')} is set here"
    yield from (Related(at, message) for at, message in sorted(places.items()))
