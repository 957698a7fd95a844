"""JSON with exact positions, read into :mod:`flake8_celery_oom.syntax.yaml_nodes`.

Comments, trailing and missing commas and bare words are let pass (VS Code writes JSON with comments; templates that
were masked leave gaps). Text that fits nowhere is skipped, and the first such place is the document's problem.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.yaml_nodes import Document, Entry, Mapping, Node, Scalar, Sequence, YamlProblem

LARGEST = 2_000_000
"""Characters; larger texts are refused."""
DEEPEST = 200
"""Collections inside one another; what is deeper is not read."""

_BETWEEN = re.compile(r"(?:[\s,\ufeff]+|//[^\r\n]*|/\*(?s:.*?)(?:\*/|\Z))*")
_STRING = re.compile(r'"(?:[^"\\\r\n]|\\[^\r\n])*"')
_BARE = re.compile(r"[^\s,:{}\[\]\"/]+")
_REST_OF_LINE = re.compile(r"[^\r\n]*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?|(.))")
_SHORT_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_CLOSING = {"{": "}", "[": "]"}


def parse(source: SourceText | MappedText) -> Document:
    """Read a whole file, or JSON that was taken out of one. Everything readable is returned, also beside a problem."""
    text = MappedText.plain(source) if isinstance(source, SourceText) else source
    if len(text.text) > LARGEST:
        return Document(None, YamlProblem(1, f"the file is larger than {LARGEST} characters and was not read"))
    reader = _Reader(text)
    node = reader.read()
    return Document(node, reader.problem)


@dataclass(slots=True)
class _Open:
    """A collection whose end is not reached yet."""

    bracket: str
    start: int
    nodes: list[Node] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    key: Scalar | None = None


class _Reader:
    """Reads tokens from left to right with a stack of open collections: no recursion."""

    def __init__(self, mapped: MappedText) -> None:
        self._mapped = mapped
        self._text = mapped.text
        self._root: Node | None = None
        self._stack: list[_Open] = []
        self.problem: YamlProblem | None = None

    def read(self) -> Node | None:
        """The root node, None for a file without any value."""
        text = self._text
        position = _end(_BETWEEN, text, 0)
        while position < len(text) and (self._root is None or self._stack):
            position = _end(_BETWEEN, text, self._token(position))
        if position < len(text):
            self._complain(position, "text behind the end of the value")
        if self._stack:
            self._complain(self._stack[-1].start, f"{self._stack[-1].bracket!r} is never closed")
        while self._stack:
            self._close(len(text))
        return self._root

    def _token(self, position: int) -> int:
        char = self._text[position]
        if char in "{[":
            if len(self._stack) >= DEEPEST:
                self._complain(position, f"collections are nested deeper than {DEEPEST} levels")
                return len(self._text)
            self._stack.append(_Open(char, position))
            return position + 1
        if char in "}]":
            if self._stack and _CLOSING[self._stack[-1].bracket] == char:
                self._close(position + 1)
            else:
                self._complain(position, f"unexpected {char!r}")
            return position + 1
        scalar, end = self._scalar(position)
        if scalar is None:
            self._complain(position, "a string without an end" if char == '"' else f"unexpected {char!r}")
            return end
        frame = self._stack[-1] if self._stack else None
        if frame is None or frame.bracket == "[" or frame.key is not None:
            self._add(scalar)
            return end
        colon = _end(_BETWEEN, self._text, end)
        if self._text[colon : colon + 1] != ":":
            self._complain(position, f"the key {scalar.value.text!r} has no value")
            return end
        frame.key = scalar
        return colon + 1

    def _scalar(self, position: int) -> tuple[Scalar | None, int]:
        if match := _STRING.match(self._text, position):
            end = match.end()
            return Scalar(
                _decoded(self._mapped[position + 1 : end - 1]), "double", self._mapped.location(position, end)
            ), end
        if match := _BARE.match(self._text, position):
            value = self._mapped[position : match.end()]
            return Scalar(value, "plain", value.location()), match.end()
        return None, _end(_REST_OF_LINE, self._text, position) if self._text[position] == '"' else position + 1

    def _close(self, end: int) -> None:
        frame = self._stack.pop()
        at = self._mapped.location(frame.start, end)
        if frame.bracket == "[":
            self._add(Sequence(tuple(frame.nodes), at, flow=True))
            return
        if frame.key is not None:
            self._complain(frame.start, f"the key {frame.key.value.text!r} has no value")
        self._add(Mapping(tuple(frame.entries), at, flow=True))

    def _add(self, node: Node) -> None:
        if not self._stack:
            self._root = node
            return
        frame = self._stack[-1]
        if frame.bracket == "[":
            frame.nodes.append(node)
        elif frame.key is not None:
            frame.entries.append(Entry(frame.key, node))
            frame.key = None
        else:
            self._complain(frame.start, "a value without a key")

    def _complain(self, position: int, message: str) -> None:
        if self.problem is None:
            self.problem = YamlProblem(self._mapped.location(position, position).line, message)


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _decoded(written: MappedText) -> MappedText:
    """What stands between two quotes, decoded; an escape stands where its backslash stands."""
    if "\\" not in written.text:
        return written
    pieces: list[MappedText] = []
    position = 0
    for match in _ESCAPE.finditer(written.text):
        start, end = match.span()
        text = _escaped(match)
        offsets = [written.offsets[start], written.offsets[start + len("\\u0000")]] if len(text) > 1 else []
        pieces.append(written[position:start])
        pieces.append(MappedText(written.source, text, [*(offsets or [written.offsets[start]]), written.offsets[end]]))
        position = end
    pieces.append(written[position:])
    return MappedText.joined(pieces)


def _escaped(match: re.Match[str]) -> str:
    if match[1] is None:
        return _SHORT_ESCAPES.get(match[3], match[3])
    first = int(match[1], 16)
    if match[2] is None:
        return chr(first)
    second = int(match[2], 16)
    if 0xD800 <= first < 0xDC00:
        return chr(0x10000 + (first - 0xD800) * 0x400 + (second - 0xDC00))
    return chr(first) + chr(second)
