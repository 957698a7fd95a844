from __future__ import annotations

import pytest

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.compose_variables import interpolate, likely


def mapped(text: str) -> MappedText:
    return MappedText.plain(SourceText("compose.yml", text))


@pytest.mark.parametrize(
    ("written", "name", "default"),
    [
        ("$V", "V", None),
        ("${V}", "V", None),
        ("${V:-4}", "V", "4"),
        ("${V-4}", "V", "4"),
        ("${V:-}", "V", ""),
        ("${V:-a b}", "V", "a b"),
        ("${V:?must be set}", "V", None),
        ("${V?}", "V", None),
        ("${V:+yes}", "V", ""),
        ("${V:-${W:-2}}", "V", "2"),
        ("${V:-x${W}}", "V", None),
        ("${V:-x$$y}", "V", "x$y"),
        ('${V:-{"a": 1}}', "V", '{"a": 1}'),
    ],
)
def test_variables(written: str, name: str, default: str | None) -> None:
    word = Word.of(interpolate(mapped(f"a {written} b")))
    assert [part for part in word.parts if isinstance(part, str)] == ["a ", " b"]
    (hole,) = word.holes
    assert (hole.source, hole.name, hole.default) == (written, name, default)
    assert hole.at is not None
    assert (hole.at.start, hole.at.end) == (2, 2 + len(written))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("$$HOME", "$HOME"), ("$$$$", "$$"), ("100$", "100$"), ("$1", "$1"), ("$(nproc)", "$(nproc)"), ("${}", "${}")],
)
def test_what_is_no_variable(text: str, expected: str) -> None:
    assert Word.of(interpolate(mapped(text))).text == expected


def test_an_escaped_dollar_in_front_of_a_name_is_no_variable() -> None:
    text = interpolate(mapped("$${V} $$$V"))
    assert Word.of(text).parts[0] == "${V} $"
    assert [hole.name for hole in Word.of(text).holes] == ["V"]


@pytest.mark.parametrize(
    ("written", "several"), [("$V", True), ("${V:-4}", False), ("${V:-a b}", True), ("${V:-}", True), ("${V:+x}", True)]
)
def test_a_variable_in_a_text_that_is_split_may_be_several_words(written: str, several: bool) -> None:
    (hole,) = Word.of(interpolate(mapped(written), several=True)).holes
    assert hole.several == several
    (alone,) = Word.of(interpolate(mapped(written))).holes
    assert not alone.several


def test_positions_behind_an_escape() -> None:
    text = interpolate(mapped("$$a worker"))
    at = text.location(text.text.index("worker"))
    assert (at.start, at.end) == (4, 10)


@pytest.mark.parametrize(
    ("text", "expected"), [("a${V:-b}c", "abc"), ("$PWD/x", "./x"), ("${V}/x", None), ("plain", "plain")]
)
def test_likely(text: str, expected: str | None) -> None:
    assert likely(Word.of(interpolate(mapped(text)))) == expected


def test_holes_that_are_there_already_stay() -> None:
    hole = Hole("{{ x }}", "x")
    from flake8_celery_oom.core.mapped import TextHole

    text = mapped("{{ x }}-$V").with_holes([TextHole(0, 7, hole)])
    assert [found.name for found in Word.of(interpolate(text)).holes] == ["x", "V"]
