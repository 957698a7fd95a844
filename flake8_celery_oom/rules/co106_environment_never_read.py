"""A variable that looks like a bound is set for a worker, and nothing reads it.

## What it finds

`CELERYD_CONCURRENCY`, `CELERY_CONCURRENCY`, `CELERYD_MAX_TASKS_PER_CHILD`, `CELERY_MAX_MEMORY_PER_CHILD` and their like
in the environment of a worker, when

- Celery does not read the variable: it knows `CELERY_WORKER_CONCURRENCY` and its like only, only from 5.0 on, and only
  for the program `celery` (not for `app.worker_main()`);
- no Python code, script, compose file or template of the project reads it either.

It does not matter whether the bound is set elsewhere: a variable that does nothing is believed by the next reader.

Only for workers whose app is in the project: an image that is not may read what it likes. This rule replaces CO101,
CO201 and CO202 for the bound that the variable is named after.

## Why it matters

The number looks as if it were in force. The worker runs with another one, mostly one child for every CPU of the host.
Settings named `CELERYD_CONCURRENCY` are easily taken for variables: what the settings read may be called otherwise, and
then the message names it.

## Example

```python title="shop.py"
from celery import Celery

app = Celery("shop")
app.conf.worker_max_memory_per_child = 200_000
```

```yaml title="compose.yml"
services:
  worker:
    image: shop
    command: celery -A shop worker
    environment:
      CELERYD_CONCURRENCY: 2
```

## Fix

```text title="requirements.txt"
celery==5.4.0
```

```yaml title="compose.yml"
services:
  worker:
    image: shop
    command: celery -A shop worker
    environment:
      CELERY_WORKER_CONCURRENCY: 2
```

## When to suppress

When something that is not in the project reads the variable, such as a base image's entrypoint.

## Evidence

`celery/bin/celery.py` (5.0 and later): `auto_envvar_prefix="CELERY"`. Workers of Celery 3.1, 4.4, 5.0 and 5.7 were
started with these variables: `CELERYD_CONCURRENCY` and `CELERY_CONCURRENCY` changed none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flake8_celery_oom.analysis.readings import command_of
from flake8_celery_oom.celery.environment import PREFIX, certain_variable_name
from flake8_celery_oom.celery.versions import holds, shown
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import BoundVariable, Project, Worker
from flake8_celery_oom.core.wishes import Respell, Wish
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.explained import unread_variables
from flake8_celery_oom.rules.places import Place, by_command, callers_related, each
from flake8_celery_oom.rules.wording import variable_behind

RULE = Rule(
    code="CO106",
    name="environment-never-read",
    severity="warning",
    on=True,
    summary="A variable that looks like a bound is set for a worker, and neither Celery nor the project reads it",
)


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Variables that nothing reads, each once."""
    found: dict[BoundVariable, list[Worker]] = {}
    for group in by_command(project.workers).values():
        for worker in group:
            for variable in unread_variables(worker):
                found.setdefault(variable, []).append(worker)
    for variable, workers in found.items():
        place = Place(variable.at, tuple(workers), callers_related(workers, variable.at))
        right = _right_name(variable, workers[0])
        gets = f"{place.subject} {each(place, 'gets', 'get')} {variable.name}, which nothing reads"
        message = f"{gets}; {_who_reads(variable, workers[0], right)}"
        yield RULE.finding(variable.at, message, place.related, _wish(variable, workers, right))


def _wish(variable: BoundVariable, workers: Sequence[Worker], right: str | None) -> Wish | None:
    """Rename the variable where it is set; None where nothing would read it, or a worker has the right one as well."""
    if right is None or any(right != _right_name(variable, worker) for worker in workers):
        return None
    if any(other.name == right for worker in workers for other in worker.variables):
        return None
    return Respell(((variable.at, variable.name, right),), "unsafe", everywhere=False)


def _right_name(variable: BoundVariable, worker: Worker) -> str | None:
    """The variable that the settings read for this bound, or that Celery reads; None when neither does."""
    return _name_in_settings(variable, worker) or _name_of_celery(variable, worker)


def _name_in_settings(variable: BoundVariable, worker: Worker) -> str | None:
    found = variable_behind(worker.app.settings.get(f"worker_{variable.option}")) if worker.app else None
    return found if found != variable.name else None


def _name_of_celery(variable: BoundVariable, worker: Worker) -> str | None:
    command = command_of(worker)
    return certain_variable_name(variable.option, command.entry, worker.version) if command is not None else None


def _who_reads(variable: BoundVariable, worker: Worker, right: str | None) -> str:
    option = f"--{variable.option.replace('_', '-')}"
    if right is not None and right == _name_in_settings(variable, worker):
        return f"the settings read {right}"
    if right is not None:
        return f"{shown(worker.version)} reads {right}"
    if not variable.name.startswith(PREFIX):
        return f"use {option}"
    if holds(worker.version, "<5.0"):
        return f"{shown(worker.version)} is too old for it, use {option}"
    return f"only the program celery would, use {option}"
