"""The limit of a child's memory is below what a child weighs when it is born: every task gets a new process.

## What it finds

`--max-memory-per-child`, its environment variable or its setting with a number of KiB below what a child of this app
has before its first task. The weights are the lowest that were measured: 37,100 KiB for Celery 5, 50,800 with Django,
43,200 with numpy, 63,500 with pandas; 26,000 for Celery 4 and where the version is not known.

Numbers below 5,000 are told by CO203. Only for prefork.

## Why it matters

The number is compared with the child's **peak**, and a forked child starts with what it inherits from the main process.
Below that, every child is replaced after every task: a second and more of starting for milliseconds of work. Measured
with Celery 5.7.0, pandas imported and `--max-memory-per-child 60000`: 31 children for 31 tasks. Nothing is logged about
it. `12000`, once an example in Celery's own documentation, does this to every project.

## Example

```python title="shop.py"
from celery import Celery

app = Celery("shop")
app.conf.worker_max_memory_per_child = 12000  # 12 MB
```

```text title="Procfile"
worker: celery -A shop worker -c 2
```

## Fix

```python title="shop.py"
from celery import Celery

app = Celery("shop")
app.conf.worker_max_memory_per_child = 200_000  # 200 MB
```

## When to suppress

When a new process for every task is wanted. `--max-tasks-per-child=1` says so more clearly.

## Evidence

`billiard/pool.py`: `used_kb > max_memory_per_child` after each task, with `used_kb` from `ru_maxrss`. Idle workers of
Celery 4.4.7 and 5.7.0, weighed with and without Django, numpy and pandas.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis.loads import plan_of, plan_of_app
from flake8_celery_oom.analysis.readings import forks, lone_apps
from flake8_celery_oom.analysis.units import is_wrong_unit
from flake8_celery_oom.analysis.weights import Weight, born
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.co203_max_memory_unit import contradicting
from flake8_celery_oom.rules.comments import said_instead
from flake8_celery_oom.rules.numbers import max_memory
from flake8_celery_oom.rules.places import value_places
from flake8_celery_oom.rules.wishes import replaced, replaced_in

RULE = Rule(
    code="CO204",
    name="max-memory-below-baseline",
    severity="warning",
    on=True,
    summary="max-memory-per-child is below what a child weighs when it is born: every task gets a new process",
)


def check(project: Project, config: Config) -> Iterator[Finding]:
    """Limits below the weight of a new child, of workers and of apps without a worker."""
    for place in value_places(project.workers, _low_at):
        worker = place.workers[0]
        if isinstance(worker.max_memory_per_child, Known):
            weight = born(plan_of(worker))
            message = _message(place.subject, worker.max_memory_per_child.value, weight)
            wish = replaced(place.workers, place.at, max_memory(config, place.workers, project))
            yield RULE.finding(place.at, message, place.related, wish)
    for app in lone_apps(project):
        setting = app.settings.get("worker_max_memory_per_child")
        weight = born(plan_of_app(app))
        if not isinstance(setting, Known) or not isinstance(setting.value, int):
            continue
        if _low(setting.value, weight) and not said_instead(setting.value, app):
            message = _message(f"a worker of app `{app.name}`", setting.value, weight)
            change = replaced_in(app, setting.at, max_memory(config, (), project))
            yield RULE.finding(setting.at or app.configured_at, message, wish=change)


def _low_at(worker: Worker) -> Location | None:
    match worker.max_memory_per_child:
        case Known(kib, at) if (
            _low(kib, born(plan_of(worker))) and forks(worker.pool) is True and not contradicting(worker)
        ):
            return at or worker.command_at
    return None


def _low(kib: int, weight: Weight | None) -> bool:
    return weight is not None and 0 < kib < weight.kib and not is_wrong_unit(kib)


def _message(subject: str, kib: int, weight: Weight | None) -> str:
    has = f"less than the {weight.kib} KiB of a new process ({weight.counted})" if weight is not None else "too little"
    return f"{subject} starts a new process for every task: max-memory-per-child {kib} is {has}"
