"""Variables in compose files, which are filled in before anything else reads the text: ``$V``, ``${V:-d}``, ``$$``."""

from __future__ import annotations

import re

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.substitution import substitute

_VARIABLE = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<named>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)"
    r"(?:(?P<operator>:?[-?+])(?P<operand>(?:[^{}]|\$?\{(?:[^{}]|\$?\{[^{}]*\})*\})*))?\})",
    re.ASCII,
)
_MAX_INNER = 8


def interpolate(text: MappedText, *, several: bool = False) -> MappedText:
    """The text with a hole for each variable, and ``$`` for ``$$``.

    ``several``: the text is split into words afterwards, so that a variable may become no word or more than one.
    """
    if "$" not in text.text:
        return text

    def meaning(match: re.Match[str], piece: MappedText) -> str | Hole:
        if match["escaped"]:
            return "$"
        default = _default(match)
        splits = several and (default is None or len(default.split()) != 1)
        return Hole(match[0], match["named"] or match["braced"], default, piece.location(), several=splits)

    return substitute(text, _VARIABLE, meaning)


def likely(word: Word) -> str | None:
    """The text when no variable is set; None when a variable without a default takes part. ``$PWD`` is ``.``."""
    pieces = [_likely_piece(part) if isinstance(part, Hole) else part for part in word.parts]
    return None if any(piece is None for piece in pieces) else "".join(piece or "" for piece in pieces)


def _likely_piece(hole: Hole) -> str | None:
    return "." if hole.name == "PWD" else hole.default


def _default(match: re.Match[str], depth: int = 0) -> str | None:
    """What stands for a variable that nobody sets: variables inside the default included."""
    operator, operand = match["operator"] or "", match["operand"] or ""
    if operator.endswith("+"):
        return ""
    if not operator.endswith("-") or depth >= _MAX_INNER:
        return None
    pieces: list[str] = []
    position = 0
    for inner in _VARIABLE.finditer(operand):
        found = "$" if inner["escaped"] else _default(inner, depth + 1)
        if found is None:
            return None
        pieces += operand[position : inner.start()], found
        position = inner.end()
    return "".join(pieces) + operand[position:]
