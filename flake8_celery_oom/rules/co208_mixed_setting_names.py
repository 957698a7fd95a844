"""Old and new names of settings stand in one configuration: Celery refuses it, and no worker starts.

## What it finds

A configuration without a namespace that has an old name (`CELERYD_CONCURRENCY`, `BROKER_URL`) and a new one
(`worker_max_tasks_per_child`, `broker_url`), unless each is there in both spellings.

## Why it matters

`ImproperlyConfigured: Cannot mix new and old setting keys` at the first use of the configuration. It often appears when
a new limit is added to an old configuration: the deployment that was to end the memory trouble does not come up.

## Example

```python title="shop.py"
from celery import Celery

app = Celery("shop")
app.config_from_object("settings")
```

```python title="settings.py"
BROKER_URL = "redis://redis/0"
worker_max_memory_per_child = 200_000
```

```text title="Procfile"
worker: celery -A shop worker -c 2
```

## Fix

```python title="settings.py"
broker_url = "redis://redis/0"
worker_max_memory_per_child = 200_000
```

## When to suppress

Hardly ever. When the module is not what the worker is configured with.

## Evidence

`celery/app/utils.py` (`detect_settings`), the same in Celery 4.0.2 to 5.7.0; run with each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flake8_celery_oom.celery.settings import OLD_TO_NEW
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding, Related
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Project
from flake8_celery_oom.core.wishes import Respell
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.explained import every_app

RULE = Rule(
    code="CO208",
    name="mixed-setting-names",
    severity="error",
    on=True,
    summary="Old and new setting names in one configuration, which Celery refuses: no worker starts",
)

NAMES_SHOWN = 1


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Configurations with names of both kinds, each once."""
    seen: set[Location] = set()
    for app in every_app(project):
        if app.mixed is None or app.mixed.old[0][1] in seen:
            continue
        at = app.mixed.old[0][1]
        seen.add(at)
        message = (
            f"no worker of app `{app.name}` starts: Celery refuses old names ({_shown(app.mixed.old)}) beside new ones "
            f"({_shown(app.mixed.new)})"
        )
        related = [Related(place, f"`{name}` is a new name") for name, place in app.mixed.new[:1]]
        spellings = tuple((place, name, OLD_TO_NEW[name]) for name, place in app.mixed.old)
        yield RULE.finding(at, message, related, Respell(spellings, "safe"))


def _shown(names: Sequence[tuple[str, Location]]) -> str:
    shown = ", ".join(f"`{name}`" for name, _ in names[:NAMES_SHOWN])
    more = len(names) - NAMES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
