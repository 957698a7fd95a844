"""Nothing ends a process of a worker that has grown: what a task once took stays until the worker ends.

## What it finds

A prefork worker of Celery 4 or later with no `--max-memory-per-child`, no `CELERY_WORKER_MAX_MEMORY_PER_CHILD` in its
environment (Celery 5.0 and later) and no `worker_max_memory_per_child` in the settings that reach its app; or with one
of them set to 0, which switches the limit off.

A project that has an app and starts no worker is told at the app's configuration, once. Celery 3 has no such limit:
there, CO202 asks for `max-tasks-per-child`. Pools other than prefork cannot replace anything: see CO205.

With `max-tasks-per-child` of 10 or less it is silent: a child does not live long enough. With a larger number the
message says after how many tasks a child is replaced; until then nothing bounds what one task may take.

Three or more workers of an app that sets nothing are one finding, at the app's configuration, with the number of
places; `--all-places` lists every one.

## Why it matters

Python seldom gives memory back. A child that needed 800 MiB for one report keeps it while it sends mails, and a leak in
a task or a C extension grows without end. Measured with 200 tasks that leak, two children and a limit of 400 MiB
(Celery 4.4.7 and 5.7.0): without recycling the OOM killer came in every run; with `--max-memory-per-child 120000` in
none, and the container stayed at 230 MiB.

The number is in **KiB** and is compared with the child's *peak* after each task: it bounds what stays, not what one
task takes. `--max-tasks-per-child` bounds a leak too, but not one big task.

## Example

```yaml title="compose.yml"
services:
  worker:
    image: shop
    command: celery -A shop worker --concurrency=2
```

## Fix

```yaml title="compose.yml"
services:
  worker:
    image: shop
    command: celery -A shop worker --concurrency=2 --max-memory-per-child=200000
```

A number that fits: (memory limit - 70 MiB for the main process) / concurrency, less what one task adds. 200000
(195 MiB) is what most projects choose.

## When to suppress

When the worker is stopped from outside before it can grow, or runs one kind of task that is known to be flat.

## Evidence

`billiard/pool.py` and `billiard/compat.py`: after a task, `getrusage(RUSAGE_SELF).ru_maxrss` is compared with the
limit. Real workers under a real memory limit: 3 runs of each case.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis.loads import enclosure
from flake8_celery_oom.analysis.readings import forks, lone_apps, no_memory_limit, place_of
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.value import Unknown, Unset, or_default
from flake8_celery_oom.quantity import human_bytes
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.explained import Explained
from flake8_celery_oom.rules.grouping import cause_of
from flake8_celery_oom.rules.lacking import Lacking
from flake8_celery_oom.rules.numbers import max_memory
from flake8_celery_oom.rules.places import Place, each, places, value_places
from flake8_celery_oom.rules.wishes import replaced, set_at, set_in, spot
from flake8_celery_oom.rules.wording import NO_WORKER, named, nowhere, option_of, unless

RULE = Rule(
    code="CO201",
    name="max-memory-unset",
    severity="warning",
    on=True,
    summary="No max-memory-per-child: the processes of a worker may grow until the container is killed",
)


GROWS = "may grow without limit"
OPTION = "--max-memory-per-child"
FEW_TASKS = 10
"""Up to so many tasks a child has no time to grow: another limit would add nothing."""


def check(project: Project, config: Config) -> Iterator[Finding]:
    """Workers, and apps without a worker, with no limit on the memory of a child; then limits of 0."""
    explained = Explained(project, config)

    def lacks(worker: Worker) -> bool:
        return _unlimited(worker) and not explained(worker, "max_memory_per_child")

    unlimited = Lacking(project, "max_memory_per_child", lacks)
    for place in places(project.workers, unlimited):
        worker = place.workers[0]
        remedy = f"set {option_of(worker, 'max_memory_per_child')} (KiB)"
        message = f"{place.subject}{_grows(place)}{unless(worker.pool, worker.max_tasks_per_child)}; {remedy}"
        where = spot(place, config, unlimited)
        number = max_memory(config, where.workers, project)
        wish = set_at(where, number)
        cause = cause_of(place, GROWS, number, "max_memory_per_child", unlimited)
        looked = nowhere(worker, worker.max_memory_per_child, (OPTION,), "worker_max_memory_per_child")
        yield RULE.finding(place.at, message, place.related, wish, [looked], cause)
    for place in value_places(project.workers, _zero_at):
        default = unless(place.workers[0].max_memory_per_child)
        message = f"{place.subject}{_grows(place)}{default}; max-memory-per-child 0 is no limit"
        wish = replaced(place.workers, place.at, max_memory(config, place.workers, project))
        yield RULE.finding(place.at, message, place.related, wish)
    for app in lone_apps(project):
        limit = app.settings.get("worker_max_memory_per_child", Unset())
        if isinstance(limit, Unset) and not no_memory_limit(app.version) and not explained(app, "max_memory_per_child"):
            grows = f"app `{app.name}`: its workers may grow until the machine is out of memory"
            message = f"{grows}; set {named(app, 'worker_max_memory_per_child')} (KiB)"
            yield RULE.finding(
                app.configured_at, message, wish=set_in(app, max_memory(config, (), project)), details=[NO_WORKER]
            )


def _unlimited(worker: Worker) -> bool:
    return isinstance(worker.max_memory_per_child, Unset) and _concerned(worker)


def _zero_at(worker: Worker) -> Location | None:
    if or_default(worker.max_memory_per_child) == 0 and _concerned(worker):
        return place_of(worker.max_memory_per_child) or worker.command_at
    return None


def _concerned(worker: Worker) -> bool:
    if worker.entry == "airflow":
        return False  # its command line has no such option; what Airflow hands to Celery is Airflow's matter
    tasks = or_default(worker.max_tasks_per_child)
    soon = tasks is not None and 0 < tasks <= FEW_TASKS
    return forks(worker.pool) is True and not no_memory_limit(worker.version) and not soon


def _grows(place: Place) -> str:
    """What happens, with the number of tasks or the limit where one is known."""
    worker = place.workers[0]
    tasks, limit = or_default(worker.max_tasks_per_child), or_default(worker.memory_limit)
    if tasks:
        return f"{each(place, ' lets', ' let')} each process grow without limit for {tasks} tasks"
    if isinstance(worker.max_tasks_per_child, Unknown):
        return f"{each(place, ' lets', ' let')} each process grow without limit until max-tasks-per-child replaces it"
    where = f"the {enclosure(worker)} is killed at {human_bytes(limit)}" if limit else "the machine is out of memory"
    return f" may grow until {where}"
