"""Looking up what holds a place gives what looking at every place gives."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.once import once
from flake8_celery_oom.core.place_index import PlaceIndex, StretchIndex


def _place(path: str, start: int, length: int) -> Location:
    return Location(path, start, start + length, 1, start + 1, 1, start + length + 1)


places = st.builds(_place, st.sampled_from(["a", "b"]), st.integers(0, 30), st.integers(0, 12))


@given(st.lists(places, max_size=12), places)
def test_the_first_place_around_another(things: list[Location], asked: Location) -> None:
    index = PlaceIndex((at, number) for number, at in enumerate(things))
    expected = next((number for number, at in enumerate(things) if at.contains(asked)), None)
    assert index.first_around(asked) == expected


@given(st.lists(places, max_size=12), places)
def test_all_places_around_or_at_another(things: list[Location], asked: Location) -> None:
    index = PlaceIndex((at, number) for number, at in enumerate(things))
    assert index.all_around(asked) == [number for number, at in enumerate(things) if at.contains(asked)]
    assert sorted(index.touching(asked)) == [number for number, at in enumerate(things) if at.touches(asked)]


def test_a_place_that_reaches_far_makes_no_search_longer() -> None:
    """One place over all the others: what starts before the one that is asked for is not looked at one by one."""

    def steps(size: int) -> int:
        index = StretchIndex([(0, 10 * size), *((10 * number, 10 * number + 5) for number in range(size))])
        looked = 0

        class Counting(list[int]):
            def __getitem__(self, key: Any) -> Any:
                nonlocal looked
                looked += 1
                return super().__getitem__(key)

        index._farthest = Counting(index._farthest)
        assert list(index.over(10 * size - 3, 10 * size - 3)) == [0]
        return looked

    assert steps(10_000) < steps(100) + 20


def test_arguments_are_told_apart_by_identity() -> None:
    asked = []

    @once()
    def size(items: list[int]) -> int:
        asked.append(items)
        return len(items)

    first, second = [1], [1]
    assert [size(first), size(first), size(second), size(first)] == [1, 1, 1, 1]
    assert [one is first for one in asked] == [True, False, True]
