"""Looking up what holds a place gives what looking at every place gives."""

from hypothesis import given
from hypothesis import strategies as st

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.once import once
from flake8_celery_oom.core.place_index import PlaceIndex


def _place(path: str, start: int, length: int) -> Location:
    return Location(path, start, start + length, 1, start + 1, 1, start + length + 1)


places = st.builds(_place, st.sampled_from(["a", "b"]), st.integers(0, 30), st.integers(0, 12))


@given(st.lists(places, max_size=12), places)
def test_the_first_place_around_another(things: list[Location], asked: Location) -> None:
    index = PlaceIndex((at, number) for number, at in enumerate(things))
    expected = next((number for number, at in enumerate(things) if at.contains(asked)), None)
    assert index.first_around(asked) == expected


def test_arguments_are_told_apart_by_identity() -> None:
    asked = []

    @once()
    def size(items: list[int]) -> int:
        asked.append(items)
        return len(items)

    first, second = [1], [1]
    assert [size(first), size(first), size(second), size(first)] == [1, 1, 1, 1]
    assert [one is first for one in asked] == [True, False, True]
