"""One list of words for several that are possible: those that all have, and between them those that are there or not.

A script that gathers options in an array under many conditions has more ways through it than are followed one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.resolve.shell.fields import Field, Piece

Items: TypeAlias = tuple[Field, ...]
MOST_ITEMS = 60
"""Longer lists are not compared."""


def alternatives(lists: Sequence[Items]) -> Items:
    """The items of all lists in an order that keeps that of each; those that not all have as holes.

    Empty where a list is too long.
    """
    if any(len(one) > MOST_ITEMS for one in lists):
        return ()
    union: list[tuple[Field, int]] = [(item, 1) for item in lists[0]]
    for one in lists[1:]:
        union = _with(union, one)
        if len(union) > 2 * MOST_ITEMS:
            return ()
    return tuple(item if count == len(lists) else optional(item) for item, count in union)


def optional(item: Field) -> Field:
    """A word that is there or not: what is written of it is kept."""
    if len(item) == 1 and item[0].hole is not None and item[0].hole.several:
        return item
    written = ""
    for piece in item:
        if piece.hole is not None:
            break
        written += piece.text
    places = [piece.mapped.location() for piece in item if piece.mapped is not None and piece.text]
    shown = "".join(piece.text for piece in item)
    at = places[0] if places else None
    return (Piece(shown, hole=Hole(shown, at=at, several=True, perhaps=written or None)),)


def _with(union: list[tuple[Field, int]], items: Items) -> list[tuple[Field, int]]:
    """The union with another list, along the longest run of items that both have in order."""
    width = len(items) + 1
    lengths = [[0] * width for _ in range(len(union) + 1)]
    for i in range(len(union) - 1, -1, -1):
        for j in range(len(items) - 1, -1, -1):
            alike = union[i][0] == items[j]
            lengths[i][j] = lengths[i + 1][j + 1] + 1 if alike else max(lengths[i + 1][j], lengths[i][j + 1])
    made: list[tuple[Field, int]] = []
    i = j = 0
    while i < len(union) and j < len(items):
        if union[i][0] == items[j]:
            made.append((items[j], union[i][1] + 1))
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            made.append(union[i])
            i += 1
        else:
            made.append((items[j], 1))
            j += 1
    return [*made, *union[i:], *((item, 1) for item in items[j:])]
