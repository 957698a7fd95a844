"""One run over a fleet: which repositories have to be looked at, by which engine, and where the results go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from flake8_celery_oom.fleet.feed import Feed
from flake8_celery_oom.fleet.inputs import Repository
from flake8_celery_oom.fleet.jobs import FAILED, Job, Outcome
from flake8_celery_oom.fleet.program import program
from flake8_celery_oom.fleet.store import Asked, Store
from flake8_celery_oom.listing.stored import NoRepositoryError, state_of, stored_at

BATCH = 2000
BATCH_SECONDS = 10.0
"""Results are written when there are so many, or the last were written so long ago; sooner at the beginning."""


class Engine(Protocol):
    """Does the jobs of a feed, somewhere."""

    def run(self, feed: Feed) -> Iterator[Outcome]:
        """The outcomes of all jobs, in their order."""


@dataclass(slots=True)
class Progress:
    """How far a run is. ``gone`` are repositories that were known and are not part of the fleet any more."""

    total: int
    done: int = 0
    unchanged: int = 0
    failed: int = 0
    gone: int = 0

    def count(self, outcome: Outcome) -> None:
        """One more repository is done."""
        self.done += 1
        self.unchanged += outcome.result == "unchanged"
        self.failed += outcome.result in FAILED


def scan_fleet(
    repositories: Sequence[Repository],
    store: Store,
    engine: Engine,
    asked: Asked,
    *,
    given: str,
    config: str = "",
    again: bool = False,
    tell: Callable[[Progress, Outcome], None] = lambda _progress, _outcome: None,
) -> Progress:
    """Look at all repositories that are not known as they are now, and write what comes out.

    ``again``: also at those that are known. Raises EngineError; what was written until then stays.
    """
    known = {} if again else store.known(asked)
    jobs = [Job(number, one.name, one.path, known.get(one.name, ""), config) for number, one in enumerate(repositories)]
    store.begin(asked, given, len(jobs))
    progress, batch, started = Progress(len(jobs)), list[Outcome](), time.monotonic()
    written = started
    try:
        for outcome in engine.run(Feed(jobs)):
            batch.append(_with_state(outcome))
            progress.count(outcome)
            tell(progress, outcome)
            now = time.monotonic()
            if len(batch) >= BATCH or now - written > min(BATCH_SECONDS, 1.0 + (now - started) / 4):
                store.write(batch, asked)
                batch, written = [], time.monotonic()
    finally:
        store.write(batch, asked)
    progress.gone = store.end(one.name for one in repositories)
    return progress


def _with_state(outcome: Outcome) -> Outcome:
    """The state of a repository that nobody lived to tell, so that it is not tried again with every run."""
    if outcome.result not in {"timeout", "memory"} or outcome.state:
        return outcome
    try:
        found = stored_at(outcome.path)
        state = state_of(found)
    except (NoRepositoryError, OSError):
        return outcome
    return replace(outcome, kind=found.kind, commit=state.commit, state=state.key)


__all__ = ["Engine", "Progress", "program", "scan_fleet"]
