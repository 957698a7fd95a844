"""A command with all that it is started with: what interpreters and runners hand to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flake8_celery_oom.model import Location, Word
from flake8_celery_oom.text import MappedText


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command that a shell starts: its words, its environment, and the text fed to it."""

    words: tuple[Word, ...]
    environment: Mapping[str, Word]
    directory: str
    at: Location
    stdin: MappedText | None = None
    detours: int = 0
    """How many decisions on the way here go against what happens when the environment sets nothing."""
