"""Tasks that wait for their time are all held in the memory of a worker, however many there are.

## What it finds

An app of Celery 5.6 or later without `worker_eta_task_limit`, in a project whose code calls tasks with `eta=` or
`countdown=`. Off by default: few tasks that wait are no trouble.

## Why it matters

Such a task is fetched at once and kept until its time has come; the prefetch multiplier does not bound it. Each takes
about 10 KiB and 3.4 times the size of its arguments, in the main process. Run with Celery 5.7.0: 300 tasks with a
countdown, 300 of them held by one worker with `-c 1` and a multiplier of 1.

## Example

```text title="requirements.txt"
celery==5.6.3
```

```python title="shop.py"
from celery import Celery

app = Celery("shop")


@app.task
def remind(number):
    remind.apply_async((number,), countdown=86400)
```

## Fix

```python title="shop.py"
from celery import Celery

app = Celery("shop")
app.conf.worker_eta_task_limit = 1000


@app.task
def remind(number):
    remind.apply_async((number,), countdown=86400)
```

## When to suppress

When the number of tasks that wait is known to be small.

## Evidence

`celery/worker/consumer/consumer.py` and `kombu/common.py` (`QoS`) of 5.6.3; workers of 5.7.0 that were weighed.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.celery.versions import holds
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import App, Project
from flake8_celery_oom.core.value import Known, Unset
from flake8_celery_oom.core.wishes import Advise
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.wording import named

RULE = Rule(
    code="CO402",
    name="eta-unbounded",
    severity="info",
    on=False,
    summary="Tasks with eta or countdown and no worker_eta_task_limit: all that wait are held in memory",
)

LIMIT = "worker_eta_task_limit"
SINCE = ">=5.6"


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Apps whose tasks wait without limit, each once."""
    for app in [app for part in project.parts if "eta" in part.uses for app in part.apps]:
        if holds(app.version, SINCE) is True and not _is_bounded(app):
            message = (
                f"workers of app `{app.name}` hold every task that waits (eta, countdown); set {named(app, LIMIT)}"
            )
            yield RULE.finding(app.configured_at, message, wish=Advise(f"choose a number for {named(app, LIMIT)}"))


def _is_bounded(app: App) -> bool:
    limit = app.settings.get(LIMIT, Unset())
    return not isinstance(limit, Unset) and not (isinstance(limit, Known) and limit.value is None)
