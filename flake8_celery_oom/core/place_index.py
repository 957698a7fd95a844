"""Which of many places holds, or touches, another one: found without looking at all of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from flake8_celery_oom.core.location import Location

T = TypeVar("T")


class StretchIndex:
    """Stretches of one text, ``(start, end)`` each, by their numbers in the order given.

    A binary tree over the stretches, sorted by where they start, holds in each node the farthest end below it. A search
    takes time in proportion to the logarithm of their number, for each stretch that is found.
    """

    def __init__(self, stretches: Sequence[tuple[int, int]]) -> None:
        self._stretches = stretches
        self._numbers = sorted(range(len(stretches)), key=lambda number: stretches[number][0])
        self._starts = [stretches[number][0] for number in self._numbers]
        self._leaves = 1 << max(len(stretches) - 1, 0).bit_length()
        self._farthest = [-1] * self._leaves + [stretches[number][1] for number in self._numbers]
        self._farthest += [-1] * (2 * self._leaves - len(self._farthest))
        for node in range(self._leaves - 1, 0, -1):
            self._farthest[node] = max(self._farthest[2 * node], self._farthest[2 * node + 1])

    def start_of(self, number: int) -> int:
        """Where the stretch with a number starts."""
        return self._stretches[number][0]

    def over(self, latest_start: int, earliest_end: int) -> Iterator[int]:
        """The stretches that start at ``latest_start`` or before, and end at ``earliest_end`` or behind."""
        stop = bisect_right(self._starts, latest_start)
        waiting = [(1, 0, self._leaves)]
        while waiting:
            node, first, width = waiting.pop()
            if first >= stop or self._farthest[node] < earliest_end:
                continue
            if width == 1:
                yield self._numbers[first]
            else:
                half = width // 2
                waiting += [(2 * node + 1, first + half, half), (2 * node, first, half)]


class PlaceIndex(Generic[T]):
    """Things by the place that each has: ``(place, thing)``, in the order in which the first is looked for."""

    def __init__(self, things: Iterable[tuple[Location, T]]) -> None:
        found: dict[str, list[tuple[Location, T]]] = {}
        for at, thing in things:
            found.setdefault(at.path, []).append((at, thing))
        self._files = {
            path: (StretchIndex([(at.start, at.end) for at, _ in here]), [thing for _, thing in here])
            for path, here in found.items()
        }

    def first_around(self, place: Location) -> T | None:
        """The first thing whose place contains another one."""
        return next(iter(self.all_around(place)), None)

    def all_around(self, place: Location) -> list[T]:
        """All things whose places contain another one, in their order."""
        if place.path not in self._files:
            return []
        index, things = self._files[place.path]
        return [things[number] for number in sorted(index.over(place.start, place.end))]

    def touching(self, place: Location) -> Iterator[T]:
        """All things whose places touch another one, by where they start."""
        if place.path in self._files:
            index, things = self._files[place.path]
            yield from (things[number] for number in index.over(place.end, place.start))
