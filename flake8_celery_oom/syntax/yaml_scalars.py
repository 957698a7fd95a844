"""The text of YAML scalars, decoded by hand so that every character keeps its offset in the file.

A YAML parser gives the value of a scalar and where the scalar stands, but not where each character of the value came
from once lines were folded or escapes decoded. The functions here read the same stretch of the file again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Style: TypeAlias = Literal["plain", "single", "double", "literal", "folded"]

BREAKS = "\r\n\x85\u2028\u2029"
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_WHITE = re.compile("[ \t\r\n\x85\u2028\u2029]+")
_LINE = re.compile("[^\r\n\x85\u2028\u2029]*")
_HEADER = re.compile("[|>](?:([1-9])([+-])?|([+-])([1-9])?)?")
_ESCAPES = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "\t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    " ": " ",
    '"': '"',
    "/": "/",
    "\\": "\\",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}
_CODE_LENGTH = {"x": 2, "u": 4, "U": 8}


@dataclass
class Decoded:
    """Characters with the offset each came from; ``end`` is the offset behind the last one."""

    chars: list[str]
    offsets: list[int]
    end: int

    @property
    def text(self) -> str:
        """The decoded text."""
        return "".join(self.chars)

    def add(self, char: str, offset: int) -> None:
        """Append one character."""
        self.chars.append(char)
        self.offsets.append(offset)

    def copy(self, text: str, start: int, end: int) -> None:
        """Append ``text[start:end]`` as it is."""
        self.chars.extend(text[start:end])
        self.offsets.extend(range(start, end))


def decode(text: str, start: int, end: int, style: Style) -> Decoded:
    """Decode the plain or quoted scalar ``text[start:end]`` (quotes included in the stretch)."""
    if style == "plain":
        return _flow_scalar(text, start, end, "")
    return _flow_scalar(text, start + 1, max(start + 1, end - 1), "\\" if style == "double" else "'")


def _flow_scalar(text: str, start: int, end: int, special: str) -> Decoded:
    result = Decoded([], [], end)
    stop = re.compile(f"[ \t{BREAKS}{re.escape(special)}]")
    position = start
    while position < end:
        found = stop.search(text, position, end)
        if found is None:
            result.copy(text, position, end)
            break
        result.copy(text, position, found.start())
        position = found.start()
        if special and text[position] == special:
            position = _escape(text, position, end, result) if special == "\\" else _doubled_quote(position, result)
        else:
            white = _WHITE.match(text, position, end)
            assert white is not None
            _fold(text, position, white.end(), result)
            position = white.end()
    return result


def _doubled_quote(position: int, result: Decoded) -> int:
    result.add("'", position)
    return position + 2


def _fold(text: str, start: int, end: int, result: Decoded, *, escaped: bool = False) -> None:
    """Blanks stay as they are; blanks with line breaks become a space, or the line breaks after the first one."""
    breaks = list(_BREAK.finditer(text, start, end))
    if not breaks and not escaped:
        result.copy(text, start, end)
        return
    if not escaped:
        first = breaks.pop(0)
        if _normal(first.group()) != "\n":
            result.add(first.group(), first.start())
        elif not breaks:
            result.add(" ", first.start())
    for line_break in breaks:
        result.add(_normal(line_break.group()), line_break.start())


def _normal(line_break: str) -> str:
    return line_break if line_break in "\u2028\u2029" else "\n"


def _escape(text: str, position: int, end: int, result: Decoded) -> int:
    kind = text[position + 1 : position + 2]
    line_break = _BREAK.match(text, position + 1, end)
    if line_break is not None:
        white = _WHITE.match(text, line_break.end(), end)
        stop = white.end() if white else line_break.end()
        _fold(text, line_break.end(), stop, result, escaped=True)
        return stop
    length = _CODE_LENGTH.get(kind)
    if length is None:
        result.add(_ESCAPES.get(kind, kind), position)
        return position + 2
    try:
        char = chr(int(text[position + 2 : position + 2 + length], 16))
    except (ValueError, OverflowError):
        char = "\ufffd"
    result.add(char, position)
    return position + 2 + length


def decode_block(
    text: str, start: int, end: int, parent_indent: int, stand_ins: Mapping[int, Sequence[tuple[int, int]]]
) -> Decoded:
    """Decode the literal or folded scalar whose ``|`` or ``>`` is at ``start``.

    ``parent_indent`` is the column (from 0) of the collection that holds the scalar, -1 at the top. ``stand_ins`` maps
    the offset of a blank line to characters of it, each with its indentation, that count as text all the same.
    """
    header = _HEADER.match(text, start)
    result = Decoded([], [], end)
    if header is None:
        return result
    chomping = header.group(2) or header.group(3) or ""
    digit = header.group(1) or header.group(4)
    lines = _lines(text, start, end)
    indent = max(parent_indent, 0) + int(digit) if digit else _detected_indent(text, lines, parent_indent)
    folded = text[start] == ">"
    last = max((line[0] for line in lines if _content(text, line[0], line[1], indent) is not None), default=start)
    pending: list[tuple[str, int]] = []
    content_seen = previous_blank = False
    for line_start, line_end, line_break in lines:
        pieces = [offset for offset, wanted in stand_ins.get(line_start, ()) if wanted >= indent or offset < last]
        content = [("X", offset) for offset in pieces] if pieces else _content(text, line_start, line_end, indent)
        if content is None:
            if line_end - line_start < indent and text[line_start:line_end].strip(" "):
                break
            if line_break:
                pending.append((_normal(line_break), line_end))
            continue
        blank = content[0][0] in " \t"
        first = pending[0] if pending else None
        if content_seen and first and folded and first[0] == "\n" and not previous_blank and not blank:
            pending.pop(0)
            if not pending:
                result.add(" ", first[1])
        for char, offset in pending:
            result.add(char, offset)
        pending = [(_normal(line_break), line_end)] if line_break else []
        for char, offset in content:
            result.add(char, offset)
        content_seen, previous_blank = True, blank
    kept = pending if chomping == "+" else pending[: 1 if content_seen and chomping != "-" else 0]
    for char, offset in kept:
        result.add(char, offset)
    if kept or result.offsets:
        result.end = result.offsets[-1] + 1
    return result


def _lines(text: str, start: int, end: int) -> list[tuple[int, int, str]]:
    """The lines below the header line: start, end without the line break, line break."""
    header = _LINE.match(text, start)
    position = header.end() if header else start
    lines: list[tuple[int, int, str]] = []
    first = _BREAK.match(text, position)
    position = first.end() if first else len(text)
    while position < end:
        line = _LINE.match(text, position)
        line_end = line.end() if line else position
        line_break = _BREAK.match(text, line_end)
        lines.append((position, line_end, line_break.group() if line_break else ""))
        if line_break is None:
            break
        position = line_break.end()
    return lines


def _detected_indent(text: str, lines: Sequence[tuple[int, int, str]], parent_indent: int) -> int:
    deepest = max(parent_indent + 1, 1)
    for start, end, _ in lines:
        line = text[start:end]
        spaces = len(line) - len(line.lstrip(" "))
        deepest = max(deepest, spaces)
        if spaces < len(line):
            break
    return deepest


def _content(text: str, start: int, end: int, indent: int) -> list[tuple[str, int]] | None:
    """The characters of a line behind its indentation; None when there are none."""
    if end - start <= indent or text[start : start + indent].strip(" "):
        return None
    return list(zip(text[start + indent : end], range(start + indent, end), strict=True))
