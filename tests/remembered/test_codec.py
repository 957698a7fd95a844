"""Data comes back as it was, and bytes from elsewhere run nothing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset
from flake8_celery_oom.core.word import literal
from flake8_celery_oom.remembered.codec import CodecError, decode, encode
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.facts.reads import RecordedReads

PLACE = Location("a.py", 0, 4, 1, 1, 1, 5)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary())
KEYS = st.one_of(st.text(), st.integers(), st.tuples(st.text(), st.booleans()))
DATA = st.recursive(
    st.one_of(
        SCALARS,
        st.builds(range, st.integers(0, 9), st.integers(0, 99)),
        st.builds(Known, SCALARS, st.just(PLACE)),
        st.builds(Unset, st.lists(st.text()).map(tuple)),
        st.builds(Unknown, st.builds(Cause, st.text(), variables=st.frozensets(st.text())), st.none(), SCALARS),
        st.sampled_from([re.compile("a+b", re.MULTILINE), re.compile(r"\d"), literal("worker")]),
    ),
    lambda inner: st.one_of(
        st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(KEYS, inner), st.sets(KEYS), st.frozensets(KEYS)
    ),
    max_leaves=20,
)


def no_text(path: str) -> None:
    return None


def typed(data: Any) -> object:
    """Data with the types of all parts: 1, 1.0 and True are equal."""
    match data:
        case list() | tuple():
            return type(data), [typed(one) for one in data]
        case dict():
            return dict, [(typed(key), typed(value)) for key, value in data.items()]
        case set() | frozenset():
            return type(data), {repr(typed(one)) for one in data}
        case _:
            return type(data)


@given(DATA)
def test_data_comes_back_as_it_was(data: object) -> None:
    back = decode(encode(data, {}), no_text)
    assert typed(back) == typed(data)
    assert back == data


def test_what_several_hold_is_one_object_again() -> None:
    one = [Known(1, PLACE), [PLACE]]
    back: Any = decode(encode((one, one, PLACE), {}), no_text)
    assert back[0] is back[1]
    assert back[0][0].at is back[0][1][0] is back[2]


def test_texts_that_the_reader_has_are_not_written() -> None:
    source, other = SourceText("a.py", "celery = 1\n"), SourceText("chart.yaml", "# made\n", bom=True)
    data = encode((MappedText.plain(source), MappedText.plain(other)), {"a.py": source})
    assert data.count(b"utf-8") == 1  # the encoding of the one that is written
    back: Any = decode(data, {"a.py": source}.get)
    assert back[0].source is source
    assert (back[1].source.path, back[1].source.text, back[1].source.bom) == ("chart.yaml", "# made\n", True)
    with pytest.raises(CodecError, match=r"a\.py"):
        decode(data, no_text)


def test_what_is_not_stored_is_left_out() -> None:
    facts = Facts(("a.py",), RecordedReads(no_text), launches=[])
    back: Any = decode(encode(facts, {}), no_text)
    assert back.files == ("a.py",)
    assert not hasattr(back, "read")


@pytest.mark.parametrize("data", [print, lambda: 1, object(), Location, [json]], ids=range(5))
def test_what_is_no_data_is_refused(data: object) -> None:
    with pytest.raises(CodecError):
        encode(data, {})


def test_what_holds_itself_is_refused() -> None:
    one: list[object] = []
    one.append(one)
    with pytest.raises(CodecError, match="itself"):
        encode(one, {})


@dataclass
class Foreign:
    """A data class that is none of the program's."""

    name: str = "x"
    more: list[str] = field(default_factory=list)


def test_classes_of_others_are_refused() -> None:
    with pytest.raises(CodecError):
        encode(Foreign(), {})


LOCATION = ["core.location", "Location", "start", "end", "line", "column", "end_line", "end_column", "path"]


@pytest.mark.parametrize(
    "planted",
    [
        [[["os", "system", "command"]], ["touch planted", [11, 0]]],
        [[["frontends.cli", "main"]], [[11]]],
        [[["__main__", "main"]], [[11]]],
        [[["core.location", "dataclass"]], [[11]]],
        [[["core", "location"]], [[11]]],
        [[["core.source", "SourceText", "path", "text"]], ["a", "b", [11, 0, 1]]],
        [[["core..location", "Location"]], [[11]]],
        [[["core.location", "Location", "path"]], ["a", [11, 0]]],
        [[LOCATION], ["a", [11, 0, 0, 1, 1, 1, 1, 7]]],
        [[LOCATION], ["a", [11, 0]]],
        [[], ["a", [99, 0]]],
        [[], [[0, 0]]],
        [[], [[6, 0, 1]]],
        [[], ["(", 0, [6, 0, 1]]],
        [[], ["a", [2, 0]]],
        [[], [[0], [1, 0], [3, 1]]],
        [[], ["a", [7, 0]]],
        [[], []],
        [],
        {},
        7,
        None,
    ],
    ids=repr,
)
def test_bytes_from_elsewhere_make_nothing(planted: object, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CodecError):
        decode(json.dumps(planted).encode(), no_text)
    assert not list(tmp_path.iterdir())


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_refused_in_one_way(data: bytes) -> None:
    try:
        decode(data, no_text)
    except CodecError:
        return
