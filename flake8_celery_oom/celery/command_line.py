"""Celery's command line (skeleton: the signatures are final)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from flake8_celery_oom.model import CeleryVersion, Location, Value, Word

Entry: TypeAlias = Literal[
    "celery", "celeryd", "celeryd-multi", "manage.py", "worker_main", "start", "airflow", "program"
]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that keeps the worker from starting as written."""

    kind: Literal[
        "unknown-option",
        "removed-option",
        "misplaced-option",
        "equals-in-short-option",
        "invalid-value",
        "missing-value",
        "unexpected-argument",
        "needs-equals",
    ]
    at: Location | None
    message: str
    word: Word | None = None
    option: str = ""
    respelled: str | None = None


@dataclass(frozen=True, slots=True)
class CeleryCommand:
    """One worker that a celery command starts."""

    entry: Entry
    words: tuple[Word, ...]
    program_at: Location | None
    at: Location | None
    app: Value[str]
    workdir: Value[str]
    options: Mapping[str, Value[Word]]
    settings: Mapping[str, Word] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    node: str | None = None


@dataclass(frozen=True, slots=True)
class FoundProgram:
    """Where in an argv the celery program starts, and how ``read_commands`` is to read it."""

    index: int
    entry: Entry


def find_program(words: Sequence[Word]) -> FoundProgram | None:
    """Where the celery program starts in an argv from which wrappers (exec, gosu, env...) are taken off."""
    raise NotImplementedError


def read_commands(
    words: Sequence[Word], version: CeleryVersion, *, entry: Entry = "celery"
) -> tuple[CeleryCommand, ...]:
    """The workers that ``words`` start; ``words[0]`` is the program (``words[FoundProgram.index:]``)."""
    raise NotImplementedError
