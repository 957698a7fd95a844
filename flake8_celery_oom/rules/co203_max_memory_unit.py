"""The limit of a child's memory is written in the wrong unit: Celery counts KiB.

## What it finds

`--max-memory-per-child`, its environment variable or its setting with a number that can be no number of KiB:

- below 5,000: megabytes were meant (`200`, `512`);
- from 40,000,000 (38 GiB) up: bytes were meant (`200000000`, `200 * 1024 * 1024`);
- whatever its size: a setting with a comment behind it that says another amount (`150_000  # 200 MB`). Whether the
  comment counts in 1000s or 1024s makes no difference.

The default of a variable in a command (`${MAX_MEMORY:-200}`) is looked at like a number.

Only for prefork: other pools ignore the limit (CO205).

## Why it matters

Megabytes taken for KiB: every child is above its limit when it is born, and is replaced after **every** task. Measured
with Celery 5.7.0 and `--max-memory-per-child 120`: 7 tasks a second instead of 320. Nothing is logged about it.

Bytes taken for KiB: the limit is never reached, so there is none. Measured with `120000000` and a container of 400 MiB:
killed in every run.

## Example

```text title="Procfile"
worker: celery -A shop worker -c 4 --max-memory-per-child=200
```

## Fix

```text title="Procfile"
worker: celery -A shop worker -c 4 --max-memory-per-child=200000
```

## When to suppress

When a new process for every task is wanted. `--max-tasks-per-child=1` says so more clearly.

## Evidence

`billiard/pool.py` and `billiard/compat.py`: the limit is compared with `ru_maxrss`, which is KiB on Linux.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis.readings import forks, lone_apps
from flake8_celery_oom.analysis.units import NOBODY_MEANS_BELOW, NOBODY_MEANS_FROM, is_wrong_unit
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.value import Known, Unknown, or_default
from flake8_celery_oom.quantity import human_kib
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.comments import said_instead
from flake8_celery_oom.rules.places import value_places
from flake8_celery_oom.rules.wishes import Number, replaced, replaced_in
from flake8_celery_oom.rules.wording import unless

RULE = Rule(
    code="CO203",
    name="max-memory-unit",
    severity="warning",
    on=True,
    summary="max-memory-per-child is no plausible number of KiB: megabytes or bytes were meant",
)


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Limits that are megabytes or bytes, of workers and of apps without a worker."""
    for place in value_places(project.workers, _wrong_at):
        limit = or_default(place.workers[0].max_memory_per_child)
        if limit is not None:
            said = contradicting(place.workers[0])
            wish = replaced(place.workers, place.at, _meant(limit, said))
            message = _message(place.subject, limit, said, unless(place.workers[0].max_memory_per_child))
            yield RULE.finding(place.at, message, place.related, wish)
    for app in lone_apps(project):
        setting = app.settings.get("worker_max_memory_per_child")
        if isinstance(setting, Known) and isinstance(setting.value, int):
            said = said_instead(setting.value, app)
            if is_wrong_unit(setting.value) or said:
                message = _message(f"a worker of app `{app.name}`", setting.value, said)
                change = replaced_in(app, setting.at, _meant(setting.value, said))
                yield RULE.finding(setting.at or app.configured_at, message, wish=change)


def _wrong_at(worker: Worker) -> Location | None:
    match worker.max_memory_per_child:
        case Known(kib, at) if (is_wrong_unit(kib) or contradicting(worker)) and forks(worker.pool) is True:
            return at or worker.command_at
        case Unknown(_, at, int(kib)) if is_wrong_unit(kib) and forks(worker.pool) is True:
            return at or worker.command_at
    return None


def contradicting(worker: Worker) -> int | None:
    """The KiB that the comment beside a worker's setting says, where that contradicts the setting."""
    match worker.max_memory_per_child:
        case Known(kib, _, "settings"):
            return said_instead(kib, worker.app)
        case _:
            return None


def _meant(kib: int, said: int | None) -> Number:
    if said is not None:
        return Number("max_memory_per_child", said, "safe")
    return Number("max_memory_per_child", kib * 1000 if kib < NOBODY_MEANS_BELOW else kib // 1024, "unsafe")


def _message(subject: str, kib: int, said: int | None, condition: str = "") -> str:
    small = kib < NOBODY_MEANS_BELOW
    meant = f"for {kib} MB set {kib * 1000}" if small else f"for {kib} bytes set {kib // 1024}"
    if said is not None:
        meant = f"its comment says {said}"
    if small:
        return (
            f"{subject} starts a new process for every task{condition}: max-memory-per-child {kib} is in KiB; {meant}"
        )
    never = ", so it limits nothing" if kib >= NOBODY_MEANS_FROM else ""
    return f"{subject}: max-memory-per-child {kib} is in KiB, {human_kib(kib)}{never}{condition}; {meant}"
