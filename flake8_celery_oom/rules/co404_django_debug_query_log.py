"""Django keeps the text of every database query that a worker sends, because DEBUG is on.

## What it finds

`DEBUG` in the settings of Django that the app of a worker reads (`config_from_object("django.conf:settings")`): `True`,
or a text that is never empty, as of `os.getenv("DEBUG", "False")`, which is true whatever it says. A value that only
the environment decides is left alone. Off by default: settings for development have DEBUG on.

## Why it matters

With DEBUG on every connection keeps its last 9,000 queries with their parameters. Django empties the list when a
request comes; in a worker none comes. So each child holds up to 9,000 queries for each connection, and one large
`INSERT` of a task stays until 9,000 others have followed.

## Example

```python title="shop/celery.py"
import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
```

```python title="shop/settings.py"
import os

DEBUG = os.getenv("DEBUG", "False")
```

```text title="Procfile"
worker: celery -A shop worker -c 2
```

## Fix

```python title="shop/settings.py"
import os

DEBUG = os.getenv("DEBUG", "False") == "True"
```

## When to suppress

In settings that are for development only: `# celery-oom: ignore[CO404]`.

## Evidence

`django/db/backends/base/base.py` (5.2): `queries_limit = 9000`, `queries_logged`; `django/db/__init__.py`:
`reset_queries` at `request_started`. Celery 4.4.7 and 5.2.7 warn of it when such a worker starts
(`celery/fixups/django.py`), 5.5.3 no longer does.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Project
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.core.wishes import Advise
from flake8_celery_oom.rules import Rule

RULE = Rule(
    code="CO404",
    name="django-debug-query-log",
    severity="info",
    on=False,
    summary="DEBUG is on in the settings of Django that a worker reads: every child keeps up to 9,000 queries",
)


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Settings with DEBUG that workers read, each once."""
    seen: set[Location] = set()
    for app in (worker.app for worker in project.workers if worker.app is not None):
        match app.debug:
            case Known(value, at) if value and at is not None and at not in seen:
                seen.add(at)
                is_text = f" (the text {value!r} is true)" if isinstance(value, str) else ""
                message = f"DEBUG is on{is_text}: each child keeps up to 9,000 queries a connection"
                yield RULE.finding(at, message, wish=Advise("set DEBUG to False, and compare a text with one"))
