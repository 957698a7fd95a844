"""Hands out jobs, and gives their outcomes back in the order of the jobs, whoever is done first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flake8_celery_oom.fleet.jobs import Job, Outcome

AHEAD = 2000
"""So many jobs are handed out beyond the oldest that is not done: what is done meanwhile waits in memory."""


class Feed:
    """The jobs of one run, numbered from 0 in their order."""

    def __init__(self, jobs: Sequence[Job], ahead: int = AHEAD) -> None:
        self._jobs = jobs
        self._ahead = ahead
        self._next = self._written = 0
        self._waiting: dict[int, Outcome] = {}

    def take(self) -> Job | None:
        """The next job; None where there is none now."""
        if self._next >= min(len(self._jobs), self._written + self._ahead):
            return None
        self._next += 1
        return self._jobs[self._next - 1]

    def done(self, outcome: Outcome) -> Iterator[Outcome]:
        """Take an outcome in, and give those whose turn it is now. A second one of the same job does not count."""
        if outcome.number >= self._written:
            self._waiting.setdefault(outcome.number, outcome)
        while self._written in self._waiting:
            self._written += 1
            yield self._waiting.pop(self._written - 1)

    @property
    def count(self) -> int:
        """How many jobs there are."""
        return len(self._jobs)

    @property
    def is_finished(self) -> bool:
        """Whether every outcome was given."""
        return self._written == len(self._jobs)
