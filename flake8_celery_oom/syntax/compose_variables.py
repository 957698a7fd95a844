"""Variables in compose files, which are filled in before anything else reads the text: ``$V``, ``${V:-d}``, ``$$``.

Held against Docker Compose 5.6.1 (``template/template.go`` of compose-go 2): which brace closes a variable, what each
operator makes of a variable that is set, empty or absent, and what is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.substitution import as_hole, joined, standing_at

Lookup: TypeAlias = Callable[[str], "str | None"]
"""The likely value of a variable, as ``.env`` gives it; None when no file sets it. Raises UnclearError."""

_START = re.compile(r"\$(?:(?P<escaped>\$)|(?P<named>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*))", re.ASCII)
_OPERATOR = re.compile(r":?[-+?]")
_DEEPEST = 8
_LONGEST = 65_536
"""Characters of a value; a longer one counts as unknown."""


class UnclearError(Exception):
    """A variable that is set, and not known to what."""


def unset(_name: str) -> str | None:
    """The lookup where no file sets variables."""
    return None


@dataclass(frozen=True, slots=True)
class _Variable:
    """``text[start:end]``: a variable with its operator and operand. ``name`` is empty for ``$$``."""

    start: int
    end: int
    name: str
    operator: str = ""
    operand: str = ""


def interpolate(text: MappedText, lookup: Lookup = unset, *, several: bool = False) -> MappedText:
    """The text with a hole for each variable, and ``$`` for ``$$``. The default of a hole is its likely value.

    ``several``: the text is split into words afterwards, so that a variable may become no word or more than one.
    """
    if "$" not in text.text:
        return text
    pieces: list[MappedText] = []
    position = 0
    for variable in _variables(text.text):
        if any(hole.start < variable.end and hole.end > variable.start for hole in text.holes):
            continue
        piece = text[variable.start : variable.end]
        pieces.append(text[position : variable.start])
        if variable.name:
            default = _value(variable, lookup, 0)
            splits = several and (default is None or len(default.split()) != 1)
            pieces.append(as_hole(piece, Hole(piece.text, variable.name, default, piece.location(), several=splits)))
        else:
            pieces.append(standing_at(piece, "$"))
        position = variable.end
    return joined([*pieces, text[position:]]) if pieces else text


def likely(word: Word) -> str | None:
    """The text with the likely values; None when a variable without one takes part. ``$PWD`` is ``.``."""
    pieces = [_likely_piece(part) if isinstance(part, Hole) else part for part in word.parts]
    return None if any(piece is None for piece in pieces) else "".join(piece or "" for piece in pieces)


def substituted(text: str, lookup: Lookup, depth: int = 0, *, blank: bool = False) -> str | None:
    """The text that Compose makes of ``text``; None when a variable without a likely value takes part.

    ``blank``: such a variable is blank instead, as it is to Compose when nobody sets it.
    """
    pieces: list[str] = []
    position = length = 0
    for variable in _variables(text):
        value = _value(variable, lookup, depth, blank=blank) if variable.name else "$"
        if value is None:
            return None
        pieces += text[position : variable.start], value
        length += variable.start - position + len(value)
        if length > _LONGEST:
            return None
        position = variable.end
    return "".join(pieces) + text[position:]


def _likely_piece(hole: Hole) -> str | None:
    return "." if hole.name == "PWD" else hole.default


def _value(variable: _Variable, lookup: Lookup, depth: int, *, blank: bool = False) -> str | None:
    """What is likely filled in for a variable. Absent variables are blank to Compose; here they are not known."""
    if depth >= _DEEPEST:
        return None
    try:
        value = lookup(variable.name)
    except UnclearError:
        return None
    filled = bool(value) if variable.operator.startswith(":") else value is not None
    match variable.operator[-1:]:
        case "+":
            return substituted(variable.operand, lookup, depth + 1, blank=blank) if filled else ""
        case "-" if not filled:
            return substituted(variable.operand, lookup, depth + 1, blank=blank)
        case "?" if not filled:
            return None
    return "" if value is None and blank else value


def _variables(text: str) -> Iterator[_Variable]:
    """The variables of a text from left to right; what Compose would refuse is left alone."""
    position = unclosed_to = 0
    line_end = -1
    while (match := _START.search(text, position)) is not None:
        start, position = match.start(), match.end()
        if match["escaped"] or match["named"]:
            yield _Variable(start, position, match["named"] or "")
        elif text.startswith("}", position):
            position += 1
            yield _Variable(start, position, match["braced"])
        elif start >= unclosed_to and (operator := _OPERATOR.match(text, position)) is not None:
            if start >= line_end:
                line_end = text.find("\n", start)
                line_end = len(text) if line_end < 0 else line_end
            end = _closing(text, start + 1, line_end)
            if end is None:
                unclosed_to = line_end
            elif end > operator.end():
                position = end
                yield _Variable(start, end, match["braced"], operator[0], text[operator.end() : end - 1])


def _closing(text: str, brace: int, line_end: int) -> int | None:
    """Behind the brace that closes the one at ``brace``, on the same line; the last one where they do not match.

    As in compose-go, the character behind an opening brace is not looked at.
    """
    last = text.rfind("}", brace, line_end)
    if last < 0:
        return None
    depth, index = 0, brace
    while index <= last:
        if text[index] == "{":
            depth += 1
            index += 1
        elif text[index] == "}":
            depth -= 1
            if depth == 0:
                return index + 1
        index += 1
    return last + 1
