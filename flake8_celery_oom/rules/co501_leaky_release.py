"""A release that is known to leak memory is pinned or locked.

## What it finds

An exact pin (`==`) or a lock entry of one of these releases, in a project that has an app or starts a worker. Ranges
are left alone: what they install is not known. So is what only other packages ask for.

| package | releases | what is lost | when | fixed in |
|---|---|---|---|---|
| celery | 3.0.0 to 3.0.21 | memory with every time limit (#1129) | | 3.0.22 |
| celery | 3.1.0 to 3.1.20 | memory of child processes that have exited (#2927) | | 3.1.21 |
| celery | 4.0.0 to 4.4.2 | the traceback of every failing task (#6023) | | 4.4.3 |
| celery | 5.0.0 to 5.5.3 | the frames of each task that fails or is retried (#8882) | | 5.6.0 |
| celery | 5.0.0 to 5.5.3 | subscriptions of forgotten results (#9806) | `.forget()` is called | 5.6.0 |
| celery | 5.0.0 to 5.6.2 | messages that grow in chains of chords (#10171) | chords | 5.6.3 |
| celery | 5.0.0 to 5.6.3 | events after the broker was away (#10273) | gevent or eventlet | 5.7.0 |
| celery | 5.0.0 to 5.6.3 | messages about results that it gets (#8166) | results in Redis | 5.7.0 |
| celery | 5.0.0 to 5.6.3 | the ids of past tasks in whoever reads events (#10534) | Flower | 5.7.0 |
| kombu | 5.0.0 to 5.2.2 | transports after lost connections (#1470) | | 5.2.3 |
| amqp | 5.0.0 to 5.0.7 | more memory for each connection (#377) | | 5.0.8 |
| sentry-sdk | 1.16.0 to 1.21.0 | the memory of tasks (#1980) | its profiler is set up | 1.21.1 |
| sentry-sdk | 2.0.0 to 2.60.x | an event processor a span (#6267) | its OpenTelemetry integration is used | 2.61.0 |
| opentelemetry-instrumentation-celery | 0.40b0 to 0.62b1 | the start time of tasks | | 0.63b0 |

The condition must be met by the part of the project that the requirement is for: in a monorepo, the service below the
same folder. Issue 8882 is worst on Python 3.11 and later. One finding for each package and version, at the file that a
Dockerfile installs, else at the first; it names the release that ends all of the leaks.

## Why it matters

Such a leak is in no task of yours; only an upgrade ends it. Until then `--max-tasks-per-child` or
`--max-memory-per-child` bounds what is lost in children, but not what the main process loses.

## Example

```text title="requirements.txt"
celery==5.4.0
```

```python title="shop.py"
from celery import Celery

app = Celery("shop")
```

## Fix

```text title="requirements.txt"
celery==5.6.3
```

## When to suppress

When the upgrade is planned and the workers are recycled meanwhile.

## Evidence

The changelogs and the source of the packages name the fixes and the issues. The first release with each leak was not
searched for: the table begins where the release line begins, but for OpenTelemetry, whose releases were compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.facts import Requirement
from flake8_celery_oom.core.findings import Finding, Related
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Project
from flake8_celery_oom.core.wishes import Advise
from flake8_celery_oom.rules import Rule
from flake8_celery_oom.rules.leaks import Leak, conditions, leaks_of

_FOR_DEVELOPERS = re.compile(r"(?:^|[/._-])(?:dev|devel|tests?|testing|docs?|ci|local)(?:$|[/._-])")

RULE = Rule(
    code="CO501",
    name="leaky-release",
    severity="info",
    on=True,
    summary="A release of celery, kombu, amqp or sentry-sdk that is known to leak is pinned or locked",
)


def check(project: Project, _: Config) -> Iterator[Finding]:
    """Exact pins and locks of releases that leak, once a version."""
    groups: dict[tuple[str, str], tuple[dict[Leak, None], dict[Requirement, None]]] = {}
    for part in project.parts:
        met = conditions(part)
        for requirement in _direct(part.requirements):
            version = requirement.specifier.lstrip("= ")
            for leak in leaks_of(requirement, met):
                leaks, same = groups.setdefault((requirement.name, version), ({}, {}))
                leaks[leak] = None
                same[requirement] = None
    for (name, version), (kept, same) in groups.items():
        found = sorted(kept, key=lambda leak: leak.fixed, reverse=True)
        first, *others = sorted(same, key=lambda one: _rank(one, project))
        related = [Related(other.at, f"{name} {version} is asked for here too") for other in others]
        more = f" and has {len(found) - 1} more leak{'s' if len(found) > 2 else ''}" if found[1:] else ""
        ends = f"{found[0].end} ends {'all of them' if more else 'that'}"
        message = f"{name} {version} keeps {found[-1].lost}{more}; {ends}"
        details = [f"{name} {version} keeps {leak.lost}, fixed in {leak.end}" for leak in found]
        wish = Advise(f"go to {name} {found[0].end} or later")
        yield RULE.finding(first.at, message, related, wish, details)


def _rank(requirement: Requirement, project: Project) -> tuple[bool, bool, bool, Location]:
    """What is installed in an image comes first, then what is not for development only, then what is no lock."""
    path = requirement.at.path
    return path not in project.installed, _FOR_DEVELOPERS.search(path) is not None, requirement.locked, requirement.at


def _direct(requirements: Sequence[Requirement]) -> Iterator[Requirement]:
    """What the project itself asks for: a lock also holds what other packages ask for.

    Where nothing but locks is there, nobody can say.
    """
    asked = {requirement.name for requirement in requirements if not requirement.locked}
    for requirement in requirements:
        if not requirement.locked or not asked or requirement.name in asked:
            yield requirement
