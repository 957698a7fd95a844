"""A worker starts one child process for every CPU of the host, because nothing says how many it may have.

## What it finds

A prefork worker with no `-c`/`--concurrency`, no `--autoscale`, no `CELERY_WORKER_CONCURRENCY` in its environment
(read by Celery 5.0 and later) and no `worker_concurrency` (`CELERYD_CONCURRENCY` in Celery 3) in the settings that
reach its app.

A project that has an app and starts no worker is told at the app's configuration, once.

## Why it matters

Celery then takes `os.cpu_count()`: the CPUs of the **host**. A container's CPU quota does not change the number, nor
does a cpuset (run with Celery 4.4.7 and 5.7.0: a quota of half a CPU on two CPUs still makes two children). The same
image that is fine on a laptop is killed on a server with 32 CPUs.

Measured with Celery 5.7.0 on Python 3.13, idle, before the first task:

| children | bare app | with Django |
|---|---|---|
| 4 | 117 MiB | 165 MiB |
| 16 | 385 MiB | 559 MiB |

16 children that each need 60 MiB for a task, in a container of 512 MiB, lost 37 to 45 of 64 tasks to the OOM killer in
every run; 2 children lost none.

## Example

```yaml title="compose.yml"
services:
  worker:
    image: shop
    command: celery -A shop worker -l info
```

## Fix

```yaml title="compose.yml"
services:
  worker:
    image: shop
    command: celery -A shop worker -l info --concurrency=2
```

Or set `worker_concurrency` in the settings, or `CELERY_WORKER_CONCURRENCY` in the environment (Celery 5.0 and later).
Celery 5.7 and later also have `--concurrency=auto`, which follows the CPU quota of the container.

## When to suppress

When every machine that runs the command is known and small: `# celery-oom: ignore[CO101] runs on 2-CPU hosts only`.

## Evidence

`celery/worker/worker.py` (5.7.0) and `celery/apps/worker.py` (3.1): a concurrency that is not set becomes
`cpu_count()`; `billiard/context.py`: that is `os.cpu_count()`. `celery/bin/celery.py` (5.0 and later):
`auto_envvar_prefix="CELERY"`.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis.loads import MOST_CPUS, loads_of, most_cpus
from flake8_celery_oom.analysis.readings import forks, lone_apps
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.value import Known, Unset
from flake8_celery_oom.quantity import human_bytes
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.explained import Explained
from flake8_celery_oom.rules.grouping import cause_of
from flake8_celery_oom.rules.lacking import Lacking
from flake8_celery_oom.rules.numbers import concurrency, concurrency_of
from flake8_celery_oom.rules.places import each, places
from flake8_celery_oom.rules.wishes import set_at, set_in, spot
from flake8_celery_oom.rules.wording import NO_WORKER, named, nowhere, option_of, unless

RULE = Rule(
    code="CO101",
    name="concurrency-unset",
    severity="warning",
    on=True,
    summary="A worker starts one child process per CPU of the host: nothing bounds its concurrency",
)


def check(project: Project, config: Config) -> Iterator[Finding]:
    """Workers, and apps without a worker, whose concurrency nobody sets."""
    explained = Explained(project, config)

    def lacks(worker: Worker) -> bool:
        return _unbounded(worker) and not explained(worker, "concurrency")

    unbounded = Lacking(project, "concurrency", lacks)
    for place in places(project.workers, unbounded):
        worker = place.workers[0]
        looked = nowhere(worker, worker.concurrency, ("-c", "--autoscale"), "worker_concurrency")
        starts = f"{each(place, 'starts', 'start')} one process per CPU of the host"
        message = f"{place.subject} {starts}{_too_many(worker, project)}{unless(worker.pool)}; {_remedy(worker)}"
        number = concurrency_of(config, place.workers, project)
        wish = set_at(spot(place, config, unbounded), number)
        cause = cause_of(place, "start one process per CPU of the host", number, "concurrency", unbounded)
        yield RULE.finding(place.at, message, place.related, wish, [looked], cause)
    for app in lone_apps(project):
        unset = isinstance(app.settings.get("worker_concurrency", Unset()), Unset)
        if unset and not explained(app, "concurrency"):
            starts = f"app `{app.name}`: its workers start one process per CPU of the host"
            message = f"{starts}; set {named(app, 'worker_concurrency')}"
            wish = set_in(app, concurrency(config))
            yield RULE.finding(app.configured_at, message, wish=wish, details=[NO_WORKER])


def _unbounded(worker: Worker) -> bool:
    return isinstance(worker.concurrency, Unset) and forks(worker.pool) is True


def _remedy(worker: Worker) -> str:
    """What to set; where an image that is not here may read a variable, that Celery itself does not."""
    dead = [one.name for one in worker.variables if one.option == "concurrency" and one.reader == "nothing"]
    aside = f" (Celery does not read {dead[0]})" if dead and worker.app is None else ""
    return f"set {option_of(worker, 'concurrency')}{aside}"


def _too_many(worker: Worker, project: Project) -> str:
    """How many CPUs are too many for the container, before any task; empty where that is no help.

    Without the weights of the apps it is an upper bound: what an app itself adds is not counted.
    """
    group = loads_of([worker], project)[0]
    count = most_cpus(group) if isinstance(worker.memory_limit, Known) else None
    if count is None or count > MOST_CPUS or group.limit is None:
        return ""
    together = " with those beside it" if len(group.workers) > 1 else ""
    bound = "" if group.is_weighed else " at the least"
    return f",{together} over {human_bytes(group.limit)} on more than {count} CPUs{bound}"
