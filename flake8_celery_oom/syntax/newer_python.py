"""Syntax of later Pythons than the one that runs, respelled so that it can be read: every character keeps its place.

What cannot be said in older words becomes a name that nobody knows, so its value is unknown rather than absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_EXCEPT = re.compile(r"^([ \t]*except\*?[ \t]+)([\w.]+)([ \t]*,[\w., \t]*)(?=:)", re.MULTILINE)
"""``except ValueError, KeyError:`` (3.14)."""
_EXCEPT_GROUP = re.compile(r"^([ \t]*except)\*", re.MULTILINE)
"""``except* ValueError:`` (3.11)."""
_TYPE_PARAMETERS = re.compile(
    r"^([ \t]*(?:async[ \t]+def|def|class)[ \t]+\w+)(\[[^\n()]*?\])(?=[ \t]*[(:])", re.MULTILINE
)
"""``def first[T](items: list[T])`` (3.12)."""
_TYPE_ALIAS = re.compile(r"^([ \t]*)type([ \t]+)(\w+)([ \t]*(?:\[[^\n=]*\][ \t]*)?)(?==)", re.MULTILINE)
"""``type Pair[T] = tuple[T, T]`` (3.12)."""
_TEMPLATE_STRING = re.compile(r"(?<![\w\"'])(?:[rR][tT]|[tT][rR]?)(?=[\"'])")
"""``t"..."`` (3.14)."""
_FORMATTED = re.compile(r"(?<![\w\"'])(?:[rR][fF]|[fF][rR]?)([\"']).*\1")
"""An f-string up to the last such quote of the line: since 3.12 the quotes inside may be the same."""
MOST_LINES = 40


def older(text: str, error_line: Callable[[str], int | None]) -> str | None:
    """A text of the same length that this Python can read; None when there is none.

    ``error_line`` gives the line (from 1) at which a text cannot be read, None when it can.
    """
    text = _EXCEPT.sub(lambda match: match[1] + match[2] + " " * len(match[3]), text)
    text = _EXCEPT_GROUP.sub(r"\1 ", text)
    text = _TYPE_PARAMETERS.sub(lambda match: match[1] + " " * len(match[2]), text)
    text = _TYPE_ALIAS.sub(lambda match: f"{match[1]}{match[3]}{' ' * (4 + len(match[2]) + len(match[4]))}", text)
    text = _TEMPLATE_STRING.sub(lambda match: match[0].replace("t", "f").replace("T", "F"), text)
    for _ in range(MOST_LINES):
        number = error_line(text)
        if number is None:
            return text
        lines = text.split("\n")
        if not 0 < number <= len(lines):
            return None
        masked = _FORMATTED.sub(lambda match: "_" * len(match[0]), lines[number - 1])
        if masked == lines[number - 1]:
            return None
        lines[number - 1] = masked
        text = "\n".join(lines)
    return None
