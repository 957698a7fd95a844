"""A worker's concurrency is set, but to the number of CPUs of the host.

## What it finds

A prefork worker whose winning value is the CPU count:

- `-c $(nproc)`, `-c "$(getconf _NPROCESSORS_ONLN)"` and whatever is computed from them;
- `worker_concurrency = os.cpu_count()` or `multiprocessing.cpu_count()`, also multiplied or added to;
- `0`: `worker_concurrency = 0` means the CPU count in every version. `-c 0` and `-c ${C:-0}` mean it in Celery 4; from
  5.0 on they fall back to the setting first, and mean the CPU count when that is not set;
- `-c auto` and `worker_concurrency = "auto"` before Celery 5.7, which has no such value: the worker does not start.

The same holds of a concurrency or a max-memory-per-child that is made of the memory of the host:
`psutil.virtual_memory()`, `/proc/meminfo`, `free`. `min(200000, ...)` is fine.

`-c auto` with Celery 5.7 or later is fine: it follows the CPU quota of the container.

This rule replaces CO101 for the workers it explains. It is reported at the value, once for all workers that take it.

## Why it matters

`nproc`, `os.cpu_count()` and Celery's own default know nothing of a container's CPU quota (`nproc` at least respects
a cpuset); nor does `/proc/meminfo`, from which `free` and psutil read, know of its memory limit. A child of Celery
5.7.0 on Python 3.13 adds 22 MiB when idle, 33 MiB with Django: 64 CPUs make 64 children and, with Django, more than
2 GiB before the first task.

## Example

```sh title="start.sh"
exec celery -A shop worker --concurrency="$(nproc)"
```

## Fix

```sh title="start.sh"
exec celery -A shop worker --concurrency=4
```

A number that the environment may change is fine too: `--concurrency="${CELERY_CONCURRENCY:-4}"`.

## When to suppress

When the worker owns the machine, or the memory limit grows with the CPUs.

## Evidence

`celery/worker/worker.py` (5.7.0): `if not self.concurrency: self.concurrency = cpu_count()`. Run with 4.4.7 and 5.7.0
under a CPU quota and with `taskset`: the default stays the CPU count of the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from flake8_celery_oom.analysis.readings import forks, host_cpus, host_memory, lone_apps, place_of
from flake8_celery_oom.celery.values import AUTO_SINCE, is_auto
from flake8_celery_oom.celery.versions import shown
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import HostCpus, Project, Worker
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.numbers import concurrency, concurrency_of
from flake8_celery_oom.rules.places import Place, each, value_places
from flake8_celery_oom.rules.wishes import replaced, replaced_in
from flake8_celery_oom.rules.wording import unless

RULE = Rule(
    code="CO102",
    name="concurrency-follows-host-cpus",
    severity="warning",
    on=True,
    summary="The concurrency is set to the CPU count of the host: `$(nproc)`, `os.cpu_count()`, `0`",
)

_COMPUTES = re.compile(r"[*+]|\)\s*[-/]|\s[-/]\s")
"""Something is made of the number of CPUs: ``$(($(nproc) * 2))``, ``cpu_count() - 1``."""


def check(project: Project, config: Config) -> Iterator[Finding]:
    """Values that make the concurrency of a worker the CPU count, and of an app without a worker."""
    for place in value_places(project.workers, _cpus_at):
        worker = place.workers[0]
        cpus = host_cpus(worker.concurrency)
        default = unless(worker.concurrency, worker.pool)
        message = f"{place.subject} {_happens(place, cpus)}{default}; set a number"
        wish = replaced(place.workers, place.at, concurrency_of(config, place.workers, project))
        yield RULE.finding(place.at, message, place.related, wish, [shown(worker.version)])
    yield from _of_memory(project)
    for app in lone_apps(project):
        match app.settings.get("worker_concurrency"):
            case Known(HostCpus() as cpus, at):
                message = f"a worker of app `{app.name}` starts {_processes(cpus)}; set a number"
                change = replaced_in(app, at, concurrency(config))
                yield RULE.finding(at or app.configured_at, message, wish=change)
            case _:
                pass


def _of_memory(project: Project) -> Iterator[Finding]:
    """Bounds that are made of the memory of the machine, which knows nothing of the limit of a container."""
    for name in ("concurrency", "max_memory_per_child"):

        def made_of_memory(worker: Worker, name: str = name) -> Location | None:
            value = getattr(worker, name)
            follows = host_memory(value) and forks(worker.pool) is True
            return (place_of(value) or worker.command_at) if follows else None

        for place in value_places(project.workers, made_of_memory):
            written = host_memory(getattr(place.workers[0], name))
            follows = f"{name.replace('_', '-')} follows the memory of the host, not the limit of the container"
            default = ", unless the environment sets it" if written.startswith("${") else ""
            message = f"{place.subject}: {follows}{default}; set a number"
            yield RULE.finding(place.at, message, place.related, details=[f"written as {written}"])


def _happens(place: Place, cpus: HostCpus | None) -> str:
    if cpus is not None and is_auto(cpus.source):
        stays_down = each(place, "does not start", "do not start")
        return f"{stays_down}, the concurrency `{cpus.source}` came with Celery {AUTO_SINCE}"
    starts = each(place, "starts", "start")
    return f"{starts} {_processes(cpus)}"


def _cpus_at(worker: Worker) -> Location | None:
    if host_cpus(worker.concurrency) is None or forks(worker.pool) is not True:
        return None
    return place_of(worker.concurrency) or worker.command_at


def _processes(cpus: HostCpus | None) -> str:
    """How many there are, with what was written in brackets, where that is known."""
    if cpus is None or not cpus.source:
        return "one process per CPU of the host"
    computed = _COMPUTES.search(cpus.source) is not None
    many = "processes by the CPU count of the host" if computed else "one process per CPU of the host"
    return f"{many} (`{cpus.source}`)"
