"""A command with all that it is started with: what interpreters and runners hand to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.word import Word


class Copied(NamedTuple):
    """A file that a command has put somewhere: both paths as the command has them, from the folder it ran in on."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command that a shell starts: its words, its environment, and the text fed to it."""

    words: tuple[Word, ...]
    environment: Mapping[str, Word]
    directory: str
    at: Location
    stdin: MappedText | None = None
    detours: int = 0
    """Number of branches taken that differ from the path with an empty environment; 0 is the default path."""
    copied: tuple[Copied, ...] = ()
    """The files that the shell has put into other places before, the last one last."""
