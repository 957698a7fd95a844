"""What a piece of evidence says: one sign each, with the place where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

SignKind: TypeAlias = Literal[
    "container-limit",
    "machine-memory",
    "evicted",
    "platform-limit",
    "memory-killed",
    "child-killed",
    "killed",
    "hard-time-limit",
    "crashed",
    "left",
    "soft-time-limit",
    "recycled",
]
"""The memory limit of a container was reached; the memory of the machine was; Kubernetes evicted a pod for memory; a
platform says that the memory of an instance was reached (Heroku); the OOM killer came, whatever for; a
child got SIGKILL; the whole worker did, or ended with status 137; a hard time limit; a child ended by another signal; a
child ended by itself; a soft time limit; a child was replaced because of max-memory-per-child, which is no death. The
kind that explains most stands first: who says who killed goes before what says that something was killed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sign stands: the evidence as it was named, and a line from 1 (0: the whole of it)."""

    source: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


@dataclass(frozen=True, slots=True)
class Subject:
    """Which worker a piece of evidence speaks of, as far as it says: empty where it does not.

    ``service`` is what a compose file, supervisor or systemd calls it; ``command`` are the words that the container
    runs.
    """

    node: str = ""
    pod: str = ""
    container: str = ""
    service: str = ""
    command: tuple[str, ...] = ()
    task: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that happened. ``limit`` and ``used`` are bytes, ``seconds`` those of a time limit.

    ``sure`` is false where another kind may be behind it.
    """

    kind: SignKind
    at: Place
    said: str
    subject: Subject = field(default_factory=Subject)
    limit: int | None = None
    used: int | None = None
    seconds: float | None = None
    restarts: int = 0
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Running:
    """What a worker that is alive says of itself: ``celery inspect stats`` or ``celery report``.

    ``pool`` is the last part of its module ("prefork", "gevent"); ``main_rss`` is the most bytes of the main process.
    """

    at: Place
    node: str = ""
    release: str = ""
    pool: str = ""
    concurrency: int | None = None
    max_tasks_per_child: int | None = None
    main_rss: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that one text says."""

    signs: tuple[Sign, ...] = ()
    running: tuple[Running, ...] = ()
