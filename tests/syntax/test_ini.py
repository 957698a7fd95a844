from __future__ import annotations

import configparser

from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.ini import parse

PIECES: tuple[str, ...] = (
    "[a]\n",
    "[b c]\n",
    "[",
    "]",
    "k=v\n",
    "K : v w\n",
    "  more\n",
    "\n",
    "\r\n",
    "; c\n",
    " # c\n",
    " ; c",
    "x ;y\n",
)
PIECES += ("{{ x }}", "{% if %}\n", "=", ":", "\t", "é", "\x0c", "\udce9", "\u2028")
inis = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=30).map("".join)


@given(inis, st.booleans())
@settings(max_examples=200, deadline=None)
def test_every_character_of_a_value_stands_where_it_says(text: str, inline_comments: bool) -> None:
    source = SourceText("x.ini", text)
    for section in parse(source, inline_comments=inline_comments):
        assert section.name in text[section.at.start : section.at.end]
        for entry in section.entries:
            assert text[entry.at.start : entry.at.end].lower() == entry.key
            mapped = entry.value
            covered = {position for hole in mapped.holes for position in range(hole.start, hole.end)}
            for position, char in enumerate(mapped.text):
                if position not in covered and char != "\n":
                    assert text[mapped.offsets[position]] == char


plain_inis = st.lists(
    st.sampled_from(
        ("[a]\n", "[b]\n", "k=v\n", "l: w\n", "  more\n", "\n", "; c\n", "# c\n", "m = x ; y\n", "n = a#b\n")
    ),
    max_size=20,
).map("".join)


@given(plain_inis)
@settings(max_examples=200, deadline=None)
def test_values_are_those_of_configparser(text: str) -> None:
    text = f"[first]\n{text}"
    oracle = configparser.RawConfigParser(strict=False, inline_comment_prefixes=(";", "#"))
    try:
        oracle.read_string(text)
    except configparser.Error:
        return
    read: dict[str, dict[str, str]] = {}
    for section in parse(SourceText("x.ini", text), inline_comments=True):
        values = read.setdefault(section.name, {})
        for entry in section.entries:
            values[entry.key] = " ".join(entry.value.text.split())
    assert read == {
        name: {key: " ".join(value.split()) for key, value in oracle.items(name)} for name in oracle.sections()
    }


def test_keys_and_sections_that_stand_twice_are_kept() -> None:
    first, second = parse(SourceText("x.ini", "[a]\nk=1\nk=2\n[a]\nk=3\n"))
    assert [entry.value.text for entry in first.entries] == ["1", "2"]
    value = first.get("k")
    assert value is not None
    assert value.text == "2"
    assert second.name == "a"


def test_a_comment_behind_a_value_counts_only_when_asked_for() -> None:
    source = SourceText("x.ini", "[a]\nk = 1 ; one\n")
    assert [parse(source, inline_comments=asked)[0].entries[0].value.text for asked in (True, False)] == [
        "1",
        "1 ; one",
    ]
