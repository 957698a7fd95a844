from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.dotenv import parse

PIECES = (
    "A=",
    "export B=",
    "C: ",
    "D\n",
    "\n",
    "\r\n",
    "'",
    '"',
    "\\",
    "\\\n",
    "$X",
    "${Y:-z}",
    "${Y:-${Z}}",
    "${",
    "$(nproc)",
)
files = st.lists(
    st.sampled_from((*PIECES, "`", "$(", " # c", "#", " ", "é", "\udce9", "{{ t }}", "word", ";")), max_size=25
)


def word(text: str, *, sourced: bool = False) -> Word:
    (variable,) = parse(SourceText(".env", text), sourced=sourced)
    return Word.of(variable.value)


@given(files.map("".join), st.booleans())
@settings(max_examples=200, deadline=None)
def test_every_name_and_value_stands_where_it_says(text: str, sourced: bool) -> None:
    for variable in parse(SourceText(".env", text), sourced=sourced):
        assert text[variable.at.start : variable.at.end] == variable.name
        for hole in Word.of(variable.value).holes:
            assert hole.at is not None
            assert text[hole.at.start : hole.at.end] == hole.source


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("A=b c # d", "b c"),
        ("A=b#c", "b#c"),
        ("A=# c", ""),
        ("A = 'b # c' # d", "b # c"),
        ('A="b\\n\\"c\\""', 'b\n"c"'),
        ("A='b\\n'", "b\\n"),
        ('A="b\nc"', "b\nc"),
        ("A=it's", "it's"),
        ('A="open', '"open'),
        ("A=\\$b", "$b"),
        ("A=b\r\n", "b"),
    ],
)
def test_values_as_dotenv_reads_them(written: str, text: str) -> None:
    assert word(written).text == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("A=b c", "b"),
        ("A=b;c", "b"),
        ("A=\"b\"'c d'e", "bc de"),
        ('A="b \\\n  c"', "b    c"),
        ('A="b \\\r\n  c"', "b    c"),
        ("A=b\\ c", "b c"),
        ("A=b#c", "b#c"),
        ("A= b", ""),
    ],
)
def test_values_as_a_shell_reads_them(written: str, text: str) -> None:
    assert word(written, sourced=True).text == text


@pytest.mark.parametrize(
    ("written", "name", "default"),
    [
        ("$B", "B", None),
        ("${B}", "B", None),
        ("${B:-4}", "B", "4"),
        ("${B-4}", "B", "4"),
        ("${B:+4}", "B", ""),
        ("${B:?no}", "B", None),
        ("${B:-${C}}", "B", None),
    ],
)
def test_variables_are_holes(written: str, name: str, default: str | None) -> None:
    (hole,) = word(f"A={written}").holes
    assert (hole.source, hole.name, hole.default) == (written, name, default)


def test_a_value_that_a_template_fills_in_ends_behind_it() -> None:
    assert word("A={{ names | join(' ') }}-x other", sourced=True).shown == "{{ names | join(' ') }}-x"


@pytest.mark.parametrize(("written", "follows"), [("$(nproc)", True), ("`nproc --all`", True), ("$(date)", False)])
def test_a_command_that_counts_cpus_is_known_for_it(written: str, follows: bool) -> None:
    assert [hole.host_cpus for hole in word(f'A="{written}"', sourced=True).holes] == [follows]
