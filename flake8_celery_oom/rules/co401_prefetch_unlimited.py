"""A worker takes every message of its queues into its memory, because the prefetch multiplier is 0.

## What it finds

`worker_prefetch_multiplier = 0` in the settings, or `--prefetch-multiplier=0` with Celery 4, where the option counts;
Celery 5 ignores a 0 on the command line.

## Why it matters

0 is no small number here, it means without limit. The main process holds each message, about 9 KB and its arguments,
until it is done. Run with Celery 5.7.0 and Redis: with 40 tasks in the queue, 39 stood in the memory of one worker; a
queue of a million does too.

## Example

```python title="shop.py"
from celery import Celery

app = Celery("shop")
app.conf.worker_prefetch_multiplier = 0
```

```text title="Procfile"
worker: celery -A shop worker -c 2
```

## Fix

```python title="shop.py"
from celery import Celery

app = Celery("shop")
app.conf.worker_prefetch_multiplier = 1
```

## When to suppress

When the queues are known to be short.

## Evidence

`kombu/common.py` (`QoS.set`) and `celery/worker/consumer/tasks.py`; workers of Celery 4.4.7, 5.6.3 and 5.7.0.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis.margin import NOBODY_CHOSE
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.value import Unset, or_default
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.places import each, value_places
from flake8_celery_oom.rules.wishes import Number, replaced
from flake8_celery_oom.rules.wording import unless

RULE = Rule(
    code="CO401",
    name="prefetch-unlimited",
    severity="warning",
    on=True,
    summary="worker_prefetch_multiplier is 0: a worker takes every message of its queues into its memory",
)


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Values of 0, each once."""
    for place in value_places(project.workers, _zero_at):
        default = unless(place.workers[0].prefetch_multiplier)
        takes = f"{each(place, 'takes', 'take')} all waiting messages into memory{default}"
        message = f"{place.subject} {takes}: prefetch multiplier 0 is no limit; set 1"
        wish = replaced(place.workers, place.at, Number("prefetch_multiplier", 1, "unsafe", NOBODY_CHOSE))
        yield RULE.finding(place.at, message, place.related, wish)


def _zero_at(worker: Worker) -> Location | None:
    value = worker.prefetch_multiplier
    if isinstance(value, Unset) or or_default(value) != 0:
        return None
    return value.at or worker.command_at
