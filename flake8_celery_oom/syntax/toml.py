"""TOML with exact positions, read into :mod:`flake8_celery_oom.syntax.yaml_nodes`.

A table is a Mapping whose ``at`` is its header (the key for dotted keys), an array of tables is a Sequence of such
Mappings. Dotted keys and repeated headers are put together as TOML means them. A line that is no TOML is passed over,
and the first such line is the document's problem.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.yaml_nodes import Document, Entry, Mapping, Node, Scalar, Sequence, YamlProblem

LARGEST = 2_000_000
"""Characters; larger texts are refused."""
DEEPEST = 100
"""Arrays and inline tables inside one another, and parts of one key; what is deeper is not read."""

_BLANK = re.compile(r"[ \t]*")
_BETWEEN = re.compile(r"(?:[\s\ufeff]+|#[^\r\n]*)*")
_END_OF_LINE = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?=\r?\n|$)")
_REST_OF_LINE = re.compile(r"[^\n]*\n?")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]+|[^\s,\[\]{}#\"'=]+")
_SINGLE_LINE = {'"': re.compile(r'"(?:[^"\\\r\n]|\\[^\r\n])*"'), "'": re.compile(r"'[^'\r\n]*'")}
_MULTI_LINE = {
    '"': re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}', re.DOTALL),
    "'": re.compile(r"'''(?:[^']|'(?!''))*'{3,5}"),
}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([ \t]*\r?\n\s*)|(.))", re.DOTALL)
_SHORT_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


def parse(source: SourceText | MappedText) -> Document:
    """Read a whole file. Everything readable is returned, also beside a problem."""
    text = MappedText.plain(source) if isinstance(source, SourceText) else source
    if len(text.text) > LARGEST:
        return Document(None, YamlProblem(1, f"the file is larger than {LARGEST} characters and was not read"))
    return _Reader(text).read()


@dataclass(slots=True)
class _Table:
    """A table that may still grow."""

    at: Location
    keys: dict[str, Scalar] = field(default_factory=dict)
    values: dict[str, _Value] = field(default_factory=dict)
    inline: bool = False


_Value: TypeAlias = "_Table | list[_Table] | Node"


class _BadTomlError(Exception):
    """The text at ``position`` is no TOML."""

    def __init__(self, position: int, message: str) -> None:
        super().__init__(message)
        self.position = position


class _Reader:
    """Reads line by line; values may span lines."""

    def __init__(self, mapped: MappedText) -> None:
        self._mapped = mapped
        self._text = mapped.text
        self._position = 0
        self._root = _Table(mapped.location(0, 0))
        self._problem: YamlProblem | None = None

    def read(self) -> Document:
        """The root table."""
        table: _Table = self._root
        self._skip(_BETWEEN)
        while self._position < len(self._text):
            try:
                if self._text.startswith("[", self._position):
                    table = self._header()
                else:
                    self._pair(table, 0)
                self._end_of_line()
            except _BadTomlError as problem:
                line = self._mapped.location(problem.position, problem.position).line
                self._problem = self._problem or YamlProblem(line, str(problem))
            self._skip(_REST_OF_LINE)
            self._skip(_BETWEEN)
        return Document(_frozen(self._root), self._problem)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._position)
        self._position = match.end() if match else self._position

    def _expect(self, mark: str) -> None:
        if not self._text.startswith(mark, self._position):
            raise _BadTomlError(self._position, f"expected {mark!r}")
        self._position += len(mark)

    def _end_of_line(self) -> None:
        if _END_OF_LINE.match(self._text, self._position) is None:
            raise _BadTomlError(self._position, "text behind the end of a value")

    # Tables

    def _header(self) -> _Table:
        start = self._position
        several = self._text.startswith("[[", start)
        self._position += 2 if several else 1
        names = self._key()
        self._expect("]]" if several else "]")
        at = self._mapped.location(start, self._position)
        parent = self._table(self._root, names[:-1], at)
        last = names[-1]
        if not several:
            return self._table(parent, [last], at)
        tables = parent.values.setdefault(last.value.text, [])
        if not isinstance(tables, list):
            raise _BadTomlError(start, f"{last.value.text!r} is no array of tables")
        parent.keys.setdefault(last.value.text, last)
        tables.append(_Table(at))
        return tables[-1]

    def _table(self, table: _Table, names: list[Scalar], at: Location | None = None) -> _Table:
        """The table that ``names`` lead to; tables on the way are made."""
        for name in names:
            found = table.values.setdefault(name.value.text, _Table(at or name.at))
            table.keys.setdefault(name.value.text, name)
            if isinstance(found, list) and found:
                found = found[-1]
            if not isinstance(found, _Table) or found.inline:
                raise _BadTomlError(self._position, f"{name.value.text!r} has a value and is no table")
            table = found
        return table

    def _pair(self, table: _Table, depth: int) -> None:
        start = self._position
        names = self._key()
        self._expect("=")
        self._skip(_BLANK)
        value = self._value(depth + len(names) - 1)
        owner = self._table(table, names[:-1])
        name = names[-1]
        if name.value.text in owner.values:
            raise _BadTomlError(start, f"{name.value.text!r} is defined twice")
        owner.keys[name.value.text] = name
        owner.values[name.value.text] = value

    def _key(self) -> list[Scalar]:
        """The parts of a dotted key."""
        names: list[Scalar] = []
        while len(names) < DEEPEST:
            self._skip(_BLANK)
            start = self._position
            if self._text[start : start + 1] in _SINGLE_LINE and self._text[start : start + 1]:
                names.append(self._string())
            elif match := _BARE_KEY.match(self._text, start):
                self._position = match.end()
                names.append(self._plain(start))
            else:
                raise _BadTomlError(start, "expected a key")
            self._skip(_BLANK)
            if not self._text.startswith(".", self._position):
                return names
            self._position += 1
        raise _BadTomlError(self._position, f"a key of more than {DEEPEST} parts")

    # Values

    def _value(self, depth: int) -> _Value:
        if depth >= DEEPEST:
            raise _BadTomlError(self._position, f"values are nested deeper than {DEEPEST} levels")
        char = self._text[self._position : self._position + 1]
        if char and char in "\"'":
            return self._string()
        if char == "[":
            return self._array(depth)
        if char == "{":
            return self._inline_table(depth)
        start = self._position
        if match := _BARE_VALUE.match(self._text, start):
            self._position = match.end()
            return self._plain(start)
        raise _BadTomlError(start, "expected a value")

    def _plain(self, start: int) -> Scalar:
        return Scalar(self._mapped[start : self._position], "plain", self._mapped.location(start, self._position))

    def _string(self) -> Scalar:
        start = self._position
        quote = self._text[start]
        several = self._text.startswith(quote * 3, start)
        match = (_MULTI_LINE if several else _SINGLE_LINE)[quote].match(self._text, start)
        if match is None:
            self._position = len(self._text) if several else start
            raise _BadTomlError(start, "a string without an end")
        self._position = match.end()
        first, last = (start + 3, match.end() - 3) if several else (start + 1, match.end() - 1)
        if several and (newline := re.compile(r"\r?\n").match(self._text, first)):
            first = newline.end()
        value = self._mapped[first:last]
        value = _decoded(value) if quote == '"' else value
        return Scalar(value, "double" if quote == '"' else "single", self._mapped.location(start, match.end()))

    def _array(self, depth: int) -> Node:
        start = self._position
        self._position += 1
        items: list[Node] = []
        while True:
            self._skip(_BETWEEN)
            if self._text.startswith("]", self._position):
                self._position += 1
                return Sequence(tuple(items), self._mapped.location(start, self._position), flow=True)
            items.append(_frozen(self._value(depth + 1)))
            self._skip(_BETWEEN)
            if not self._text.startswith("]", self._position):
                self._expect(",")

    def _inline_table(self, depth: int) -> _Table:
        start = self._position
        self._position += 1
        table = _Table(self._mapped.location(start, start), inline=True)
        self._skip(_BETWEEN)
        while not self._text.startswith("}", self._position):
            self._pair(table, depth + 1)
            self._skip(_BETWEEN)
            if not self._text.startswith("}", self._position):
                self._expect(",")
                self._skip(_BETWEEN)
        self._position += 1
        table.at = self._mapped.location(start, self._position)
        return table


def _frozen(value: _Value) -> Node:
    if isinstance(value, _Table):
        entries = tuple(Entry(value.keys[name], _frozen(inner)) for name, inner in value.values.items())
        return Mapping(entries, value.at, flow=value.inline)
    if isinstance(value, list):
        return Sequence(tuple(_frozen(table) for table in value), value[0].at)
    return value


def _decoded(written: MappedText) -> MappedText:
    """What stands between the quotes of a basic string, decoded; an escape stands where its backslash stands."""
    if "\\" not in written.text:
        return written
    pieces: list[MappedText] = []
    position = 0
    for match in _ESCAPE.finditer(written.text):
        start, end = match.span()
        pieces.append(written[position:start])
        if text := _escaped(match):
            pieces.append(MappedText(written.source, text, [written.offsets[start], written.offsets[end]]))
        position = end
    pieces.append(written[position:])
    return MappedText.joined(pieces)


def _escaped(match: re.Match[str]) -> str:
    if match[4] is not None:
        return ""
    if match[5] is not None:
        return _SHORT_ESCAPES.get(match[5], match[5])
    code = int(match[1] or match[2] or match[3], 16)
    return chr(code) if code <= 0x10FFFF else "\ufffd"
