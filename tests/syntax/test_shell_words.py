"""The inside of shell words, held against Python's own reading of quotes."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import shell_words
from flake8_celery_oom.syntax.shell_words import Arithmetic, Parameter, Substitution, Text


def mapped(text: str) -> MappedText:
    return MappedText.plain(SourceText("a.sh", text))


def shown(text: str) -> list[str]:
    made = []
    for part in shell_words.parts(mapped(text)):
        quote = '"' if part.quoted else ""
        if isinstance(part, Text):
            made.append(f"{quote}{part.text.text}")
        elif isinstance(part, Parameter):
            operand = part.operand.text if part.operand is not None else ""
            made.append(f"{quote}<{part.name}{part.operator}{operand}{'[]' if part.array else ''}>")
        elif isinstance(part, Substitution):
            made.append(f"{quote}({part.command.text})")
        elif isinstance(part, Arithmetic):
            made.append(f"{quote}(({part.expression.text}))")
    return made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("celery", ["celery"]),
        ("'a b'c", ['"a b', "c"]),
        ('"a $B c"', ['"a ', '"<B>', '" c']),
        ("${C:-4}", ["<C:-4>"]),
        ('--concurrency="${C:-$(nproc)}"', ["--concurrency=", '"<C:-$(nproc)>']),
        ("${V:='a }b'}", ["<V:='a }b'>"]),
        ("$1$@$#", ["<1>", "<@[]>", "<#>"]),
        ('"${ARR[@]}"', ['"<ARR[]>']),
        ("${ARR[0]}", ["<ARR[0>"]),
        ("${#ARR}", ["<ARR#>"]),
        ("$(echo $(nproc))x", ["(echo $(nproc))", "x"]),
        ("`nproc`", ["(nproc)"]),
        ("$((2 * (1 + 1)))", ["((2 * (1 + 1)))"]),
        (r"a\ b", ["a", '" ', "b"]),
        (r'"\$HOME \x"', ['"$', r'"HOME \x']),
        ("''", ['"']),
        ('""', ['"']),
        ("a$", ["a$"]),
        ("$'x y'", ['"x y']),
        ("a\\\nb", ["a", "b"]),
        ('"${A:-it\'s}"', ["\"<A:-it's>"]),
    ],
)
def test_parts(text: str, expected: list[str]) -> None:
    assert shown(text) == expected


def test_every_part_points_to_its_own_text() -> None:
    text = mapped("pre\"mid ${A:-'x'}\"$(b)")
    for part in shell_words.parts(text):
        piece = part.text if isinstance(part, Text) else part.source
        at = piece.location()
        assert text.source.text[at.start : at.end] == piece.text


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_nothing_written_makes_it_fail(text: str) -> None:
    for word in shell_words.split(mapped(text)):
        list(shell_words.parts(word))


word_text = st.text(alphabet=st.sampled_from("ab- =./,:@%é"), min_size=1, max_size=8)


@given(st.lists(word_text, max_size=5))
@settings(max_examples=200, deadline=None)
def test_what_python_quotes_is_split_into_the_same_words(words: list[str]) -> None:
    line = shlex.join(words)
    made = []
    for word in shell_words.split(mapped(line)):
        parts = shell_words.parts(word)
        assert all(isinstance(part, Text) for part in parts)
        made.append("".join(part.text.text for part in parts if isinstance(part, Text)))
    assert made == shlex.split(line) == words


def test_a_line_continued_by_a_backslash_is_one_line() -> None:
    words = [word.text for word in shell_words.split(mapped("celery \\\n  worker -c\\\n2"))]
    assert words == ["celery", "worker", "-c", "2"]
