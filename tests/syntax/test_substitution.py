from __future__ import annotations

import re

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.substitution import as_hole, joined, standing_at, stripped, substitute, unfilled, word_at

SOURCE = SourceText("a.txt", "one {x} two {y} three")
TEXT = MappedText.plain(SOURCE)
PATTERN = re.compile(r"\{(\w)\}")


def test_text_a_hole_another_text_or_nothing() -> None:
    hole = Hole("{x}", "x")
    meanings: dict[str, str | Hole | MappedText | None] = {"x": hole, "y": "YES"}
    found = substitute(TEXT, PATTERN, lambda match, _: meanings[match[1]])
    assert found.parts() == ("one ", hole, " two YES three")
    at = found.location(found.text.index("three"))
    assert SOURCE.text[at.start : at.end] == "three"
    assert found.location(found.text.index("YES"), found.text.index("YES") + 3).column == 13
    meanings = {"x": None, "y": TEXT[0:3]}
    assert substitute(TEXT, PATTERN, lambda match, _: meanings[match[1]]).text == "one {x} two one three"


def test_nothing_to_replace_gives_the_same_text() -> None:
    assert substitute(TEXT, PATTERN, lambda *_: None) is TEXT
    assert substitute(TEXT, re.compile("nowhere"), lambda *_: "x") is TEXT


def test_matches_inside_holes_are_left_alone() -> None:
    covered = TEXT.with_holes([TextHole(4, 7, Hole("{x}"))])
    assert substitute(covered, PATTERN, lambda *_: "!").parts() == ("one ", Hole("{x}"), " two ! three")


def test_a_hole_leaves_no_quotes_or_line_ends() -> None:
    piece = MappedText.plain(SourceText("a", '$(shell "x\ny")'))
    assert set(as_hole(piece, Hole("h")).text) == {"X"}


def test_standing_at() -> None:
    piece = TEXT[4:7]
    assert standing_at(piece, "").text == ""
    for text in ("a", "abc", "abcdef"):
        stood = standing_at(piece, text)
        assert stood.text == text
        assert len(stood.offsets) == len(text) + 1
        assert (stood.location().start, stood.location().end) == (4, 7) or text == "a"


def test_empty_pieces_move_nothing() -> None:
    assert joined([TEXT[0:0], TEXT[12:15], TEXT[0:0]]).location().start == 12
    assert joined([TEXT[3:3]]).text == ""


def test_stripped_and_word_at() -> None:
    spaces = MappedText.plain(SourceText("a", "  x "))
    assert (stripped(spaces).text, stripped(spaces).location().start) == ("x", 2)
    assert stripped(spaces[0:2]).text == ""
    word = word_at(TEXT[0:3], TEXT.location())
    assert (word.text, word.at, word.mapped) == ("one", TEXT.location(), TEXT[0:3])


def test_templates() -> None:
    source = SourceText("run.sh", "a {{ x }}{% if y %} b{% endif %}\n")
    text = unfilled(source, "jinja")
    assert text.source is source
    assert len(text.text) == len(source.text)
    assert [hole.hole.source for hole in text.holes] == ["{{ x }}"]
    assert "{%" not in text.text
    assert unfilled(source, None).text == source.text
