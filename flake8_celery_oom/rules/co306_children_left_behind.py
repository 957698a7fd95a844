"""supervisord stops only the main process of a worker, and its child processes stay behind with their memory.

## What it finds

A program of supervisord that runs a prefork worker of Celery below 5.2 and has neither `stopasgroup=true` nor
`killasgroup=true`. Off by default.

## Why it matters

When the main process is killed, by supervisord after `stopwaitsecs` or by the kernel, nobody tells its children. They
stay, each with all that it holds, and the new worker starts beside them. From Celery 5.2 on the children of a main
process that is gone are ended by the kernel.

## Example

```text title="requirements.txt"
celery==4.4.7
```

```ini title="supervisord.conf"
[program:worker]
command=celery -A shop worker -c 4
```

## Fix

```ini title="supervisord.conf"
[program:worker]
command=celery -A shop worker -c 4
stopasgroup=true
killasgroup=true
```

## When to suppress

When the program's command stops its children itself.

## Evidence

`celery/concurrency/prefork.py` (`process_initializer`) sets `PR_SET_PDEATHSIG` from 5.2 on; the documentation of
supervisord about both options.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis.container_groups import stopped_as_group
from flake8_celery_oom.analysis.readings import forks
from flake8_celery_oom.celery.versions import holds
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.wishes import Advise
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.places import Place, by_command, callers_related, each

RULE = Rule(
    code="CO306",
    name="children-left-behind",
    severity="info",
    on=False,
    summary="supervisord without stopasgroup or killasgroup: children of a killed worker stay (Celery below 5.2)",
)


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Programs that are stopped without their children."""
    for group in by_command(project.workers).values():
        for worker in group:
            if _leaves_children(worker, project):
                place = Place(worker.at, (worker,), callers_related([worker], worker.at))
                leaves = each(place, "leaves", "leave")
                message = f"{place.subject} {leaves} its child processes behind when it is killed; set killasgroup=true"
                yield RULE.finding(place.at, message, place.related, Advise("set stopasgroup and killasgroup to true"))


def _leaves_children(worker: Worker, project: Project) -> bool:
    if worker.kind != "supervisor" or forks(worker.pool) is not True or holds(worker.version, "<5.2") is not True:
        return False
    return stopped_as_group(worker, project) is False
