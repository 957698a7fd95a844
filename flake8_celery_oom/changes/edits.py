"""Edits as text: whether some can land together, what a file is with them, and where its places are afterwards."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

from flake8_celery_oom.core.findings import Edit, Fix
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.source import SourceText


class ConflictError(ValueError):
    """Two edits want the same stretch of a file."""


def by_path(fixes: Iterable[Fix]) -> dict[str, tuple[Edit, ...]]:
    """The edits of several fixes, file by file, in the order of their places; one that comes twice counts once.

    Insertions at one place keep the order of the fixes. Raises ConflictError when two edits want the same stretch.
    """
    found: dict[str, list[Edit]] = {}
    for fix in fixes:
        for edit in fix.edits:
            edits = found.setdefault(edit.at.path, [])
            if edit not in edits:
                edits.append(edit)
    return {path: _ordered(edits) for path, edits in sorted(found.items())}


def _ordered(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    ordered = sorted(edits, key=lambda edit: (edit.at.start, edit.at.end))
    for left, right in pairwise(ordered):
        if _meet(left, right):
            raise ConflictError(f"{left.at} and {right.at}")
    return tuple(ordered)


def _meet(left: Edit, right: Edit) -> bool:
    """Whether two edits touch. Two insertions at one place do not, unless both insert the same option."""
    if left.at.end < right.at.start:
        return False
    inserted = left.at.start == left.at.end == right.at.start == right.at.end
    return not inserted or _name(left) == _name(right)


def _name(edit: Edit) -> str:
    """What an inserted text sets: the part before its value."""
    return edit.replacement.rpartition("=")[0]


def apply(text: str, edits: Sequence[Edit]) -> str:
    """The text of a file with the edits made, which are in order and do not meet."""
    pieces: list[str] = []
    position = 0
    for edit in edits:
        pieces += text[position : edit.at.start], edit.replacement
        position = edit.at.end
    return "".join([*pieces, text[position:]])


class Shift:
    """Where the places of one file are after its edits."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._starts = [edit.at.start for edit in edits]
        self._edits = edits
        self._grown = [0]
        for edit in edits:
            self._grown.append(self._grown[-1] + len(edit.replacement) - (edit.at.end - edit.at.start))

    def offset(self, offset: int) -> int:
        """Where the character at ``offset`` is afterwards; one that is replaced: where its replacement starts.

        A place at which something is inserted stays before it.
        """
        index = bisect_right(self._starts, offset)
        if index and self._edits[index - 1].at.start == offset:
            while index and self._edits[index - 1].at.start == offset:
                index -= 1
            return offset + self._grown[index]
        if index and offset < self._edits[index - 1].at.end:
            return self._edits[index - 1].at.start + self._grown[index - 1]
        return offset + self._grown[index]

    def touched(self, at: Location) -> bool:
        """Whether an edit changes something in the stretch or at its ends."""
        return any(edit.at.start <= at.end and at.start <= edit.at.end for edit in self._edits)


def line_end(source: SourceText, offset: int) -> str:
    """How the lines around ``offset`` end: CR LF or LF."""
    text = source.text
    found = text.find("\n", offset)
    if found < 0:
        found = text.rfind("\n", 0, offset)
    return "\r\n" if found > 0 and text[found - 1] == "\r" else "\n"
