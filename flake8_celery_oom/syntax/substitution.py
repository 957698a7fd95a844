"""Placeholders inside text that was taken out of a file: replaced by what they mean, or marked as holes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax import template

_SET = re.compile(r"\{%[-+]?\s*set\s+(\w+)\s*=((?:(?!%\}).)*)%\}", re.DOTALL)
_LAST_PART = re.compile(r"(/[\w.-]+)['\"]$")


def substitute(
    text: MappedText,
    pattern: re.Pattern[str],
    meaning: Callable[[re.Match[str], MappedText], str | Hole | MappedText | None],
) -> MappedText:
    """Replace every match of ``pattern`` outside of holes by its meaning: text, a hole, or None to leave it alone.

    ``meaning`` gets the match and the matched piece. Text from it stands where the placeholder stands.
    """
    pieces: list[MappedText] = []
    position = 0
    for match in pattern.finditer(text.text):
        start, end = match.span()
        if any(hole.start < end and hole.end > start for hole in text.holes):
            continue
        piece = text[start:end]
        replacement = meaning(match, piece)
        if replacement is None:
            continue
        pieces.append(text[position:start])
        if isinstance(replacement, Hole):
            pieces.append(as_hole(piece, replacement))
        elif isinstance(replacement, str):
            pieces.append(standing_at(piece, replacement))
        else:
            pieces.append(replacement)
        position = end
    return joined([*pieces, text[position:]]) if pieces else text


def fill_holes(text: MappedText, values: Mapping[str, Word]) -> MappedText:
    """The text with the holes filled whose names have a value; what is not known of a value stays a hole."""
    pieces: list[MappedText] = []
    position = 0
    for hole in text.holes:
        word = values.get(hole.hole.name or "")
        if word is None:
            continue
        piece = text[hole.start : hole.end]
        pieces.append(text[position : hole.start])
        for part in word.parts:
            filled = as_hole(piece, replace(part, several=True)) if isinstance(part, Hole) else standing_at(piece, part)
            pieces.append(filled)
        position = hole.end
    return joined([*pieces, text[position:]]) if pieces else text


def as_hole(piece: MappedText, hole: Hole) -> MappedText:
    """The piece as one hole; no quote, blank or line end of it is left to be read."""
    length = len(piece.text)
    return MappedText(piece.source, "X" * length, piece.offsets, (TextHole(0, length, hole),))


def standing_at(piece: MappedText, text: str) -> MappedText:
    """Text that is not in the file (``.`` for ``${workspaceFolder}``), standing where ``piece`` stands."""
    first, last = piece.offsets[0], piece.offsets[-1]
    if not text:
        return MappedText(piece.source, "", [first])
    return MappedText(piece.source, text, [*[first] * (len(text) - 1), max(first, last - 1), last])


def joined(pieces: list[MappedText], between: str = "") -> MappedText:
    """Pieces of at least one in a row; empty ones count for nothing, so that they move no location."""
    filled = [piece for piece in pieces if piece.text]
    return MappedText.joined(filled, between) if filled else pieces[0][:0]


def word_at(text: MappedText, at: Location) -> Word:
    """Text put together from several places as one word that stands at ``at``."""
    return Word(text.parts(), at, text)


def stripped(text: MappedText) -> MappedText:
    """The text without white space at its ends."""
    body = text.text
    start = len(body) - len(body.lstrip())
    return text[start : max(start, len(body.rstrip()))]


def unfilled(source: SourceText, kind: template.Kind | None) -> MappedText:
    """A whole file; in a template the actions that steer are blank, and those that insert text are holes."""
    if kind is None:
        return MappedText.plain(source)
    masked = template.mask(source, kind)
    holes = tuple(
        TextHole(action.start, action.end, action.hole(source)) for action in masked.actions if not action.control
    )
    text = MappedText(source, masked.text.text, range(len(source.text) + 1), holes)
    ends = _ends_of_variables(source.text) if kind == "jinja" else {}
    return _with_ends(text, [action for action in masked.actions if action.name in ends], ends) if ends else text


def _ends_of_variables(text: str) -> dict[str, str]:
    """How the paths end that a Jinja template itself puts into variables, where every ``set`` of one agrees.

    One that puts something before the variable's own value (``set program = wrapper + program``) agrees with all.
    """
    ends: dict[str, set[str]] = {}
    for name, written in _SET.findall(text):
        expression = re.sub(r"[-+]\Z", "", written).strip()
        if not re.search(rf"\b{name}$", expression):
            end = _LAST_PART.search(expression)
            ends.setdefault(name, set()).add(end[1] if end is not None else "")
    return {name: next(iter(found)) for name, found in ends.items() if len(found) == 1 and "" not in found}


def _with_ends(text: MappedText, actions: list[template.Action], ends: dict[str, str]) -> MappedText:
    """The text in which the actions that insert such a variable are a hole and the known end behind it."""
    pieces: list[MappedText] = []
    position = 0
    for action in actions:
        piece = text[action.start : action.end]
        hole = as_hole(piece, action.hole(text.source))
        pieces += [text[position : action.start], hole, standing_at(piece, ends[action.name or ""])]
        position = action.end
    return joined([*pieces, text[position:]])
