"""Splits a command that a compose file gives as text into words, as Compose itself does: no shell expands anything.

Held against Docker Compose 5.6.1, which uses go-shellwords 1.0.12: what stands behind an unquoted ``;``, ``&``, ``|``,
``<`` or ``>`` is dropped, and a backslash keeps the line end behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.core.word import Word

_BLANKS = frozenset(" \t\r\n")
_ENDS = frozenset(";&|<>")
_ESCAPED = {"t": "\t", "n": "\n"}


@dataclass
class _Draft:
    """A word while it is read: characters with their offsets in the file."""

    text: list[str] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    holes: list[TextHole] = field(default_factory=list)
    begun: bool = False


def split(text: MappedText) -> tuple[Word, ...] | None:
    """The words; None where Compose refuses the text, as for a quote that is not closed."""
    return _Splitter(text).words()


class _Splitter:
    def __init__(self, text: MappedText) -> None:
        self._whole = text
        self._holes = {hole.start: hole for hole in text.holes}
        self._words: list[Word] = []
        self._draft = _Draft()
        self._quote = ""

    def words(self) -> tuple[Word, ...] | None:
        text, position = self._whole.text, 0
        while position < len(text):
            if position in self._holes:
                position = self._hole(self._holes[position])
                continue
            char = text[position]
            if char == "\\" and self._quote != "'":
                position += 1
                if position == len(text):
                    return None
                self._add(_ESCAPED.get(text[position], text[position]), position)
            elif char in _BLANKS and not self._quote:
                self._end()
            elif char in _ENDS and not self._quote:
                if char == ">" and self._draft.text and self._draft.text[0].isdecimal():
                    self._draft = _Draft()
                self._end()
                return tuple(self._words)
            elif not self._take(char, position):
                return None
            position += 1
        if self._quote:
            return None
        self._end()
        return tuple(self._words)

    def _take(self, char: str, position: int) -> bool:
        """One character that is neither escaped nor a blank outside of quotes; false where Compose refuses it."""
        if char in "'\"" and self._quote in {"", char}:
            self._quote = "" if self._quote else char
            self._draft.begun = True
            return True
        if char == "`" and self._quote in {"", "`"}:
            self._quote = "" if self._quote else "`"
        elif char in "()" and self._quote in {"", "("}:
            opens = char == "(" and not self._quote and self._draft.text[-1:] == ["$"]
            if not opens and (char == "(" or not self._quote):
                return False
            self._quote = "(" if opens else ""
        self._add(char, position)
        return True

    def _add(self, char: str, position: int) -> None:
        self._draft.text.append(char)
        self._draft.offsets.append(self._whole.offsets[position])
        self._draft.begun = True

    def _hole(self, hole: TextHole) -> int:
        """Take in a hole; returns where it ends. Inside quotes it is one word whatever it holds."""
        start = len(self._draft.text)
        for position in range(hole.start, hole.end):
            self._add(self._whole.text[position], position)
        inner = replace(hole.hole, several=False) if self._quote else hole.hole
        self._draft.holes.append(TextHole(start, len(self._draft.text), inner))
        return hole.end

    def _end(self) -> None:
        draft, self._draft = self._draft, _Draft()
        if not draft.begun:
            return
        source = self._whole.source
        if not draft.text:
            self._words.append(Word(("",), self._whole.location()))
            return
        first, last = draft.offsets[0], max(draft.offsets) + 1
        mapped = MappedText(source, "".join(draft.text), [*draft.offsets, last], tuple(draft.holes))
        parts = mapped.parts()
        if len(parts) > 1:
            parts = tuple(replace(part, several=False) if isinstance(part, Hole) else part for part in parts)
        self._words.append(Word(parts, source.location(first, last), mapped))
