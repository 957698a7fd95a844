"""Python source: a tolerant parse, positions in code points, and string literals whose characters keep their places."""

from __future__ import annotations

import ast
import re
import unicodedata
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import python_two
from flake8_celery_oom.syntax.newer_python import older

MAX_CHARACTERS = 3_000_000

Fill: TypeAlias = Callable[[str, Location], "str | Hole | MappedText | None"]
"""Gives what an expression inside an f-string stands for: its text, a hole that says more, or None.

Text that is given as MappedText keeps the places where it was written.
"""

_UNDECODED = re.compile("[\ud800-\udfff]")
_PREFIX = re.compile(r"([A-Za-z]{0,3})('''|\"\"\"|'|\")")
_GAP = re.compile(r"(?:[\s()]|\\\r?\n|#[^\r\n]*)*")
_COMMENT = re.compile(r"[\s,)\]}]*#[ \t]*([^\r\n]*)")
_SIMPLE = {
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}


def parse(source: SourceText) -> ast.Module | None:
    """The syntax tree of a file, or None when it is no Python, too long, or nested too deeply.

    Syntax of later Pythons and of Python 2 is read as far as it can be respelled. A template of a Python file (Jinja)
    is read as if its tags were not there; every way of its conditions is kept.

    What passes may still nest some hundred levels deep: whoever follows it recursively guards against RecursionError.
    """
    if len(source.text) > MAX_CHARACTERS:
        return None
    text = _UNDECODED.sub("?", source.text)
    tree = _parse(text)
    if tree is None and _TAG.search(text):
        return _parse(_EXPRESSION.sub(_name_of_length, _TAG.sub(_blank, text)))
    if tree is None:
        respelled = older(text, _error_line)
        if respelled is not None:
            return _parse(respelled)
        tree = _parse(python_two.respelled(text))
        return python_two.with_own_names(tree) if tree is not None else None
    return tree


_TAG = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_EXPRESSION = re.compile(r"\{\{[^{}\n]*\}\}")


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\r\n]", " ", match.group())


def _name_of_length(match: re.Match[str]) -> str:
    return "_" * len(match.group())


def _parse(text: str) -> ast.Module | None:
    try:
        return _tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _error_line(text: str) -> int | None:
    """The line at which a text cannot be read as Python: 0 when that is not known, None when it can."""
    try:
        _tree(text)
    except SyntaxError as error:
        return error.lineno or 0
    except (ValueError, RecursionError, MemoryError):
        return 0
    return None


def _tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def location(source: SourceText, node: ast.expr | ast.stmt | ast.keyword | ast.alias | ast.arg) -> Location:
    """Where a node stands."""
    start, end = span(source, node)
    return source.location(start, end)


def span(source: SourceText, node: ast.expr | ast.stmt | ast.keyword | ast.alias | ast.arg) -> tuple[int, int]:
    """The offsets at which a node starts and ends."""
    start = source.offset_of_utf8(node.lineno, node.col_offset)
    if node.end_lineno is None or node.end_col_offset is None:
        return start, start
    return start, source.offset_of_utf8(node.end_lineno, node.end_col_offset)


def name_location(source: SourceText, node: ast.keyword) -> Location:
    """Where the name of a keyword argument stands."""
    start, _ = span(source, node)
    return source.location(start, start + len(node.arg or ""))


def code(source: SourceText, node: ast.expr | ast.stmt) -> str:
    """A node as it is written."""
    start, end = span(source, node)
    return source.text[start:end]


def comment_after(source: SourceText, end: int) -> tuple[str, Location] | None:
    """The comment that follows the value ending at ``end`` on its line: its words and where they stand."""
    found = _COMMENT.match(source.text, end)
    if found is None or "\n" in source.text[end : found.start(1)] or "\r" in source.text[end : found.start(1)]:
        return None
    words = found.group(1).rstrip()
    return words, source.location(found.start(1), found.start(1) + len(words))


# --- string literals --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Pieces:
    text: list[str]
    offsets: list[int]
    holes: list[TextHole]
    length: int = 0

    def add(self, text: str, offset: int) -> None:
        self.text.append(text)
        self.offsets.extend([offset] * len(text))
        self.length += len(text)

    def put(self, text: MappedText) -> None:
        self.holes.extend(TextHole(one.start + self.length, one.end + self.length, one.hole) for one in text.holes)
        self.text.append(text.text)
        self.offsets.extend(text.offsets[:-1])
        self.length += len(text.text)


def literal_text(source: SourceText, node: ast.expr, fill: Fill | None = None) -> MappedText | None:
    """The text of a string literal or f-string, each character with the place it was written at.

    Escapes and implicitly joined literals are followed. ``{...}`` of an f-string becomes the text that ``fill`` gives
    for the expression, or else a hole. None when the node is no string literal.
    """
    plain = node.value if isinstance(node, ast.Constant) else None
    if not isinstance(plain, str) and not isinstance(node, ast.JoinedStr):
        return None
    start, end = span(source, node)
    pieces = _read_literals(source, start, end, fill)
    if pieces is not None:
        text = "".join(pieces.text)
        if not isinstance(plain, str) or text == plain:
            return MappedText(source, text, [*pieces.offsets, _closing(source, start, end)], tuple(pieces.holes))
    if isinstance(plain, str):
        return MappedText(source, plain, [start] * len(plain) + [end])
    whole = Hole(source.text[start:end], at=source.location(start, end))
    return MappedText(source, source.text[start:end], range(start, end + 1), (TextHole(0, end - start, whole),))


