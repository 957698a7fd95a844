"""Where a value inside of shell text ends, and whom an assignment is for."""

from __future__ import annotations

import re

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.source import SourceText

_PLAIN = re.compile(r"[A-Za-z0-9_.+-]+")
_NAME = re.compile(r"\$\w+")
_VARIABLE = re.compile(r"\$(?:(?=\{\w+\})\{)?(\w+)")
_PAIRS = {"(": ")", "{": "}"}


def value_end(text: str, start: int) -> int | None:
    """The end of the number, ``$NAME``, ``${...}``, ``$(...)`` or command in backquotes that starts at ``start``.

    None when something else stands there, or when more text follows without a blank (``$A$B``).
    """
    end = _end(text, start)
    if end is None or (end < len(text) and text[end] not in " \t\r\n\"'`;&|<>),]}\\"):
        return None
    return end


def _end(text: str, start: int) -> int | None:
    plain = _PLAIN.match(text, start) or _NAME.match(text, start)
    if plain is not None:
        return plain.end()
    if text.startswith("`", start):
        closing = text.find("`", start + 1)
        return closing + 1 if closing > 0 and "\n" not in text[start:closing] else None
    if text.startswith(("${", "$("), start):
        return _closing(text, start + 1)
    return None


def _closing(text: str, start: int) -> int | None:
    """The end of the brackets that open at ``start``; quotes inside must close on the same line."""
    stack = [_PAIRS[text[start]]]
    position, quote = start + 1, ""
    while position < len(text):
        char = text[position]
        if char in "\r\n":
            return None
        if char == "\\":
            position += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in _PAIRS:
            stack.append(_PAIRS[char])
        elif char == stack[-1]:
            stack.pop()
            if not stack:
                return position + 1
        position += 1
    return None


def is_assigned_for(source: SourceText, at: Location, use: int) -> bool:
    """Whether what stands ``at`` is assigned to the variable used at ``use``, which nothing else in the file uses.

    ``children="${CHILDREN:-$(nproc)}"`` is assigned for ``--concurrency "$children"``.
    """
    variable = _VARIABLE.match(source.text, use)
    if variable is None:
        return False
    name = re.escape(variable[1])
    before = source.text[: at.start].rstrip("\"'")
    return re.search(rf"\b{name}=\Z", before) is not None and len(re.findall(rf"\${{?{name}\b", source.text)) == 1
