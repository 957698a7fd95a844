"""The inside of shell words: quotes, escapes, ``$name``, ``${name:-default}``, ``$(command)``, ``$((sum))``.

Also splits a line into words the way programs do that run no shell (supervisor, compose).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from flake8_celery_oom.core.mapped import MappedText


@dataclass(frozen=True, slots=True)
class Text:
    """Literal text; ``quoted`` text is never split and an empty quoted text still makes a word."""

    text: MappedText
    quoted: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """``$name`` or ``${name<operator>operand}``; ``array`` for ``${name[@]}``; the operator ``[`` has an index."""

    name: str
    operator: str
    operand: MappedText | None
    source: MappedText
    quoted: bool
    array: bool = False


@dataclass(frozen=True, slots=True)
class Substitution:
    """``$(command)`` or a command in backquotes."""

    command: MappedText
    source: MappedText
    quoted: bool


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``$((expression))``."""

    expression: MappedText
    source: MappedText
    quoted: bool


WordPart: TypeAlias = Text | Parameter | Substitution | Arithmetic

_KEPT = "_shell_parts"
"""Where a text keeps its parts: scripts expand the same word over and over."""
_SPECIAL_CHARACTERS = re.compile(r"[\\'\"`$]")
_SPECIAL = frozenset("@*#?-$!0123456789")
_OPERATORS = (":-", ":=", ":?", ":+", "##", "%%", "//", "-", "=", "?", "+", "#", "%", "/", ":", "^^", ",,", "^", ",")


def parts(word: MappedText, *, quoted: bool = False) -> tuple[WordPart, ...]:
    """The parts of one word; with ``quoted``, of text that stands inside double quotes or a here-document."""
    if not word.holes and not _SPECIAL_CHARACTERS.search(word.text):
        return (Text(word, quoted),) if word.text else ()
    if quoted:
        return tuple(_Scanner(word).scan("body"))
    kept = vars(word)
    if _KEPT not in kept:
        kept[_KEPT] = tuple(_Scanner(word).scan(""))
    made: tuple[WordPart, ...] = kept[_KEPT]
    return made


class _Scanner:
    """Reads one word from left to right. Pieces of the word that are holes already are kept as text."""

    def __init__(self, word: MappedText) -> None:
        self.word = word
        self.text = word.text
        self.covered = bytearray(len(word.text))
        for hole in word.holes:
            self.covered[hole.start : hole.end] = b"\1" * (hole.end - hole.start)

    def scan(self, mode: str) -> Iterator[WordPart]:
        """``mode`` is empty outside of quotes, ``"`` inside double quotes, ``body`` in a here-document."""
        text, position, start = self.text, 0, 0
        while position < len(text):
            special = None if self.covered[position] else self._special(position, mode)
            if special is None:
                position += 1
                continue
            if start < position:
                yield Text(self.word[start:position], bool(mode))
            made, position, mode = special
            yield from made
            start = position
        if start < position:
            yield Text(self.word[start:position], bool(mode))

    def _special(self, at: int, mode: str) -> tuple[tuple[WordPart, ...], int, str] | None:
        """What starts at ``at`` when it is no plain character: the parts, where they end, and the mode from there."""
        char = self.text[at]
        if char == "\\":
            return self._escape(at, mode)
        if char == "'" and not mode:
            end = self.text.find("'", at + 1)
            end = len(self.text) if end < 0 else end
            return (Text(self.word[at + 1 : end], True),), end + 1, mode
        if char == '"' and mode != "body":
            empty = self.text[at + 1 : at + 2] == '"' and not mode
            return ((Text(self.word[at + 1 : at + 1], True),) if empty else (), at + 1, "" if mode else '"')
        if char == "`":
            end = self.text.find("`", at + 1)
            end = len(self.text) if end < 0 else end
            return (Substitution(self.word[at + 1 : end], self.word[at : end + 1], bool(mode)),), end + 1, mode
        if char == "$":
            made, end = self._dollar(at, mode)
            return ((made,), end, mode) if made is not None else None
        return None

    def _escape(self, at: int, mode: str) -> tuple[tuple[WordPart, ...], int, str] | None:
        following = self.text[at + 1 : at + 2]
        if following == "\n":
            return (), at + 2, mode
        if self.text[at + 1 : at + 3] in {"\r\n", " \n"}:
            return (), at + 3, mode
        if not following or (mode and following not in '$`"\\'):
            return None
        return (Text(self.word[at + 1 : at + 2], True),), at + 2, mode

    def _dollar(self, at: int, mode: str) -> tuple[WordPart | None, int]:
        text, quoted = self.text, bool(mode)
        following = text[at + 1 : at + 2]
        if following == "'" and not mode:
            end = _closing_quote(text, at + 2)
            return Text(_without_escapes(self.word[at + 2 : end]), True), end + 1
        if text.startswith("((", at + 1):
            end = _closing(text, at + 1)
            if text[end - 2 : end] == "))":
                return Arithmetic(self.word[at + 3 : end - 2], self.word[at:end], quoted), end
        if following == "(":
            end = _closing(text, at + 1)
            return Substitution(self.word[at + 2 : end - 1], self.word[at:end], quoted), end
        if following == "{":
            end = _closing(text, at + 1, quoted=quoted)
            return self._braced(at, end, quoted), end
        if following and following in _SPECIAL:
            return Parameter(following, "", None, self.word[at : at + 2], quoted, following in "@*"), at + 2
        end = at + 1
        while end < len(text) and (text[end].isalnum() or text[end] == "_") and text[end].isascii():
            end += 1
        if end == at + 1:
            return None, end
        return Parameter(text[at + 1 : end], "", None, self.word[at:end], quoted), end

    def _braced(self, at: int, end: int, quoted: bool) -> Parameter:
        inner_start, inner_end = at + 2, end - 1 if self.text[end - 1 : end] == "}" else end
        inner = self.text[inner_start:inner_end]
        source = self.word[at:end]
        if inner[:1] in {"#", "!"} and len(inner) > 1:
            return Parameter(inner[1:], inner[0], None, source, quoted)
        length = 1 if inner[:1] in _SPECIAL and inner[:1] else 0
        if not length:
            while length < len(inner) and (inner[length].isalnum() or inner[length] == "_"):
                length += 1
        name, rest, array = inner[:length], inner[length:], inner[:1] in {"@", "*"}
        if rest.startswith(("[@]", "[*]")):
            array, rest, length = True, rest[3:], length + 3
        operator = next((known for known in _OPERATORS if rest.startswith(known)), "")
        if not operator:
            closed = rest.startswith("[") and rest.find("]") == len(rest) - 1
            index = self.word[inner_start + length + 1 : inner_end - 1] if closed else None
            return Parameter(name, "[" if rest else "", index, source, quoted, array)
        operand = self.word[inner_start + length + len(operator) : inner_end]
        return Parameter(name, operator, operand, source, quoted, array)


_ESCAPES: Mapping[str, str] = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}


