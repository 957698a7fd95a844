"""Releases of Celery and of what it stands on that lose memory, each with the condition under which they do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from flake8_celery_oom.core.facts import Requirement
from flake8_celery_oom.core.results import Part, UseKind
from flake8_celery_oom.core.value import Unset, or_default
from flake8_celery_oom.rules.explained import every_app

Release: TypeAlias = tuple[int, int, int]
Condition: TypeAlias = Literal["always", "green pool", "redis results"] | UseKind
"""When a release leaks: always, with gevent or eventlet, with results in Redis, or with what the code does."""


@dataclass(frozen=True, slots=True)
class Leak:
    """What the releases of a package from ``first`` up to, and without, ``fixed`` lose, and when."""

    package: str
    first: Release
    fixed: Release
    lost: str
    when: Condition = "always"
    ends_in: str = ""
    """The release that ends it as it is called, where that is no plain number: ``0.63b0``."""

    @property
    def end(self) -> str:
        """The release that ends the leak, for people."""
        return self.ends_in or ".".join(map(str, self.fixed))


_SPANS = "an event processor for each span that its OpenTelemetry integration hands on (#6267)"
LEAKS = (
    Leak("celery", (3, 0, 0), (3, 0, 22), "memory with every time limit (#1129)"),
    Leak("celery", (3, 1, 0), (3, 1, 21), "memory of child processes that have exited (#2927)"),
    Leak("celery", (4, 0, 0), (4, 4, 3), "the traceback of every failing task (#6023)"),
    Leak("celery", (5, 0, 0), (5, 6, 0), "the frames of every task that fails or is retried (#8882)"),
    Leak("celery", (5, 0, 0), (5, 6, 0), "subscriptions of results that are forgotten (#9806)", "forget"),
    Leak("celery", (5, 0, 0), (5, 6, 3), "messages that grow in chains of chords (#10171)", "chord"),
    Leak("celery", (5, 0, 0), (5, 7, 0), "events after the broker was away (#10273)", "green pool"),
    Leak("celery", (5, 0, 0), (5, 7, 0), "messages about results that it gets from Redis (#8166)", "redis results"),
    Leak("celery", (5, 0, 0), (5, 7, 0), "the ids of past tasks in Flower (#10534)", "flower"),
    Leak("kombu", (5, 0, 0), (5, 2, 3), "transports after lost connections (#1470)"),
    Leak("amqp", (5, 0, 0), (5, 0, 8), "more memory for each connection than later ones (#377)"),
    Leak(
        "sentry-sdk", (1, 16, 0), (1, 21, 1), "the memory of tasks when its profiler is on (#1980)", "sentry-profiler"
    ),
    Leak("sentry-sdk", (2, 0, 0), (2, 61, 0), _SPANS, "sentry-opentelemetry"),
    Leak("opentelemetry-instrumentation-celery", (0, 40, 0), (0, 63, 0), "the start time of tasks", ends_in="0.63b0"),
)
_EXACT = re.compile(r"={2,3}\s*v?(\d+(?:\.\d+)*)(?:(?:\.?post|b)\d+)?")
_TELEMETRY = frozenset({"opentelemetry", "opentelemetry-experimental"})
_REDIS = ("redis:", "rediss:", "sentinel:", "redis+")


def leaks_of(requirement: Requirement, met: frozenset[Condition]) -> tuple[Leak, ...]:
    """The leaks of the one release that a requirement admits, under conditions that are met; the last to end first."""
    found = _EXACT.fullmatch(requirement.specifier.strip())
    if found is None:
        return ()
    numbers = (*(int(number) for number in found[1].split(".")), 0, 0)
    release = (numbers[0], numbers[1], numbers[2])
    leaks = [
        leak
        for leak in LEAKS
        if leak.package == requirement.name and leak.first <= release < leak.fixed and leak.when in met
    ]
    return tuple(sorted(leaks, key=lambda leak: leak.fixed, reverse=True))


def conditions(part: Part) -> frozenset[Condition]:
    """Which conditions of leaks a part of a project meets."""
    return frozenset(_met(part))


def _met(part: Part) -> Iterator[Condition]:
    yield "always"
    yield from part.uses
    if any((or_default(worker.pool) or "") in {"gevent", "eventlet"} for worker in part.workers):
        yield "green pool"
    backends = (or_default(app.settings.get("result_backend", Unset())) for app in every_app(part))
    if any(isinstance(backend, str) and backend.startswith(_REDIS) for backend in backends):
        yield "redis results"
    if any(requirement.name == "flower" for requirement in part.requirements):
        yield "flower"
    if any(one.name == "sentry-sdk" and _TELEMETRY & one.extras for one in part.requirements):
        yield "sentry-opentelemetry"
