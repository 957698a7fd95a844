"""Places in the files of a project.

Offsets count code points in the decoded text of a file; lines and columns count from 1, columns in code points.
Paths are POSIX paths relative to the root of the workspace.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A stretch of one file: ``text[start:end]``, with the lines and columns that people and editors use."""

    path: str
    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"

    def contains(self, other: Location) -> bool:
        """Whether ``other`` lies inside this place, or is the same."""
        return self.path == other.path and self.start <= other.start and other.end <= self.end

    def touches(self, other: Location) -> bool:
        """Whether the two places share a character, or one ends where the other starts."""
        return self.path == other.path and self.start <= other.end and other.start <= self.end
