"""Results of tasks are kept for ever, and the memory of Redis or the table of the database grows with each task.

## What it finds

`result_expires` that is None or 0, in an app with a result backend that keeps results (Redis, a database, files) and
without `task_ignore_result`. Off by default: it is not the worker that runs out of memory.

## Why it matters

Celery's own default is one day. 0 is not "at once" but "never": a result of 1 KB for each of ten tasks a second is
0.8 GB a day.

## Example

```python title="shop.py"
from celery import Celery

app = Celery("shop", backend="redis://queue/1")
app.conf.result_expires = None
```

## Fix

```python title="shop.py"
from celery import Celery

app = Celery("shop", backend="redis://queue/1")
app.conf.result_expires = 3600
```

## When to suppress

When something else deletes the results.

## Evidence

`celery/backends/base.py` (`prepare_expires`): None and 0 set no time to live.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import App, Project
from flake8_celery_oom.core.value import Known, Unset
from flake8_celery_oom.core.wishes import Advise
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.explained import every_app

RULE = Rule(
    code="CO405",
    name="results-never-expire",
    severity="info",
    on=False,
    summary="result_expires is None or 0: results are kept for ever, and Redis or the database grows",
)

FORGETS = ("rpc", "amqp", "cache", "memory", "disabled")
"""Backends that lose results by themselves."""


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Settings that keep results for ever, each once."""
    seen: set[Location] = set()
    for app in every_app(project):
        expires = app.settings.get("result_expires", Unset())
        if not isinstance(expires, Known) or expires.value not in (None, 0) or not _keeps(app):
            continue
        at = expires.at or app.configured_at
        if at not in seen:
            seen.add(at)
            message = f"results of app `{app.name}` are never deleted: result_expires {expires.value} is no time"
            yield RULE.finding(at, message, wish=Advise("choose a number of seconds for result_expires"))


def _keeps(app: App) -> bool:
    """Whether there is a backend that keeps what it gets."""
    backend, ignored = (app.settings.get(name, Unset()) for name in ("result_backend", "task_ignore_result"))
    if isinstance(ignored, Known) and ignored.value is True:
        return False
    return isinstance(backend, Known) and isinstance(backend.value, str) and not backend.value.startswith(FORGETS)
