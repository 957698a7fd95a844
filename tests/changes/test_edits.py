"""Edits as text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.changes.edits import ConflictError, Shift, apply, by_path, line_end
from flake8_celery_oom.core.findings import Edit, Fix
from flake8_celery_oom.core.source import SourceText

TEXT = "0123456789"
SOURCE = SourceText("f", TEXT)


def edit(start: int, end: int, text: str) -> Edit:
    return Edit(SOURCE.location(start, end), text)


def fix(*edits: Edit) -> Fix:
    return Fix("", "safe", edits)


def test_edits_of_several_fixes_land_together() -> None:
    merged = by_path([fix(edit(4, 5, "x")), fix(edit(0, 0, "a=1 "), edit(8, 9, "")), fix(edit(0, 0, "b=2 "))])
    assert apply(TEXT, merged["f"]) == "a=1 b=2 0123x5679"


def test_the_same_edit_counts_once() -> None:
    assert by_path([fix(edit(3, 3, " --c=2")), fix(edit(3, 3, " --c=2"))])["f"] == (edit(3, 3, " --c=2"),)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (edit(2, 5, "x"), edit(4, 6, "y")),
        (edit(2, 5, "x"), edit(3, 4, "")),
        (edit(2, 5, "x"), edit(5, 6, "y")),
        (edit(2, 5, "x"), edit(5, 5, "y")),
        (edit(3, 3, " --c=2"), edit(3, 3, " --c=4")),
    ],
)
def test_what_touches_does_not_land_together(one: Edit, other: Edit) -> None:
    for pair in ([fix(one), fix(other)], [fix(other), fix(one)]):
        with pytest.raises(ConflictError):
            by_path(pair)


STRETCHES = st.lists(
    st.tuples(st.integers(0, 10), st.integers(0, 10), st.sampled_from(["", "x=", "long text="])), max_size=4
)


@given(STRETCHES)
@settings(max_examples=200, deadline=None)
def test_places_that_no_edit_touches_keep_their_text(stretches: list[tuple[int, int, str]]) -> None:
    edits = [edit(min(one, other), max(one, other), text) for one, other, text in stretches]
    try:
        merged = by_path([fix(*edits)]).get("f", ())
    except ConflictError:
        return
    changed, shift = apply(TEXT, merged), Shift(merged)
    for offset, char in enumerate(TEXT):
        at = SOURCE.location(offset, offset + 1)
        if not any(one.at.start < offset + 1 and offset < one.at.end for one in merged):
            new = shift.offset(offset)
            if any(one.at.start == offset for one in merged):
                assert changed.index(char) >= new
            else:
                assert changed[new] == char
        assert shift.touched(at) is any(one.at.start <= offset + 1 and offset <= one.at.end for one in merged)


def test_line_ends() -> None:
    assert line_end(SourceText("f", "a\r\nb"), 0) == "\r\n"
    assert line_end(SourceText("f", "a\r\nb"), 3) == "\r\n"
    assert line_end(SourceText("f", "a\nb\r\n"), 0) == "\n"
    assert line_end(SourceText("f", "a"), 0) == "\n"
