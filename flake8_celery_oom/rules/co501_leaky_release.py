"""A release that is known to leak memory is pinned or locked.

## What it finds

An exact pin (`==`) or a lock entry of one of these releases. Ranges are left alone: what they install is not known.

| package | releases | leak | fixed in |
|---|---|---|---|
| celery | 3.1.0 to 3.1.20 | memory of child processes that have exited (issue 2927) | 3.1.21 |
| celery | 4.0.0 to 4.4.2 | the traceback of every failing task (issue 6023) | 4.4.3 |
| celery | 5.0.0 to 5.5.3 | the frames of each task that fails or is retried (issue 8882) | 5.6.0 |
| kombu | 5.0.0 to 5.2.2 | transports after lost connections (issue 1470) | 5.2.3 |
| amqp | 5.0.0 to 5.0.8 | connections that failed (issue 377) | 5.0.9 |
| sentry-sdk | 1.16.0 to 1.21.0 | the memory of tasks, when its profiler is on (issue 1980) | 1.21.1 |

Issue 8882 is worst on Python 3.11 and later. The same pin in several files of one folder is reported once.

## Why it matters

Such a leak is in no task of yours; only an upgrade ends it. Until then `--max-tasks-per-child` or
`--max-memory-per-child` bounds what is lost in children, but not what the main process loses.

## Example

```text title="requirements.txt"
celery==5.4.0
```

## Fix

```text title="requirements.txt"
celery==5.6.3
```

## When to suppress

When the upgrade is planned and the workers are recycled meanwhile.

## Evidence

The changelogs of the packages name the fixes and the issues. The first release with each leak was not searched for:
the table begins where the release line begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.facts import Requirement
from flake8_celery_oom.core.findings import Finding, Related
from flake8_celery_oom.core.results import Project
from flake8_celery_oom.core.wishes import Advise
from flake8_celery_oom.rules import Rule

RULE = Rule(
    code="CO501",
    name="leaky-release",
    severity="info",
    on=True,
    summary="A release of celery, kombu, amqp or sentry-sdk that is known to leak is pinned or locked",
)

Release: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Leak:
    """What the releases of a package from ``first`` up to, and without, ``fixed`` lose."""

    package: str
    first: Release
    fixed: Release
    lost: str


LEAKS = (
    Leak("celery", (3, 1, 0), (3, 1, 21), "the memory of child processes that have exited (issue 2927)"),
    Leak("celery", (4, 0, 0), (4, 4, 3), "the traceback of every failing task (issue 6023)"),
    Leak("celery", (5, 0, 0), (5, 6, 0), "the frames of every task that fails or is retried (issue 8882)"),
    Leak("kombu", (5, 0, 0), (5, 2, 3), "transports after lost connections (issue 1470)"),
    Leak("amqp", (5, 0, 0), (5, 0, 9), "connections that failed (issue 377)"),
    Leak("sentry-sdk", (1, 16, 0), (1, 21, 1), "the memory of tasks when its profiler is on (issue 1980)"),
)
_EXACT = re.compile(r"={2,3}\s*v?(\d+(?:\.\d+)*)(?:\.?post\d+)?")


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Exact pins and locks of releases that leak, once a folder."""
    if not any(requirement.name == "celery" for requirement in project.requirements):
        return
    groups: dict[tuple[str, str, Leak], list[Requirement]] = {}
    for requirement in project.requirements:
        leak = leak_of(requirement)
        if leak:
            folder = requirement.at.path.rpartition("/")[0]
            groups.setdefault((folder, requirement.specifier, leak), []).append(requirement)
    for (_folder, specifier, leak), same in groups.items():
        first, *others = sorted(same, key=lambda one: (one.locked, one.at))
        version = specifier.lstrip("= ")
        fixed = ".".join(map(str, leak.fixed))
        related = [Related(other.at, f"{leak.package} {version} is asked for here too") for other in others]
        message = f"{leak.package} {version} keeps {leak.lost}; fixed in {fixed}"
        yield RULE.finding(first.at, message, related, Advise(f"go to {leak.package} {fixed} or later"))


def leak_of(requirement: Requirement) -> Leak | None:
    """The leak of the one release that a requirement admits."""
    exact = _EXACT.fullmatch(requirement.specifier.strip())
    if exact is None:
        return None
    release = (*(int(number) for number in exact[1].split(".")), 0, 0)[:3]
    leaks = (leak for leak in LEAKS if leak.package == requirement.name and leak.first <= release < leak.fixed)
    return next(leaks, None)
