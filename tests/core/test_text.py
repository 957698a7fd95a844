"""SourceText and MappedText: positions in every unit, bytes that come back unchanged."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word

lines = st.text(alphabet=st.sampled_from("ab é😀\t#"), max_size=8)


@given(st.binary(max_size=60))
def test_bytes_survive_decoding_and_encoding(data: bytes) -> None:
    assert SourceText.from_bytes("a", data).to_bytes() == data


def test_a_byte_order_mark_is_no_character() -> None:
    source = SourceText.from_bytes("a", b"\xef\xbb\xbfab")
    assert source.text == "ab"
    assert source.to_bytes("abc") == b"\xef\xbb\xbfabc"


@given(st.lists(lines, min_size=1, max_size=5), st.sampled_from(["\n", "\r\n", "\r"]), st.data())
def test_offset_and_position_are_inverse(content: list[str], newline: str, data: st.DataObject) -> None:
    source = SourceText("a", newline.join(content))
    offset = data.draw(st.integers(0, len(source.text)))
    line, column = source.position(offset)
    assert source.offset(line, column) == offset
    assert source.text[source.starts[line - 1] :].startswith(source.line_text(line))


@given(st.lists(lines, min_size=1, max_size=4))
def test_columns_of_ast_and_of_editors(content: list[str]) -> None:
    source = SourceText("a", "\n".join(content))
    for number, line in enumerate(content, 1):
        for index in range(len(line) + 1):
            offset = source.starts[number - 1] + index
            assert source.offset_of_utf8(number, len(line[:index].encode())) == offset
            assert source.utf16_column(offset) == len(line[:index].encode("utf-16-le")) // 2


def test_an_empty_last_line_is_no_line() -> None:
    assert SourceText("a", "x\ny\n").line_count == 2
    assert SourceText("a", "x\ny").line_count == 2
    assert SourceText("a", "").line_count == 1


def test_a_line_location_leaves_out_the_indentation() -> None:
    source = SourceText("a", "x\n   y z\n")
    at = source.line_location(2)
    assert (at.line, at.column, source.text[at.start : at.end]) == (2, 4, "y z")


def test_a_cut_of_mapped_text_points_to_the_same_characters() -> None:
    source = SourceText("a", "one 'two' three")
    text = MappedText.joined([MappedText.plain(source, 0, 3), MappedText.plain(source, 5, 8)], " ")
    assert text.text == "one two"
    piece = text[4:7]
    at = piece.location()
    assert source.text[at.start : at.end] == "two"
    assert text[2:5].location().end == 6


def test_parts_alternate_between_text_and_holes() -> None:
    source = SourceText("a", "-c {{ n }} x")
    hole = Hole("{{ n }}", at=source.location(3, 10))
    text = MappedText.plain(source).with_holes([TextHole(3, 10, hole)])
    assert text.parts() == ("-c ", hole, " x")
    assert Word.of(text[3:10]).holes == (hole,)
    assert text[0:2].parts() == ("-c",)
    assert text[0:0].parts() == ("",)


def test_a_word_knows_what_it_would_be_by_default() -> None:
    source = SourceText("a", "--x=${C:-4}")
    text = MappedText.plain(source).with_holes([TextHole(4, 11, Hole("${C:-4}", "C", "4"))])
    word = Word.of(text)
    assert (word.text, word.default_text, word.shown) == (None, "--x=4", "--x=${C:-4}")
