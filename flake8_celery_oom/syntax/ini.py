"""Ini files as Python's configparser reads them: sections, keys, values that go on over indented lines.

Sections and keys that stand twice are kept twice. Lines that hold only control statements of a template vanish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.placeholders import is_template_control, with_template_holes

_SECTION = re.compile(r"\[(.+)\]")
_KEY = re.compile(r"([^=:\s](?:[^=:]*[^=:\s])?)\s*[=:]\s*")
_INLINE_COMMENT = re.compile(r"(?:\A|(?<=\s))[;#]")


@dataclass(frozen=True)
class Entry:
    """``key = value``: the key in small letters, the lines of the value joined by line ends."""

    key: str
    value: MappedText
    at: Location
    """Where the key stands."""


@dataclass(frozen=True)
class Section:
    """``[name]`` and what stands below it."""

    name: str
    at: Location
    entries: tuple[Entry, ...]

    def get(self, key: str) -> MappedText | None:
        """The value of a key; the last one counts."""
        return next((entry.value for entry in reversed(self.entries) if entry.key == key), None)


def parse(source: SourceText, *, inline_comments: bool = False, marks: str = ";#") -> tuple[Section, ...]:
    """All sections in order. With ``inline_comments``, `` ;`` and `` #`` end a line as they do for supervisor.

    ``marks`` are the characters that do so.
    """
    reader = _Reader(source, marks if inline_comments else "")
    for start, end in _lines(source.text):
        reader.take(start, end)
    return reader.finished()


class _Reader:
    def __init__(self, source: SourceText, marks: str) -> None:
        self._source = source
        self._marks = marks
        self._sections: list[Section] = []
        self._name: tuple[str, Location] | None = None
        self._entries: list[Entry] = []
        self._key: tuple[str, Location] | None = None
        self._pieces: list[MappedText] = []
        self._indent = 0

    def finished(self) -> tuple[Section, ...]:
        self._close_section()
        return tuple(self._sections)

    def take(self, start: int, end: int) -> None:
        text = self._source.text[start:end]
        if text.lstrip().startswith(("#", ";")) or is_template_control(text):
            return
        comment = next((one for one in _INLINE_COMMENT.finditer(text) if one[0] in self._marks), None)
        content = text[: comment.start()] if comment else text
        indent = len(content) - len(content.lstrip())
        content = content.strip()
        if not content:
            return
        start += indent
        if self._key is not None and indent > self._indent:
            self._pieces.append(MappedText.plain(self._source, start, start + len(content)))
            return
        self._close_entry()
        section = _SECTION.match(content)
        if section:
            self._close_section()
            self._name = section[1].strip(), self._source.location(start, start + len(content))
        elif self._name is not None:
            self._open_entry(content, start, indent)

    def _open_entry(self, content: str, start: int, indent: int) -> None:
        key = _KEY.match(content)
        if key is None:
            return
        self._key = key[1].lower(), self._source.location(start, start + len(key[1]))
        self._pieces = [MappedText.plain(self._source, start + key.end(), start + len(content))]
        self._indent = indent

    def _close_entry(self) -> None:
        if self._key is not None:
            filled = [piece for piece in self._pieces if piece.text] or self._pieces[:1]
            value = filled[0] if len(filled) == 1 else MappedText.joined(filled, "\n")
            self._entries.append(Entry(self._key[0], with_template_holes(value), self._key[1]))
        self._key = None

    def _close_section(self) -> None:
        self._close_entry()
        if self._name is not None:
            self._sections.append(Section(*self._name, tuple(self._entries)))
        self._name, self._entries = None, []


def _lines(text: str) -> Iterator[tuple[int, int]]:
    position = 0
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        yield position, end - 1 if text[end - 1 : end] == "\r" and end > position else end
        position = end + 1