def _closing(source: SourceText, start: int, end: int) -> int:
    """The offset of the quotes that close the literal ending at ``end``."""
    tail = source.text[max(start, end - 3) : end]
    return end - (3 if tail in {"'''", '"""'} and end - start >= 6 else 1)


def _read_literals(source: SourceText, start: int, end: int, fill: Fill | None) -> _Pieces | None:
    pieces = _Pieces([], [], [])
    text = source.text
    position = start
    while position < end:
        opening = _PREFIX.match(text, position, end)
        if opening is None:
            return None
        prefix, quote = opening.group(1).lower(), opening.group(2)
        if "b" in prefix or "t" in prefix:
            return None
        after = _read_body(source, opening.end(), end, quote, prefix, pieces, fill)
        if after is None:
            return None
        gap = _GAP.match(text, after, end)
        position = gap.end() if gap else after
    return pieces


def _read_body(
    source: SourceText, position: int, end: int, quote: str, prefix: str, pieces: _Pieces, fill: Fill | None
) -> int | None:
    text = source.text
    formatted, raw = "f" in prefix, "r" in prefix
    while position < end:
        if text.startswith(quote, position):
            return position + len(quote)
        char = text[position]
        if char == "\\" and raw:
            pieces.add(char, position)
            position += 1
            if text[position : position + 1] in {"\\", quote[0]}:
                pieces.add(text[position], position)
                position += 1
        elif char == "\\":
            value, length = _escape(text, position)
            pieces.add(value, position)
            position += length
        elif formatted and text.startswith(("{{", "}}"), position):
            pieces.add(char, position)
            position += 2
        elif formatted and char == "{":
            after = _read_field(source, position, end, pieces, fill)
            if after is None:
                return None
            position = after
        elif char == "\r":
            pieces.add("\n", position)
            position += 2 if text.startswith("\r\n", position) else 1
        else:
            pieces.add(char, position)
            position += 1
    return None


def _escape(text: str, position: int) -> tuple[str, int]:
    """What the escape at ``position`` stands for, and how many characters it takes."""
    following = text[position + 1 : position + 2]
    if following in _SIMPLE:
        return _SIMPLE[following], 2
    if following in {"\n", "\r"}:
        return "", 3 if text.startswith("\r\n", position + 1) else 2
    octal = re.compile(r"[0-7]{1,3}").match(text, position + 1)
    if octal:
        return chr(int(octal.group(), 8)), 1 + len(octal.group())
    digits = {"x": 2, "u": 4, "U": 8}.get(following, 0)
    number = text[position + 2 : position + 2 + digits]
    if digits and re.fullmatch(rf"[0-9A-Fa-f]{{{digits}}}", number) and int(number, 16) <= 0x10FFFF:
        return chr(int(number, 16)), 2 + digits
    named = re.compile(r"N\{([^}]*)\}").match(text, position + 1)
    if named:
        try:
            return unicodedata.lookup(named.group(1)), 1 + len(named.group())
        except KeyError:
            pass
    return "\\", 1


def _read_field(source: SourceText, position: int, end: int, pieces: _Pieces, fill: Fill | None) -> int | None:
    """Read ``{expression!r:format}`` of an f-string; gives the offset behind it."""
    text = source.text
    close = _end_of_field(text, position, end)
    if close is None:
        return None
    inside = text[position + 1 : close]
    expression = re.split(r"(?:!(?!=)|(?<!:):(?!=))", inside, maxsplit=1)[0] if _simple(inside) else inside
    place = source.location(position, close + 1)
    known = fill(expression.strip(), place) if fill and expression.strip() == inside.strip() else None
    if isinstance(known, str):
        pieces.add(known, position)
    elif isinstance(known, MappedText):
        pieces.put(known)
    else:
        written = text[position : close + 1]
        hole = known or Hole(written, at=place)
        pieces.holes.append(TextHole(pieces.length, pieces.length + len(written), hole))
        pieces.text.append(written)
        pieces.offsets.extend(range(position, close + 1))
        pieces.length += len(written)
    return close + 1


def _simple(inside: str) -> bool:
    return re.match(r"[\w.\s]+(?:![rsa])?(?::|$)", inside) is not None


def _end_of_field(text: str, position: int, end: int) -> int | None:
    depth = 0
    quote = ""
    while position < end:
        char = text[position]
        if quote:
            if text.startswith(quote, position):
                position += len(quote) - 1
                quote = ""
            elif char == "\\":
                position += 1
        elif char in "'\"":
            quote = char * 3 if text.startswith(char * 3, position) else char
            position += len(quote) - 1
        elif char in "{[(":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return None
