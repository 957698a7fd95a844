"""Words of a command line."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command line or one value of a variable, known in whole, in part or not at all.

    ``mapped`` is the text the word was taken from, where there is one: it lets a word that holds a whole command
    (``sh -c "celery ..."``) be read with exact positions.
    """

    parts: tuple[str | Hole, ...]
    at: Location | None = None
    mapped: MappedText | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, mapped: MappedText) -> Word:
        """The whole of a text as one word."""
        return cls(mapped.parts(), mapped.location(), mapped)

    @property
    def text(self) -> str | None:
        """The word's text, or None when a piece of it is unknown."""
        if all(isinstance(part, str) for part in self.parts):
            return "".join(part for part in self.parts if isinstance(part, str))
        return None

    @property
    def default_text(self) -> str | None:
        """The text with every hole replaced by its default, or None when a hole has none."""
        pieces = [part if isinstance(part, str) else part.default for part in self.parts]
        return None if any(piece is None for piece in pieces) else "".join(piece or "" for piece in pieces)

    @property
    def shown(self) -> str:
        """The word for people: holes as they are written in the file."""
        return "".join(part if isinstance(part, str) else part.source for part in self.parts)

    @property
    def holes(self) -> tuple[Hole, ...]:
        """The unknown pieces."""
        return tuple(part for part in self.parts if isinstance(part, Hole))

    @property
    def several(self) -> bool:
        """Whether the word may turn out to be no word, or more than one."""
        return any(hole.several for hole in self.holes)

    @property
    def project_path(self) -> str | None:
        """The path of the project that the word is known to be: ``os.path.join(HERE, "start.sh")`` of a program."""
        first = self.parts[0] if self.parts else None
        rest = [part for part in self.parts[1:] if isinstance(part, str)]
        if not isinstance(first, Hole) or first.path is None or len(rest) < len(self.parts) - 1:
            return None
        return posixpath.normpath(f"{first.path}{''.join(rest)}".lstrip("/"))


def literal(text: str, at: Location | None = None) -> Word:
    """A wholly known word."""
    return Word((text,), at)
