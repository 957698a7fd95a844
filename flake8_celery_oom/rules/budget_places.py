"""Where a finding about a budget is reported: at the celery command, or at the services that run it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from flake8_celery_oom.analysis.loads import Loaded
from flake8_celery_oom.analysis.naming import subject
from flake8_celery_oom.core.findings import Related
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.value import Known, Unknown
from flake8_celery_oom.quantity import human_bytes


@dataclass(frozen=True, slots=True)
class Spot:
    """One place to report, and the groups that the finding is about (at least one), the tightest first."""

    at: Location
    groups: tuple[Loaded, ...]

    @property
    def worst(self) -> Loaded:
        """The group whose numbers are shown."""
        return self.groups[0]

    @property
    def subject(self) -> str:
        """All workers concerned, for people."""
        return subject(worker for group in self.groups for worker in group.workers)

    @property
    def related(self) -> tuple[Related, ...]:
        """The places that belong to the finding: limits, numbers, commands and callers."""
        found: dict[Location, str] = {}
        for group in self.groups:
            if group.limit_at is not None and group.limit is not None:
                found.setdefault(group.limit_at, f"the limit of {human_bytes(group.limit)}")
            for worker in group.workers:
                for place, message in _origins(worker):
                    found.setdefault(place, message)
        return tuple(Related(place, message) for place, message in found.items() if not self.at.contains(place))


def _origins(worker: Worker) -> Iterator[tuple[Location, str]]:
    kib, children = worker.max_memory_per_child, worker.concurrency
    if not worker.at.contains(worker.command_at):
        yield worker.at, f"{subject([worker])} is started here"
        yield worker.command_at, "the celery command"
    for value, name in ((children, "the number of children"), (kib, "max-memory-per-child")):
        if isinstance(value, Known | Unknown) and value.at is not None and not worker.command_at.contains(value.at):
            yield value.at, f"{name} is set here"


def spots(groups: Iterable[Loaded], concerned: Callable[[Loaded], bool]) -> Iterator[Spot]:
    """Where to report: at the command when all that run it are concerned, else at each place that starts it."""
    by_command: dict[tuple[Location, ...], list[Loaded]] = {}
    for group in groups:
        by_command.setdefault(tuple(sorted({worker.command_at for worker in group.workers})), []).append(group)
    for commands, every in by_command.items():
        called = [group for group in every if not all(worker.standalone for worker in group.workers)] or every
        hits = sorted((group for group in called if concerned(group)), key=_spare)
        if not hits:
            continue
        if len(hits) == len(called):
            yield Spot(commands[0], tuple(hits))
            continue
        starters: dict[Location, list[Loaded]] = {}
        for group in hits:
            starters.setdefault(group.workers[0].at, []).append(group)
        for at, here in sorted(starters.items()):
            yield Spot(at, tuple(here))


def _spare(group: Loaded) -> tuple[int, Location]:
    needed = group.need.tight or group.need.idle or 0
    return (group.limit or 0) - needed, group.workers[0].at
