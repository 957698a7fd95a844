"""What a shell makes of a value: ``${name%suffix}``, ``${name/a/b}``, ``${name,,}``, ``${name:1:2}``."""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import translate

from flake8_celery_oom.resolve.shell.fields import Field, Piece, known_text

_UNKNOWN = "\0"
"""Stands for an unknown piece while a pattern is matched: no pattern of a script matches it by name."""
_WILD = re.compile(r"[*?\[]")
_SLICE = re.compile(r"\s*(-?\d+)\s*(?::\s*(-?\d+)\s*)?")
OPERATORS = frozenset({"#", "##", "%", "%%", "/", "//", ":", "^", "^^", ",", ",,"})


def expanded(value: Field, operator: str, operand: str) -> Field | None:
    """What an operator makes of a value; None when that can't be said, because the pattern may meet what is unknown."""
    if operator in {"#", "##"}:
        return _without_prefix(value, operand, longest=operator == "##")
    if operator in {"%", "%%"}:
        return _without_suffix(value, operand, longest=operator == "%%")
    if operator in {"/", "//"}:
        return _replaced(value, operand, every=operator == "//")
    if operator == ":":
        return _slice(value, operand)
    if known_text(value) is None or operand:
        return None
    change = str.upper if operator.startswith("^") else str.lower
    if len(operator) == 2:
        return tuple(replace(piece, text=change(piece.text)) for piece in value)
    return (replace(value[0], text=change(value[0].text[:1]) + value[0].text[1:]), *value[1:]) if value else value


def cut(value: Field, start: int, end: int) -> Field:
    """The characters ``[start:end]`` of a value, an unknown piece counting as one."""
    made: list[Piece] = []
    position = 0
    for piece in value:
        length = 1 if piece.hole is not None else len(piece.text)
        low, high = max(start - position, 0), min(end - position, length)
        if low < high:
            made.append(piece if piece.hole is not None or high - low == length else piece.cut(low, high))
        position += length
    return tuple(made)


def shown(value: Field) -> str:
    """The text of a value with one NUL for each unknown piece."""
    return "".join(_UNKNOWN if piece.hole is not None else piece.text for piece in value)


def _pattern(operand: str) -> re.Pattern[str]:
    return re.compile(translate(operand.replace("\\", "")))


def _sure(value: Field, looked_at: str) -> Field | None:
    """A value in which a plain text was not found; that is sure when nothing unknown stands there."""
    return None if _UNKNOWN in looked_at else value


def _without_prefix(value: Field, operand: str, *, longest: bool) -> Field | None:
    text, pattern = shown(value), _pattern(operand)
    if not _WILD.search(operand):
        plain = operand.replace("\\", "")
        return (
            cut(value, len(plain), len(text)) if plain and text.startswith(plain) else _sure(value, text[: len(plain)])
        )
    lengths = range(len(text) + 1)
    for length in reversed(lengths) if longest else lengths:
        if pattern.match(text[:length]):
            return None if _UNKNOWN in text[:length] else cut(value, length, len(text))
        if not longest and _UNKNOWN in text[:length]:
            return None
    return None if longest and _UNKNOWN in text else value


def _without_suffix(value: Field, operand: str, *, longest: bool) -> Field | None:
    text, pattern = shown(value), _pattern(operand)
    if not _WILD.search(operand):
        plain = operand.replace("\\", "")
        end = len(text) - len(plain)
        return cut(value, 0, end) if plain and text.endswith(plain) else _sure(value, text[max(end, 0) :])
    starts = range(len(text) + 1)
    for start in starts if longest else reversed(starts):
        if pattern.match(text[start:]):
            return None if _UNKNOWN in text[start:] else cut(value, 0, start)
        if not longest and _UNKNOWN in text[start:]:
            return None
    return None if longest and _UNKNOWN in text else value


def _replaced(value: Field, operand: str, *, every: bool) -> Field | None:
    text = known_text(value)
    wanted, _, given = operand.partition("/")
    if text is None or not wanted or any(char in wanted for char in "\\#%") or "[:" in wanted:
        return None
    pattern = translate(wanted.replace("[^", "[!")).removesuffix(r"\Z").removesuffix(r"\z")
    made = re.sub(pattern, lambda _: given, text, count=0 if every else 1)
    return value if made == text else (Piece(made),)


def _slice(value: Field, operand: str) -> Field | None:
    text = known_text(value)
    found = _SLICE.fullmatch(operand)
    if text is None or found is None:
        return None
    start = int(found[1])
    start = max(len(text) + start, 0) if start < 0 else start
    if found[2] is None:
        return cut(value, start, len(text))
    length = int(found[2])
    return cut(value, start, len(text) + length if length < 0 else start + length)
