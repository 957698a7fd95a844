"""A setting has a name that Celery never reads in this configuration, so it has no effect.

## What it finds

Names of settings that are dead as the app is configured. With `namespace="CELERY"`:

- `CELERYD_CONCURRENCY`, `CELERYD_MAX_TASKS_PER_CHILD`: old names, which no namespace knows before Celery 5.7;
- `CELERY_CONCURRENCY`, `CELERY_MAX_TASKS_PER_CHILD`, `WORKER_CONCURRENCY`: the prefix or `WORKER` is missing.

Without a namespace: `CELERY_WORKER_CONCURRENCY`, `WORKER_CONCURRENCY`. In the settings of Django: small letters. In
`app.conf`: `max_memory_per_child`, `worker_max_mem_per_child`, and `worker_autoscale`, for which there is no setting at
all. In `Celery(...)` before 5.1: `worker_concurrency=4`.

Only settings that decide about processes, their memory and lost tasks are looked at, and only where nothing else sets
the same, and no code of the project reads the name for itself. This rule replaces CO101, CO201 and CO202 for the
workers whose bound is dead.

## Why it matters

Celery takes names that it does not know without a word. The limit looks set, reviewers read it, and the worker runs
with one child for every CPU of the host, and replaces none of them.

## Example

```python title="shop.py"
from celery import Celery

app = Celery("shop")
app.config_from_object("settings", namespace="CELERY")
```

```python title="settings.py"
CELERY_MAX_TASKS_PER_CHILD = 100
```

```text title="Procfile"
worker: celery -A shop worker -c 2
```

## Fix

```python title="settings.py"
CELERY_WORKER_MAX_TASKS_PER_CHILD = 100
```

## When to suppress

When a program outside of this project reads the name.

## Evidence

`celery/app/utils.py` (`detect_settings`) and `celery/utils/collections.py` (`ConfigurationView`) of Celery 4.0.2 to
5.7.0, and apps that were configured with each spelling.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.celery.versions import shown
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import DeadSetting, Project
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.core.wishes import Respell
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.explained import dead_settings

RULE = Rule(
    code="CO206",
    name="setting-never-reaches-celery",
    severity="warning",
    on=True,
    summary="A setting under a name that Celery never reads here: `CELERYD_*` in a namespace, a missing `WORKER_`",
)

BECOMES = {
    "task_time_limit": "a task would be killed after {!r} seconds, which never happened until now",
    "task_soft_time_limit": "a task would be interrupted after {!r} seconds, which never happened until now",
    "worker_max_tasks_per_child": "a process would be replaced after {!r} tasks, which never happened until now",
    "worker_max_memory_per_child": "a process would be replaced above {!r} KiB, which never happened until now",
}
"""What happens when a setting takes effect that never did."""


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Dead names, each once."""
    for dead, app in dead_settings(project):
        name = f"Celery never reads `{dead.name}`"
        if is_autoscale(dead):
            message = f"{name}: no setting switches autoscaling on; use the option --autoscale"
            yield RULE.finding(dead.at, message, details=[shown(app.version)])
            continue
        renamed = ((dead.at, dead.name, dead.right or ""),)
        wish = Respell(renamed, "unsafe", doubt=_becomes(dead)) if dead.right else None
        yield RULE.finding(dead.at, f"{name}{_why(dead)}", wish=wish, details=[shown(app.version)])


def is_autoscale(dead: DeadSetting) -> bool:
    """Whether the name is that of the option ``--autoscale``, which has no setting."""
    return dead.name.lower().endswith("autoscale")


def _becomes(dead: DeadSetting) -> str:
    """What the app gets that it never had, once the name is right."""
    match dead.value:
        case Known(str() | int() | float() | None as value):
            return BECOMES.get(dead.setting, f"{dead.setting} = {{!r}} would become active").format(value)
        case _:
            return f"{dead.setting} would become active"


def _why(dead: DeadSetting) -> str:
    right = f"write `{dead.right}`"
    match dead.reason:
        case "namespace" if not dead.name.startswith(dead.namespace):
            return f": names begin with {dead.namespace} here; {right}"
        case "old-name-in-namespace":
            return f" in a namespace before 5.7; {right}"
        case "no-namespace":
            return f" without a namespace; {right}"
        case "lower-case":
            return f": Django hands on names in capitals only; {right}"
        case "keyword":
            return f" as an argument of Celery() before 5.1; set app.conf.{dead.setting}"
        case _:
            return f": there is no such setting; {right}"
