"""Brace expansion: ``worker{1..3}`` and ``{low,high}`` are several words (Bash Reference Manual, "Brace Expansion")."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flake8_celery_oom.core.mapped import MappedText

MAX_WORDS = 64
_SIMPLE = re.compile(r"[^'\"\\$`{}]*(\{([^'\"\\$`{}\s]*)\})[^'\"\\$`{}]*")
_RANGE = re.compile(r"(-?\d{1,9})\.\.(-?\d{1,9})")


def expanded(word: MappedText) -> list[MappedText] | None:
    """The words that a word with one pair of braces becomes; None for a word that stays as it is."""
    match = _SIMPLE.fullmatch(word.text) if "{" in word.text and not word.holes else None
    if match is None:
        return None
    inner = [word[start:end] for start, end in _pieces(match[2], match.start(2))]
    numbers = _RANGE.fullmatch(match[2])
    if numbers is not None:
        first, last = int(numbers[1]), int(numbers[2])
        step = 1 if first <= last else -1
        if abs(last - first) >= MAX_WORDS:
            return None
        place = word[match.start(2) : match.end(2)]
        inner = [_standing_at(place, str(number)) for number in range(first, last + step, step)]
    if len(inner) < 2 or len(inner) > MAX_WORDS:
        return None
    before, behind = word[: match.start(1)], word[match.end(1) :]
    return [MappedText.joined([before, one, behind], "") for one in inner]


def _pieces(text: str, start: int) -> Iterator[tuple[int, int]]:
    for piece in text.split(","):
        yield start, start + len(piece)
        start += len(piece) + 1


def _standing_at(place: MappedText, text: str) -> MappedText:
    return MappedText(place.source, text, [place.offsets[0]] * len(text) + [place.offsets[-1]])
