"""What is close is what difflib says; looking at fewer names only saves time."""

from __future__ import annotations

from difflib import get_close_matches

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_celery_oom.celery.close_names import CloseNames
from flake8_celery_oom.celery.settings import NEW_NAMES

NAMES = sorted(NEW_NAMES)
CUTOFFS = [0.82, 0.86, 0.88, 0.95]


@st.composite
def slips(draw: st.DrawFn) -> str:
    """A name with a few characters dropped, doubled, swapped or changed."""
    name = draw(st.sampled_from([*NAMES, "include", "imports", "aaaaaaaaaa"]))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(len(name) - 1, 0)))
        piece = draw(
            st.sampled_from(["", "x", "_", name[at : at + 1] * 2, name[at : at + 2][::-1], name[at : at + 3] * 2])
        )
        name = name[:at] + piece + name[at + draw(st.integers(0, 2)) :]
    return name


@pytest.mark.parametrize("cutoff", CUTOFFS)
@given(name=slips())
def test_the_same_names_are_close_as_for_difflib(cutoff: float, name: str) -> None:
    close = CloseNames([*NAMES, "aaaaaaaaaa"], cutoff)
    assert close.like(name, 3) == tuple(get_close_matches(name, [*NAMES, "aaaaaaaaaa"], n=3, cutoff=cutoff))


def test_a_very_long_name_is_no_slip() -> None:
    assert CloseNames(["a" * 200], 0.8).like("a" * 199, 1) == ()
