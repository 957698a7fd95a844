from __future__ import annotations

import pytest

from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.compose_variables import interpolate
from flake8_celery_oom.syntax.compose_words import split


def texts(command: str) -> list[str | None] | None:
    words = split(interpolate(MappedText.plain(SourceText("compose.yml", command)), several=True))
    return None if words is None else [word.text for word in words]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("celery worker -c 4", ["celery", "worker", "-c", "4"]),
        ("  celery\tworker \n", ["celery", "worker"]),
        ("sh -c 'a && b'", ["sh", "-c", "a && b"]),
        ('-n "w@%h" -Q "a b"c', ["-n", "w@%h", "-Q", "a bc"]),
        ("x '' \"\" y", ["x", "", "", "y"]),
        ('a\\ b c\\"d', ["a b", 'c"d']),
        ("migrate && celery worker", ["migrate"]),
        ("worker > log", ["worker"]),
        ("worker 2> log", ["worker"]),
        ("worker\\\n-c 4", ["worker\n-c", "4"]),
        ("worker \\\n  -c 4", ["worker", "\n", "-c", "4"]),
        ("echo $$HOME $1", ["echo", "$HOME", "$1"]),
        ("n $(nproc) x", ["n", "$(nproc)", "x"]),
        ("n `nproc -a` x", ["n", "`nproc -a`", "x"]),
        ("a 'b", None),
        ("a (b)", None),
        ("a\\", None),
        ("", []),
    ],
)
def test_words_are_those_of_compose(command: str, expected: list[str] | None) -> None:
    assert texts(command) == expected


def test_a_variable_is_several_words_only_outside_of_quotes() -> None:
    text = interpolate(MappedText.plain(SourceText("compose.yml", 'x $A "$B" c$D')), several=True)
    words = split(text)
    assert words is not None
    assert [[hole.several for hole in word.holes] for word in words] == [[], [True], [False], [False]]


def test_a_word_stands_where_it_is_written() -> None:
    words = split(MappedText.plain(SourceText("compose.yml", 'celery "-c" 4')))
    assert words is not None
    assert [(word.at.start, word.at.end) for word in words if word.at is not None] == [(0, 6), (8, 10), (12, 13)]
