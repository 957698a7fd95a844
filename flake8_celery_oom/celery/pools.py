"""The pools of Celery: their names per version, and what each of them does with processes and limits.

Source: ``celery/concurrency/__init__.py`` and the pool modules beside it, Celery 3.1.26 to 5.7.0; measured on workers
of 3.1, 4.4.7, 5.0.5 and 5.7.0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flake8_celery_oom.celery.versions import may_hold
from flake8_celery_oom.core.results import CeleryVersion


@dataclass(frozen=True, slots=True)
class Pool:
    """One pool implementation.

    ``recycles``: max-tasks-per-child and max-memory-per-child mean something. ``forks``: tasks run in child processes,
    as many as the concurrency. ``scales``: autoscale can grow and shrink it; where it cannot, ``crashes_scaling`` says
    whether it is asked to all the same, and the worker ends of it. ``package``: what has to be installed.
    """

    name: str
    recycles: bool = False
    forks: bool = False
    scales: bool = False
    crashes_scaling: bool = False
    package: str | None = None
    beat: bool = True
    """Whether an embedded beat (``-B``) is allowed."""


POOLS: dict[str, Pool] = {
    pool.name: pool
    for pool in (
        Pool("prefork", recycles=True, forks=True, scales=True),
        Pool("gevent", scales=True, package="gevent", beat=False),
        Pool("eventlet", scales=True, package="eventlet", beat=False),
        Pool("threads", crashes_scaling=True),
        Pool("solo"),
    )
}
DEFAULT = "prefork"

ALIASES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    # alias, pool, the versions that know it
    ("prefork", "prefork", ("",)),
    ("processes", "prefork", ("",)),
    ("eventlet", "eventlet", ("",)),
    ("gevent", "gevent", ("",)),
    ("solo", "solo", ("",)),
    ("threads", "threads", ("<4.0", ">=4.4")),
    ("custom", "custom", (">=5.3",)),
)

IMPLEMENTATIONS = {
    "celery.concurrency.prefork": "prefork",
    "celery.concurrency.processes": "prefork",
    "celery.concurrency.gevent": "gevent",
    "celery.concurrency.eventlet": "eventlet",
    "celery.concurrency.solo": "solo",
    "celery.concurrency.thread": "threads",
    "celery.concurrency.threads": "threads",
}


_PATH_OF_A_CLASS = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*[.:][^\W\d]\w*$")


def aliases(version: CeleryVersion) -> tuple[str, ...]:
    """The names of pools that ``version`` may know."""
    return tuple(
        alias
        for alias, _, conditions in ALIASES
        if any(not condition or may_hold(version, condition) for condition in conditions)
    )


def canonical(name: str) -> str:
    """The pool behind an alias or a path: ``processes`` is "prefork", an unknown class stays as it is written."""
    for alias, pool, _ in ALIASES:
        if alias == name:
            return pool
    module = name.partition(":")[0]
    return IMPLEMENTATIONS.get(module) or IMPLEMENTATIONS.get(module.rpartition(".")[0], name)


def accepts(name: str, version: CeleryVersion) -> bool:
    """Whether ``-P name`` may start a worker: a known alias, or before 5.1 the path of a class."""
    if name in aliases(version):
        return True
    return _PATH_OF_A_CLASS.match(name) is not None and may_hold(version, "<5.1")
