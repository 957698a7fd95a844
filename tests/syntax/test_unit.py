from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.unit import parse, with_specifiers, words

PIECES = (
    "[Service]\n",
    "ExecStart=",
    "A=b\n",
    "\\\n",
    "\\\\\n",
    "\\",
    "\n",
    "\r\n",
    "# c\n",
    " ; c\n",
    "'",
    '"',
    " ",
    "%i",
    "%%",
)
units = st.lists(st.sampled_from((*PIECES, "{{ x }}", "=", "é", "\udce9", "a b")), max_size=30).map("".join)


def split(text: str) -> list[str]:
    return [word.text for word in words(MappedText.plain(SourceText("x", text)))]


@given(units)
@settings(max_examples=200, deadline=None)
def test_every_character_of_a_value_stands_where_it_says(text: str) -> None:
    source = SourceText("x.service", text)
    for assignment in parse(source):
        mapped = assignment.value
        for position, char in enumerate(mapped.text):
            assert text[mapped.offsets[position]] == char or char == " "
        for word in words(with_specifiers(mapped)):
            assert word.location().start >= mapped.location().start


def test_words_lose_their_quotes() -> None:
    assert split("""a 'b c' "d 'e'" f="g h"i '' \\" 'open""") == ["a", "b c", "d 'e'", "f=g hi", "", '\\"', "open"]


def test_assignments_know_their_section() -> None:
    found = parse(SourceText("x.service", "[Unit]\nA = 1\n[Service]\nA=2 \\\n  3\nnonsense\nA=\n"))
    assert [(one.section, one.key, one.value.text) for one in found] == [
        ("Unit", "A", "1"),
        ("Service", "A", "2    3"),
        ("Service", "A", ""),
    ]
