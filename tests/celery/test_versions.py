from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.celery.versions import LAST_PATCH, RELEASES, exact, holds, may_hold, narrowed, shown
from flake8_celery_oom.core.results import CeleryVersion


def version(specifier: str) -> CeleryVersion:
    return CeleryVersion(specifier)


@pytest.mark.parametrize(
    ("specifier", "condition", "expected"),
    [
        ("==5.4.0", ">=5.0", True),
        ("==5.4.0", ">=5.5", False),
        ("==5.4.0", "<5.4", False),
        ("==5.4.0", "<=5.4.0", True),
        ("==5.4.0", ">5.4.0", False),
        ("==5.4.0", "!=5.4.0", False),
        ("5.4.0", ">=5.4,<5.5", True),
        ("===5.4.0", ">=5.4", True),
        (">=5.2,<6", ">=5.0", True),
        (">=5.2,<6", ">=5.3", None),
        (">=5.2,<6", "<5.0", False),
        (">=5.2 <6", ">=5.0", True),
        ("<5", ">=5.0", False),
        ("<5", "<4.0", None),
        ("<=4.4.7", "<5.0", True),
        ("~=5.2", ">=5.2", True),
        ("~=5.2", ">=5.3", None),
        ("~=5.2.1", "<5.3", True),
        ("~=5.2.1", ">5.2.0", True),
        ("==5.*", ">=5.0", True),
        ("==5.*", ">=5.7", None),
        ("==4.4.*", "<5.0", True),
        ("!=5.0.*,>=5.0", ">=5.1", True),
        ("!=5.0.1,>=5.0", ">=5.1", None),
        ("^5.2", ">=5.2,<6", True),
        ("^5.2", "<5.2", False),
        ("~5.2", "<5.3", True),
        ("~5.2", ">=5.2.3", None),
        ("=5.2", ">=5.2,<5.3", True),
        ("5.2", ">=5.2,<5.3", True),
        ("5.*", ">=5.0,<6", True),
        (">5.6.3", ">=5.7", None),  # 5.6.4 may come
        (">=5.7", ">=5.7", True),
        ("==3.1.26.post2", "<4.0", True),
        ("==5.6.0rc1", ">=5.6", True),
        ("==5.3.0b1", ">=5.3", True),
        ("==5.4.0+local.1", ">=5.4", True),
        ("==3.0.25", "<4.0", True),
        ("==5.9.1", ">=5.7", True),
        ("^4.4 || ^5.0", ">=4.4", True),
        ("^4.4 || ^5.0", ">=5.0", None),
        ("==5.4.0 ; python_version < '3.12'", ">=5.4", True),
    ],
)
def test_holds(specifier: str, condition: str, expected: bool | None) -> None:
    assert holds(version(specifier), condition) is expected


@pytest.mark.parametrize(
    "specifier",
    [
        "",
        "*",
        "latest",
        "@ git+https://example.org/celery",
        ">=5.0,<foo",
        "==",
        ">=six",
        "==5.4.0beta!",
        "<3,>4",
        "5..2",
    ],
)
def test_what_cannot_be_read_says_nothing(specifier: str) -> None:
    for condition in (">=4.0", "<5.0", ">=5.7"):
        assert holds(version(specifier), condition) is None
        assert may_hold(version(specifier), condition)


def test_a_condition_that_is_none_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="not a condition"):
        holds(version("==5.4.0"), "newer")


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        ("==5.4.0", "Celery 5.4.0"),
        ("5.4.0", "Celery 5.4.0"),
        ("===5.4.0", "Celery 5.4.0"),
        ("==3.1.26.post2", "Celery 3.1.26.post2"),
        (">=5.2,<6", "Celery >=5.2,<6"),
        ("==5.*", "Celery ==5.*"),
        ("==5.4.0; python_version > '3.8'", "Celery 5.4.0"),
        ("", "Celery"),
        ("*", "Celery"),
        ("==5.5.3||==5.6.3", "Celery 5.5.3 or 5.6.3"),
    ],
)
def test_shown(specifier: str, expected: str) -> None:
    assert shown(version(specifier)) == expected


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [("==5.4.0", "5.4.0"), ("5.4.0", "5.4.0"), ("=5.2", None), (">=5.4.0", None), ("==5.*", None), ("", None)],
)
def test_exact(specifier: str, expected: str | None) -> None:
    assert exact(version(specifier)) == expected


def test_narrowed_keeps_what_is_certain_and_gives_way_to_the_condition() -> None:
    assert narrowed(version("==5.4.0"), ">=5.0").specifier == "==5.4.0"
    assert holds(narrowed(version(">=4.0"), ">=5.0"), ">=5.0") is True
    assert holds(narrowed(version(">=5.2"), ">=5.0"), ">=5.2") is True
    assert holds(narrowed(version(""), ">=4.0,<5.0"), "<5.0") is True
    assert holds(narrowed(version("==5.4.0"), "<4.0"), "<4.0") is True
    assert holds(narrowed(version("^4.4 || ^5.0"), ">=5.0"), ">=5.0") is True


def test_every_release_line_ends_where_the_table_says() -> None:
    assert max(RELEASES)[:2] == max(LAST_PATCH)
    for (major, minor), patch in LAST_PATCH.items():
        assert (major, minor, patch, 0) in RELEASES
        assert (major, minor, patch + 1, 0) not in RELEASES


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789.*=<>!~^,| vrcab;@", max_size=24), st.sampled_from([">=5.0", "<4.0", ">=5.7"]))
def test_no_text_breaks_it(specifier: str, condition: str) -> None:
    assert holds(version(specifier), condition) in {True, False, None}
    assert shown(version(specifier)).startswith("Celery")


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(RELEASES), st.sampled_from(RELEASES))
def test_a_pinned_release_is_before_or_after_another(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    pinned = version("==" + ".".join(map(str, left[:3])))
    other = ".".join(map(str, right[:3]))
    assert holds(pinned, f"<{other}") is (left < right)
    assert holds(pinned, f">={other}") is (left >= right)
