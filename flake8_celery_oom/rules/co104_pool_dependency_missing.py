"""A worker is told to use gevent or eventlet, and no requirement of its app installs that.

## What it finds

`-P gevent` or `-P eventlet` (option, environment variable or setting) where the requirements of the app name Celery,
but neither the package nor `celery[gevent]`, nor another package with such an extra or known to bring it along.

Where no requirements are found, or none of them names Celery, nothing is said.

## Why it matters

The worker stops at its start with `ModuleNotFoundError`. That is seen soon, when the same image is tested; not when
only production runs with this pool.

## Example

```text title="requirements.txt"
celery==5.4.0
```

```text title="Procfile"
worker: celery -A shop worker -P gevent -c 100
```

## Fix

```text title="requirements.txt"
celery[gevent]==5.4.0
```

## When to suppress

When the package comes with the image, or from requirements that are not in this project.

## Evidence

`celery/concurrency/gevent.py` and `celery/concurrency/eventlet.py` import the packages; `requirements/extras/` of
Celery 4 and 5 has `gevent.txt` and `eventlet.txt`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from flake8_celery_oom.celery.command_line import option_location
from flake8_celery_oom.celery.pools import POOLS
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.core.wishes import AddExtra, Wish
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.places import each, value_places

RULE = Rule(
    code="CO104",
    name="pool-dependency-missing",
    severity="error",
    on=True,
    summary="`-P gevent` or `-P eventlet`, and no requirement of the app installs the package",
)

GREEN = frozenset(pool.name for pool in POOLS.values() if pool.package)
BRING_IT_ALONG = {
    "gevent": frozenset(
        {"gevent-socketio", "gevent-websocket", "geventhttpclient", "grequests", "locust", "locustio", "zerorpc"}
    ),
    "eventlet": frozenset({"oslo-service", "nameko"}),
}


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Pools whose package is not installed, each place once."""
    for place in value_places(project.workers, _missing_at):
        worker = place.workers[0]
        if isinstance(worker.pool, Known) and not _is_asked_for(worker.pool.value, worker, project):
            pool, does = worker.pool.value, each(place, "does not start", "do not start")
            message = f"{place.subject} {does}: no requirement asks for {pool}; require celery[{pool}]"
            yield RULE.finding(place.at, message, place.related, _wish(worker, pool, project))


def _missing_at(worker: Worker) -> Location | None:
    match worker.pool:
        case Known(str() as pool, at, origin) if pool in GREEN and "celery" in worker.packages:
            if any(_brings(package, pool) for package in worker.packages):
                return None
            return option_location(worker.words, at) if at and origin == "cli" else at or worker.command_at
    return None


def _is_asked_for(pool: str, worker: Worker, project: Project) -> bool:
    """Whether any requirement of the project brings the package: what is installed where, files do not always say.

    They do of two files in separate folders that each ask for Celery, and that Dockerfiles install: those are two apps.
    """
    own = worker.version.at.path if worker.version.at is not None else ""
    apart = {one.at.path for one in project.requirements if one.name == "celery" and _apart(one.at.path, own)}
    others = apart & project.installed if own in project.installed else frozenset()
    return any(
        (_brings(one.name, pool) or pool in one.extras) and one.at.path not in others for one in project.requirements
    )


def _apart(path: str, own: str) -> bool:
    """Whether two files lie in folders of which neither is in the other."""
    one, other = posixpath.dirname(path), posixpath.dirname(own)
    return bool(one and other) and not f"{one}/".startswith(f"{other}/") and not f"{other}/".startswith(f"{one}/")


def _brings(package: str, pool: str) -> bool:
    return package == pool or package.endswith(f"[{pool}]") or package in BRING_IT_ALONG[pool]


def _wish(worker: Worker, pool: str, project: Project) -> Wish | None:
    """Ask for the extra where the worker's Celery is asked for."""
    for requirement in project.requirements:
        if requirement.at == worker.version.at and requirement.name == "celery" and not requirement.locked:
            return AddExtra(requirement, pool, "unsafe")
    return None
