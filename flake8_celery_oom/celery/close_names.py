"""Known names that are like one with a slip in it, found without comparing it with each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import lru_cache

LONGEST = 80
"""A longer name is no slip of a known one."""


class CloseNames:
    """What ``difflib.get_close_matches`` gives of some names, looking only at those that can be close enough.

    With a ratio of ``c`` two names of ``s`` characters together share at least ``s(2.5c - 2) - 2`` pieces of three:
    ``cs/2`` characters are matched, in at most ``(1 - c)s + 1`` blocks, and a block of ``b`` has ``b - 2`` of them.
    """

    def __init__(self, names: Iterable[str], cutoff: float) -> None:
        self._cutoff = cutoff
        self._names = sorted(names)
        self._holding: dict[tuple[str, int], list[str]] = {}
        for name in self._names:
            for piece in _pieces(name):
                self._holding.setdefault(piece, []).append(name)
        self.like = lru_cache(maxsize=10_000)(self._like)

    def _like(self, name: str, number: int) -> tuple[str, ...]:
        if len(name) > LONGEST:
            return ()
        shared = Counter(known for piece in _pieces(name) for known in self._holding.get(piece, ()))
        slope = 2.5 * self._cutoff - 2
        near = [known for known, count in shared.items() if count >= slope * (len(name) + len(known)) - 2]
        return tuple(get_close_matches(name, sorted(near), n=number, cutoff=self._cutoff)) if near else ()


def _pieces(name: str) -> Iterator[tuple[str, int]]:
    """All pieces of three characters; one that comes again is another."""
    seen: Counter[str] = Counter()
    for start in range(len(name) - 2):
        piece = name[start : start + 3]
        seen[piece] += 1
        yield piece, seen[piece]
