"""Where a finding about workers is reported, and how its workers are called.

Several workers can share one celery command: every service that runs the script it stands in. What all of them lack
is reported once, at the command; what some of them lack, at each service that lacks it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from flake8_celery_oom.analysis.naming import subject
from flake8_celery_oom.analysis.readings import Reached
from flake8_celery_oom.core.findings import Related
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Worker


@dataclass(frozen=True, slots=True)
class Place:
    """One place to report, the workers that the finding is about (at least one), and the places that belong to it."""

    at: Location
    workers: tuple[Worker, ...]
    related: tuple[Related, ...] = ()

    @property
    def subject(self) -> str:
        """The workers for people: ``worker `web```."""
        return subject(self.workers)


def each(place: Place, one: str, several: str) -> str:
    """``one`` or ``several``, as the subject of the place asks for."""
    return several if place.subject.startswith("workers") else one


def by_command(workers: Iterable[Worker]) -> dict[Location, list[Worker]]:
    """The workers of every celery command. A script or program that others run is left out: its callers decide.

    The same command may be known by itself and as a part of the one command it is wrapped in.
    """
    every = list(workers)
    starts: dict[str, list[int]] = {}
    for path, start in sorted({(worker.command_at.path, worker.command_at.start) for worker in every}):
        starts.setdefault(path, []).append(start)
    groups: dict[tuple[str, int], list[Worker]] = {}
    for worker in every:
        at = worker.command_at
        groups.setdefault((at.path, _innermost(at, starts[at.path])), []).append(worker)
    return {_command_of(group): _deciding(group) for group in groups.values()}


def _deciding(group: list[Worker]) -> list[Worker]:
    """Those that decide what a command runs with: a command in Python, or an image, only where nothing runs it.

    A script that nothing calls runs an image all the same (``docker run``).
    """
    every = [one for one in group if not one.standalone and (one.kind != "python" or one.via)]
    by_any, by_these = Reached(group), Reached(every)
    called = [one for one in every if not (by_any if one.kind == "dockerfile" else by_these).holds(one)]
    called = called or [one for one in every if one.kind != "dockerfile"]
    reached = [at for one in called for at in (one.at, *one.via)]
    called += [one for one in group if one.standalone and (not reached or _is_another_branch(one, reached))]
    return called or group


def _is_another_branch(worker: Worker, reached: Iterable[Location]) -> bool:
    """Whether a script starts its command at a place that none of its callers comes to."""
    if worker.at.path != worker.command_at.path or worker.at == worker.command_at:
        return False
    return not any(at.contains(worker.at) or worker.at.contains(at) for at in reached)


def _innermost(at: Location, starts: Sequence[int]) -> int:
    """Where the command at a place starts: at the only other command that starts inside it, else with the place."""
    inside = starts[bisect_left(starts, at.start) : bisect_left(starts, max(at.end, at.start + 1))]
    return inside[1] if len(inside) == 2 else at.start


def _command_of(group: Iterable[Worker]) -> Location:
    return max((worker.command_at for worker in group), key=lambda at: (at.start, at.end))


def places(workers: Iterable[Worker], concerned: Callable[[Worker], bool]) -> Iterator[Place]:
    """Where to report what ``concerned`` says of workers: once a command, or at the callers that it holds for.

    A caller that has another command reported, as the branches of its script, is not reported once more.
    """
    whole: list[tuple[Location, tuple[Worker, ...]]] = []
    others: dict[tuple[Location, str], list[Worker]] = {}
    for command_at, group in by_command(workers).items():
        hits = tuple(worker for worker in group if concerned(worker))
        if hits and {worker.at for worker in hits} == {worker.at for worker in group}:
            whole.append((command_at, hits))
        else:
            for worker in hits:
                others.setdefault((worker.at, worker.name), []).append(worker)
    for command_at, hits in whole:
        ways = [way for worker in hits for way in others.pop((worker.at, worker.name), ())]
        yield Place(command_at, (*hits, *ways), callers_related(hits, command_at))
    left: dict[Location, list[Worker]] = {}
    for (at, _), group in others.items():
        left.setdefault(at, []).extend(group)
    for at, here in sorted(left.items(), key=lambda pair: pair[0]):
        yield Place(at, tuple(here), command_related(here, at))


def value_places(workers: Iterable[Worker], value_at: Callable[[Worker], Location | None]) -> Iterator[Place]:
    """Where to report values that are wrong: once a value, with the workers that take it.

    ``value_at`` gives the place of a worker's value, or None where it has nothing to be reported.
    """
    takers: dict[Location, list[Worker]] = {}
    for group in by_command(workers).values():
        for worker in group:
            at = value_at(worker)
            if at is not None:
                takers.setdefault(at, []).append(worker)
    for at, group in takers.items():
        yield Place(at, tuple(group), callers_related(group, at))


def callers_related(workers: Iterable[Worker], at: Location) -> tuple[Related, ...]:
    """The places that start the workers, without one that holds the place that is reported, or stands right above."""
    starters = {worker.at: f"{subject([worker])} is started here" for worker in workers if not _is_seen(worker.at, at)}
    return tuple(Related(place, message) for place, message in sorted(starters.items()))


def _is_seen(starter: Location, at: Location) -> bool:
    """Whether who looks at a place sees what starts the worker: ``command:`` above ``args:``."""
    return starter.contains(at) or (starter.path == at.path and 0 <= at.line - starter.end_line <= 1)


def command_related(workers: Iterable[Worker], at: Location) -> tuple[Related, ...]:
    """The celery commands of the workers, where they stand elsewhere than the place that is reported."""
    commands = sorted({worker.command_at for worker in workers if not at.contains(worker.command_at)})
    return tuple(Related(place, "the celery command") for place in commands)
