"""What a scan of one repository gives: plain values that can be stored, sent and compared.

Paths are relative to the root of the repository, with ``/``; lines and columns count from 1. Texts are one line each,
without control characters, and secrets in them are masked.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar

T = TypeVar("T", int, str, bool)

State: TypeAlias = Literal["known", "unset", "unknown"]
Severity: TypeAlias = Literal["error", "warning", "info"]
Safety: TypeAlias = Literal["safe", "unsafe", "shown"]
Verdict: TypeAlias = Literal["exceeds", "tight", "fits", "unknown"]
Bound: TypeAlias = Literal["bounded", "unbounded", "unknown"]


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One value of a worker, and where it comes from.

    ``known``: somebody wrote ``value``. ``unset``: every place that could set it was read, and nobody does.
    ``unknown``: the files alone don't say; ``reason`` says why, and ``default`` applies when the environment says
    nothing. ``origin`` is ``cli``, ``env``, ``settings``, ``autoscale`` or ``default``.
    """

    state: State
    value: T | None = None
    default: T | None = None
    origin: str | None = None
    path: str | None = None
    line: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Worker:
    """One place that starts a Celery worker, and what the worker will really run with.

    ``max_memory_per_child`` is in KiB; ``memory_limit`` and what is needed are in bytes. What is needed and
    ``verdict`` are those of all workers that certainly run in the same container: this one and those ``beside`` it; of
    these one ``leads``, so that a container counts once. ``counted`` is false where the same process was also found in
    another way. ``per_cpu``: one child for every CPU of the host, each of ``cpu_need`` bytes; above ``most_cpus`` CPUs
    they exceed the limit. ``owners`` own its place by CODEOWNERS.
    """

    path: str
    line: int
    end_line: int
    column: int
    kind: str
    name: str
    via: tuple[Place, ...]
    app: str | None
    celery_version: str | None
    pool: Setting[str]
    concurrency: Setting[int]
    autoscale_min: Setting[int]
    autoscale_max: Setting[int]
    max_tasks_per_child: Setting[int]
    max_memory_per_child: Setting[int]
    prefetch_multiplier: Setting[int]
    beat: Setting[bool]
    memory_limit: Setting[int]
    per_cpu: bool
    cpu_need: int | None
    most_cpus: int | None
    need_idle: int | None
    need_tight: int | None
    need_safe: int | None
    verdict: Verdict
    bound: Bound
    beside: tuple[str, ...]
    leads: bool
    counted: bool
    findings: tuple[str, ...]
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to a finding."""

    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule reports. ``fingerprint`` stays while lines come and go; the cause shows at so many ``places``.

    ``fix`` says what would be changed, None where no fix is offered.
    """

    fingerprint: str
    code: str
    name: str
    severity: Severity
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    places: int
    related: tuple[Related, ...]
    fix: str | None
    fix_safety: Safety | None
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One repository. ``unknown`` counts the values of workers that the files alone don't say.

    ``uses_celery``: an app, a worker or a command that starts one was found. ``blind``: it uses Celery, and no worker
    was found. ``unread``: files whose names say that they start or configure something, and that could not be read;
    ``unread_folders``, ``unread_submodules`` and ``unread_links``: places below which nothing was looked at.
    ``suppressed`` and ``baselined`` count findings that the repository's owners silenced. ``problem`` says why its own
    configuration does not count, empty where it does.
    """

    program: str
    files: int
    unknown: int
    unread: int
    unread_folders: int
    unread_submodules: int
    unread_links: int
    suppressed: int
    baselined: int
    uses_celery: bool
    blind: bool
    problem: str
    workers: tuple[Worker, ...]
    findings: tuple[Finding, ...]

    def document(self) -> dict[str, Any]:
        """The same as JSON values; docs/schemas/report.json is their schema."""
        return asdict(self)