def _without_escapes(word: MappedText) -> MappedText:
    """The inside of ``$'...'``: escapes stand where their backslash does; those of code points are kept as written."""
    if word.holes or "\\" not in word.text:
        return word
    text: list[str] = []
    offsets: list[int] = []
    position = 0
    while position < len(word.text):
        made = _ESCAPES.get(word.text[position + 1 : position + 2]) if word.text[position] == "\\" else None
        text.append(word.text[position] if made is None else made)
        offsets.append(word.offsets[position])
        position += 1 if made is None else 2
    return MappedText(word.source, "".join(text), [*offsets, word.offsets[-1]])


def _closing_quote(text: str, start: int) -> int:
    position = start
    while position < len(text) and text[position] != "'":
        position += 2 if text[position] == "\\" else 1
    return min(position, len(text))


def _closing(text: str, start: int, *, quoted: bool = False) -> int:
    """The offset behind the bracket that closes the one at ``start``; quotes inside are respected.

    Inside double quotes (``quoted``) an apostrophe in ``${...}`` is a plain character.
    """
    pairs = {"(": ")", "{": "}"}
    stack = [pairs[text[start]]]
    position, quote = start + 1, ""
    while position < len(text) and stack:
        char = text[position]
        if char == "\\":
            position += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"" and not (char == "'" and quoted and stack[-1] == "}"):
            quote = char
        elif char in pairs and (char == "(" or text[position - 1] == "$"):
            stack.append(pairs[char])
        elif char == stack[-1]:
            stack.pop()
        position += 1
    return min(position, len(text))


def split(line: MappedText) -> Iterator[MappedText]:
    """Words of a line that no shell reads, still with their quotes; a hole never ends a word."""
    text = line.text
    covered = bytearray(len(text))
    for hole in line.holes:
        covered[hole.start : hole.end] = b"\1" * (hole.end - hole.start)
    position, start, quote = 0, -1, ""
    while position < len(text):
        char = text[position]
        if covered[position]:
            start = position if start < 0 else start
        elif quote:
            if char == "\\" and quote == '"':
                position += 1
            elif char == quote:
                quote = ""
        elif char.isspace():
            if start >= 0:
                yield line[start:position]
                start = -1
        elif char == "\\" and text[position + 1 : position + 2] == "\n":
            position += 1
            if start >= 0:
                yield line[start : position - 1]
                start = -1
        else:
            start = position if start < 0 else start
            if char in "'\"":
                quote = char
            elif char == "\\":
                position += 1
        position += 1
    if start >= 0:
        yield line[start : min(position, len(text))]
