"""Values inside Dockerfile instructions: the exec form, NAME=value pairs and ``${NAME:-default}``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.dockerfile import words

Lookup: TypeAlias = Callable[[str], "Word | None"]
"""What a variable holds while the image is built; None when nothing in the Dockerfile sets it."""

_Parts: TypeAlias = "list[str | Hole]"

_JSON_GAP = re.compile(r"[ \t\r\n]*")
_JSON_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_JSON_UNIT = re.compile(r"\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\\u....|\\.|.", re.DOTALL)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#]")
_LEGACY = re.compile(r"(\S+)\s+(?=\S)")
_DEEPEST = 20
LONGEST = 65_536
"""Characters that the variables in one value may bring."""


def exec_form(value: MappedText) -> tuple[MappedText, ...] | None:
    """The strings of a JSON array without their quotes, or None when the value is the shell form.

    As in Docker, whatever follows the array is ignored, and one item that is no string makes it no exec form.
    """
    strings = list(_json_strings(value))
    return None if None in strings else tuple(_decoded(value, *span) for span in strings if span is not None)


def exec_words(value: MappedText) -> tuple[Word, ...] | None:
    """The exec form as words; each stands at its string with the quotes."""
    strings = exec_form(value)
    if strings is None:
        return None
    spans = (span for span in _json_strings(value) if span is not None)
    return tuple(
        Word(string.parts(), value.location(start - 1, end + 1), string)
        for string, (start, end) in zip(strings, spans, strict=True)
    )


def _json_strings(value: MappedText) -> Iterator[tuple[int, int] | None]:
    """Where the strings of a JSON array stand, without quotes; None at the end when it is no such array."""
    text = value.text
    position = _skip(text, 0)
    if text[position : position + 1] != "[":
        yield None
        return
    position = _skip(text, position + 1)
    if text[position : position + 1] == "]":
        return
    while (match := _JSON_STRING.match(text, position)) is not None:
        yield match.start() + 1, match.end() - 1
        position = _skip(text, match.end())
        if text[position : position + 1] == "]":
            return
        if text[position : position + 1] != ",":
            break
        position = _skip(text, position + 1)
    yield None


def _skip(text: str, position: int) -> int:
    match = _JSON_GAP.match(text, position)
    return match.end() if match else position


def _decoded(value: MappedText, start: int, end: int) -> MappedText:
    piece = value[start:end]
    if "\\" not in piece.text or piece.holes:
        return piece
    text: list[str] = []
    offsets: list[int] = []
    for match in _JSON_UNIT.finditer(piece.text):
        unit = match[0]
        if len(unit) > 1:
            unit = json.loads(f'"{unit}"')
        text.append(unit)
        offsets.append(piece.offsets[match.start()])
    offsets.append(piece.offsets[len(piece.text)])
    return MappedText(piece.source, "".join(text), offsets)


def arguments(value: MappedText, escape: str) -> list[tuple[str, MappedText | None]]:
    """Name and raw value of every argument of an ARG; the value is None where only a name stands."""
    return [_pair(word) for word in words(value, escape)]


def assignments(value: MappedText, escape: str) -> list[tuple[str, MappedText]]:
    """Name and raw value of every assignment of an ENV; ``ENV NAME some words`` is a single one."""
    found = arguments(value, escape)
    if found and found[0][1] is None:
        legacy = _LEGACY.match(value.text)
        return [(legacy[1], value[legacy.end() :])] if legacy else []
    return [(name, raw) for name, raw in found if raw is not None]


def _pair(word: MappedText) -> tuple[str, MappedText | None]:
    name, equals, _ = word.text.partition("=")
    return name.strip("\"'"), word[len(name) + 1 :] if equals else None


def expand(value: MappedText, escape: str, lookup: Lookup) -> Word:
    """The word that a value of ENV, ARG, WORKDIR, FROM or COPY becomes: quotes removed, variables replaced.

    One that grows beyond :data:`LONGEST`, as by ``ENV A=$A$A`` over and over, is not known.
    """
    try:
        parts = tuple(_Expansion(value, escape, lookup).run())
    except _TooLongError:
        return Word((Hole(value.text[:80], at=value.location()),), value.location())
    return Word(parts or ("",), value.location(), value if parts == (value.text,) else None)


class _TooLongError(Exception):
    """A value longer than any that is meant."""


class _Expansion:
    def __init__(self, value: MappedText, escape: str, lookup: Lookup) -> None:
        self._value = value
        self._text = value.text
        self._escape = escape
        self._lookup = lookup
        self._holes = {hole.start: hole for hole in value.holes}
        self._position = 0
        self._left = LONGEST

    def run(self) -> _Parts:
        return self._until("", 0)

    def _until(self, stop: str, depth: int) -> _Parts:
        parts: _Parts = []
        while self._position < len(self._text):
            char = self._text[self._position]
            if self._position in self._holes:
                _add(parts, self._template_hole())
            elif char == stop:
                break
            elif char == "'":
                _add(parts, self._single_quoted())
            elif char == '"':
                self._double_quoted(parts, depth)
            elif char == self._escape:
                _add(parts, self._text[self._position + 1 : self._position + 2])
                self._position += 2
            elif char == "$":
                parts = _joined(parts, self._spent(self._variable(depth)))
            else:
                _add(parts, char)
                self._position += 1
        return parts

    def _template_hole(self) -> Hole:
        hole = self._holes[self._position]
        self._position = max(hole.end, self._position + 1)
        return hole.hole

    def _single_quoted(self) -> str:
        end = self._text.find("'", self._position + 1)
        end = len(self._text) if end < 0 else end
        inside = self._text[self._position + 1 : end]
        self._position = end + 1
        return inside

    def _double_quoted(self, parts: _Parts, depth: int) -> None:
        self._position += 1
        while self._position < len(self._text) and self._text[self._position] != '"':
            char = self._text[self._position]
            if self._position in self._holes:
                _add(parts, self._template_hole())
            elif char == self._escape and self._text[self._position + 1 : self._position + 2] in {'"', "$", char}:
                _add(parts, self._text[self._position + 1])
                self._position += 2
            elif char == "$":
                parts[:] = _joined(parts, self._spent(self._variable(depth)))
            else:
                _add(parts, char)
                self._position += 1
        self._position += 1

    def _variable(self, depth: int) -> _Parts:
        start = self._position
        braced = self._text[start + 1 : start + 2] == "{"
        match = _VARIABLE.match(self._text, start + 2 if braced else start + 1)
        if match is None or depth > _DEEPEST:
            self._position += 1
            return ["$"]
        self._position = match.end()
        if not braced:
            return self._evaluated(match[0], start, "", [])
        operator = self._operator()
        rest = self._until("}", depth + 1)
        self._position += 1
        return self._evaluated(match[0], start, operator, rest)

    def _spent(self, parts: _Parts) -> _Parts:
        """What a variable brings, taken off the budget."""
        for part in parts:
            self._left -= len(part) if isinstance(part, str) else 1 + len(part.default or "")
        if self._left < 0:
            raise _TooLongError
        return parts

    def _operator(self) -> str:
        char = self._text[self._position : self._position + 1]
        length = 2 if char == ":" else 1 if char and char != "}" else 0
        operator = self._text[self._position : self._position + length]
        self._position += length
        return operator

    def _evaluated(self, name: str, start: int, operator: str, rest: _Parts) -> _Parts:
        end = min(self._position, len(self._text))
        source, at = self._text[start:end], self._value.location(start, end)
        word = self._lookup(name)
        other = Word(tuple(rest) or ("",)).default_text
        if word is None:
            defaults = {"-": other, ":-": other, "+": "", ":+": ""}
            return [Hole(source, name, defaults.get(operator), at)]
        if operator in {"", "?", ":?"}:
            only = word.parts[0] if len(word.parts) == 1 else None
            return [replace(only, source=source)] if isinstance(only, Hole) else list(word.parts)
        if operator not in {"-", ":-", "+", ":+"}:
            return [Hole(source, None, None, at)]
        filled = any(isinstance(part, str) and part for part in word.parts)
        filled = filled or (len(operator) == 1 and word.default_text is not None)
        if not filled and word.text is None:
            default = other if bool(word.default_text) == operator.endswith("+") else word.default_text
            return [Hole(source, None, default or "", at)]
        if operator.endswith("+"):
            return rest if filled else []
        return list(word.parts) if filled else rest


def _add(parts: _Parts, part: str | Hole) -> None:
    if isinstance(part, str) and parts and isinstance(parts[-1], str):
        parts[-1] += part
    elif part != "":
        parts.append(part)


def _joined(parts: _Parts, more: _Parts) -> _Parts:
    for part in more:
        _add(parts, part)
    return parts
