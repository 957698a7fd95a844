"""Which of many places holds another one: found without looking at all of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import Generic, TypeVar

from flake8_celery_oom.core.location import Location

T = TypeVar("T")


class PlaceIndex(Generic[T]):
    """Things by the place that each has: ``(place, thing)``, in the order in which the first is looked for."""

    def __init__(self, things: Iterable[tuple[Location, T]]) -> None:
        self._order: list[tuple[Location, T]] = list(things)
        numbers: dict[str, list[int]] = {}
        for number, (at, _) in enumerate(self._order):
            numbers.setdefault(at.path, []).append(number)
        self._files = {path: self._sorted(found) for path, found in numbers.items()}

    def _sorted(self, numbers: list[int]) -> tuple[list[int], list[int], list[int]]:
        """Numbers of things of one file by where they start, those starts, and how far all up to each reach."""
        by_start = sorted(numbers, key=lambda number: self._order[number][0].start)
        places = [self._order[number][0] for number in by_start]
        return by_start, [at.start for at in places], list(accumulate((at.end for at in places), max))

    def first_around(self, place: Location) -> T | None:
        """The first thing whose place contains another one."""
        return next(iter(self.all_around(place)), None)

    def all_around(self, place: Location) -> list[T]:
        """All things whose places contain another one, in their order."""
        numbers, starts, reach = self._files.get(place.path, ([], [], []))
        index = bisect_right(starts, place.start) - 1
        found = []
        while index >= 0 and reach[index] >= place.end:
            number = numbers[index]
            if self._order[number][0].end >= place.end:
                found.append(number)
            index -= 1
        return [self._order[number][1] for number in sorted(found)]
