"""Flower keeps 100,000 tasks in memory, with their arguments and results, unless it is told to keep fewer.

## What it finds

A command that starts Flower 2 without `--max-tasks` and without `FLOWER_MAX_TASKS` in its environment; the image
`mher/flower`, too. Off by default. Nothing is said where a `flowerconfig.py` or an env file that is not here may set
it. Flower 1 keeps 10,000.

## Why it matters

Flower is no worker, but it often stands beside one on the same machine and is killed by the same limits. It keeps what
the events of a task say, arguments and result included, and forgets a task only when 100,000 newer ones have come.

Below Celery 5.7 the option alone does not bound it: the ids of past tasks are kept beside it without limit (#10534).

## Example

```yaml title="compose.yml"
services:
  flower:
    image: mher/flower:2.0
    command: celery --broker=redis://queue flower
```

## Fix

```yaml title="compose.yml"
services:
  flower:
    image: mher/flower:2.0
    command: celery --broker=redis://queue flower --max-tasks=10000
```

## When to suppress

When Flower has a memory limit of its own and may be restarted.

## Evidence

`flower/options.py` of 1.2.0 (10000) and 2.0.1 (100000); `flower/command.py`: `FLOWER_` variables. The fix of issue
10534 in `celery/events/state.py` (5.7.0): `_tasks_to_resolve` got a limit.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis.margin import NOBODY_CHOSE
from flake8_celery_oom.celery.versions import holds
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import Flower, Project
from flake8_celery_oom.core.value import Unset
from flake8_celery_oom.core.wishes import AddArgument, Advise, Wish
from flake8_celery_oom.rules import Rule

RULE = Rule(
    code="CO406",
    name="flower-unbounded",
    severity="info",
    on=False,
    summary="Flower 2 without --max-tasks keeps 100,000 tasks in memory",
)

BOUNDS_SINCE = ">=5.7.0"


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Commands that start Flower 2 without a bound."""
    for flower in project.flowers:
        if isinstance(flower.max_tasks, Unset) and flower.release.partition(".")[0] == "2":
            more = " and go to Celery 5.7" if holds(flower.celery, BOUNDS_SINCE) is False else ""
            message = f"Flower keeps up to 100,000 tasks in memory; set --max-tasks=10000{more}"
            yield RULE.finding(flower.at, message, wish=_wish(flower))


def _wish(flower: Flower) -> Wish:
    """One more option behind ``flower``; an image that is run without a command has no place for it."""
    if flower.program is None:
        return Advise("add --max-tasks=10000")
    return AddArgument(flower.program, "--max-tasks=10000", "unsafe", NOBODY_CHOSE)
