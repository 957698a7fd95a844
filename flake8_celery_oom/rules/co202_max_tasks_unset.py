"""Nothing makes a worker of Celery 3 replace its child processes: a leak grows until the worker ends.

## What it finds

A prefork worker of Celery 3 with no `--maxtasksperchild` and no `CELERYD_MAX_TASKS_PER_CHILD` in the settings that
reach its app. From Celery 4.0 on there is a limit on memory, which says what is meant: CO201 asks for that one.

## Why it matters

Celery 3 cannot watch the memory of a child, so a number of tasks is the only bound that it has. Measured with 200 tasks
that leak, two children and a limit of 400 MiB (Celery 4.4.7 and 5.7.0): without recycling the OOM killer came in every
run, with a new child after 20 tasks in none.

## Example

```text title="requirements.txt"
celery==3.1.26.post2
```

```ini title="supervisord.conf"
[program:worker]
command=celery -A shop worker -c 2
```

## Fix

```ini title="supervisord.conf"
[program:worker]
command=celery -A shop worker -c 2 --maxtasksperchild=100
```

100 to 1000 are usual. Numbers below 10 spend more time on starting children than on tasks.

## When to suppress

When the tasks are known not to leak.

## Evidence

`celery/bin/worker.py` (3.1.26): `--maxtasksperchild` is the only spelling, and there is no option for memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis.readings import forks, no_memory_limit
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.value import Unset
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.explained import Explained
from flake8_celery_oom.rules.grouping import cause_of
from flake8_celery_oom.rules.lacking import Lacking
from flake8_celery_oom.rules.numbers import max_tasks
from flake8_celery_oom.rules.places import each, places
from flake8_celery_oom.rules.wishes import set_at, spot
from flake8_celery_oom.rules.wording import nowhere, unless

RULE = Rule(
    code="CO202",
    name="max-tasks-unset",
    severity="warning",
    on=True,
    summary="Celery 3: no max-tasks-per-child, so a child process that leaks is never replaced",
)

NEVER = "never replace their child processes, so leaks add up"


def check(project: Project, config: Config) -> Iterator[Finding]:
    """Workers of Celery 3 whose children live for ever."""
    explained = Explained(project, config)

    def lacks(worker: Worker) -> bool:
        return _endless(worker) and not explained(worker, "max_tasks_per_child")

    endless = Lacking(project, "max_tasks_per_child", lacks)
    for place in places(project.workers, endless):
        worker = place.workers[0]
        options = ("--maxtasksperchild",)
        looked = nowhere(worker, worker.max_tasks_per_child, options, "worker_max_tasks_per_child")
        never = each(place, "never replaces its child processes", "never replace their child processes")
        message = f"{place.subject} {never}, so leaks add up{unless(worker.pool)}; set --maxtasksperchild"
        number = max_tasks(config)
        wish = set_at(spot(place, config, endless), number)
        cause = cause_of(place, NEVER, number, "max_tasks_per_child", endless)
        yield RULE.finding(place.at, message, place.related, wish, [looked], cause)


def _endless(worker: Worker) -> bool:
    return (
        isinstance(worker.max_tasks_per_child, Unset) and forks(worker.pool) is True and no_memory_limit(worker.version)
    )
