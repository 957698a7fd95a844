"""What the run of a script asked the world around it, so that a run which leads to nothing need not be done again.

A script leads to the same wherever the same questions get the same answers: what variables of its environment are,
which file a path means, which scripts are being read already. Large entry scripts are run by many launches that differ
in nothing they look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.containers.paths import Paths, Question
from flake8_celery_oom.resolve.shell.environment import answers

Answers: TypeAlias = frozenset[tuple[str, object]]


@dataclass(slots=True)
class Reading:
    """A script that is being read: its place among those entered, what was followed before, and what it asked."""

    depth: int
    """How many scripts and tasks were entered before it."""
    followed: int
    """How many commands the launch had followed before it."""
    variables: set[str] = field(default_factory=set)
    paths: dict[Question, object] = field(default_factory=dict)
    entered: set[str] = field(default_factory=set)
    bounded: bool = False
    """Whether something was left out for what happened before the script: then it may lead elsewhere another time."""

    def take(self, other: Reading | Fruitless) -> None:
        """What was asked inside this script was asked by it."""
        self.variables |= other.variables
        self.paths.update(other.paths)
        self.entered |= other.entered


@dataclass(frozen=True, slots=True)
class Fruitless:
    """A run that led to nothing: all that it asked, and the answers it got."""

    variables: frozenset[str]
    said: Answers
    paths: Mapping[Question, object]
    entered: frozenset[str]
    times_entered: tuple[int, ...]

    @classmethod
    def of(cls, reading: Reading, environment: Mapping[str, Word], entered: list[str]) -> Fruitless:
        """What is to be remembered of a run that was done in ``environment``, inside the scripts ``entered``."""
        names = frozenset(reading.variables)
        inside = frozenset(reading.entered)
        times = _times(inside, entered[: reading.depth])
        return cls(names, answers(environment, names), dict(reading.paths), inside, times)

    def again(self, environment: Mapping[str, Word], paths: Paths, entered: list[str]) -> bool:
        """Whether a run here would ask the same and get the same answers."""
        return (
            answers(environment, self.variables) == self.said
            and _times(self.entered, entered) == self.times_entered
            and all(paths.answer(question) == answer for question, answer in self.paths.items())
        )


def _times(names: Iterable[str], entered: list[str]) -> tuple[int, ...]:
    return tuple(entered.count(name) for name in sorted(names))
