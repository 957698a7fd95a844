"""Workers that were found behind launches, and the places that lead to each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flake8_celery_oom.celery.command_line import CeleryCommand, Entry
from flake8_celery_oom.core.facts import Launch
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.once import once
from flake8_celery_oom.core.results import SecondApp
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word


@dataclass(frozen=True, slots=True)
class Started:
    """One worker found behind a launch. ``via``: the hops between ``site`` and the celery command, outermost first."""

    kind: str
    name: str
    site: Location
    via: tuple[Location, ...]
    command: CeleryCommand
    entry: Entry
    environment: Mapping[str, Word]
    directory: str
    launch: Launch | None
    container: str
    standalone: bool = False
    called: bool = False
    assembled: bool = False
    second_app: SecondApp | None = None
    detours: int = 0
    """Number of branches taken that differ from the path with an empty environment; 0 is the default path."""
    forwards: bool = False
    """The command gets its words from callers of the script: what it runs with is what they make of it."""


def without_bare_uses(found: list[Started]) -> list[Started]:
    """Where a command that a variable holds is run unchanged at exactly one place, keep only its definition.

    Run at several places, or with more words, keep those places: the definition alone starts nothing.
    """
    uses: dict[Location, set[Location]] = {}
    for one in found:
        if one.assembled and one.via and one.command.program_at is not None:
            uses.setdefault(one.command.program_at, set()).add(one.site)
    kept = [one for one in found if not _is_bare_use(one, uses)]
    used = {one.command.program_at for one in kept if one.assembled and one.via}
    return [one for one in kept if not (one.assembled and not one.via and one.command.program_at in used)]


def _is_bare_use(one: Started, uses: dict[Location, set[Location]]) -> bool:
    """Whether a place only runs a command that a variable of the same file holds, and no other place does."""
    if not one.assembled or not one.via or one.command.program_at is None:
        return False
    alone = len(uses[one.command.program_at]) == 1 and one.via[-1].path == one.site.path
    return alone and not _adds_words(one.command, one.site)


def _adds_words(command: CeleryCommand, at: Location) -> bool:
    """Whether the place that runs a command held in a variable writes words of its own."""
    return any(word.at is not None and word.at != at and at.contains(word.at) for word in command.words)


def place_of(command: CeleryCommand, fallback: Location, read: Callable[[str], SourceText | None]) -> Location:
    """Where the words of a command are written, from the program on, as far as they stand together."""
    program = command.program_at or fallback
    stretch = _stretch(command.words, program, fallback)
    source = read(program.path)
    return source.location(*stretch) if source is not None and stretch is not None else program


@once(latest=4)
def _stretch(words: tuple[Word, ...], program: Location, fallback: Location) -> tuple[int, int] | None:
    """Where the words start and end; the nodes of ``celery multi``, which may be thousands, share theirs."""
    if fallback.contains(program):
        places = [word.at for word in words if word.at is not None and fallback.contains(word.at)]
    else:
        before = fallback.start if fallback.path == program.path and program.start < fallback.start else None
        places = [
            word.at
            for word in words
            if word.at is not None
            and word.at.path == program.path
            and word.at.start >= program.start
            and (before is None or word.at.end <= before)
        ]
    if not places:
        return None
    return min(at.start for at in (program, *places)), max(at.end for at in (program, *places))


def site_of(frames: Sequence[Location], own: Location, *, standalone: bool, texts: Sequence[Location] = ()) -> Location:
    """The place that starts a worker: the innermost hop that still stands in the launch's own text.

    ``own`` is the place of the celery command; ``standalone``: the launch is a script that is read without a caller;
    ``texts`` are the other places where the launch says what it runs, such as the arguments of its entrypoint.
    """
    outer = frames[0]
    places = (outer, *texts)
    if any(place.contains(own) for place in places):
        return own if not standalone else outer
    site = outer
    for frame in frames[1:]:
        if not any(place.contains(frame) for place in places):
            break
        site = frame
    return site


def hops_behind(site: Location, frames: list[Location]) -> tuple[Location, ...]:
    """The hops behind the site, each once."""
    if site.contains(frames[-1]) or frames[-1].contains(site):
        return ()
    via: list[Location] = []
    for frame in frames:
        if site.contains(frame) or frame.contains(site) or (via and via[-1].contains(frame)):
            continue
        if via and frame.contains(via[-1]):
            continue
        via.append(frame)
    return tuple(via)
