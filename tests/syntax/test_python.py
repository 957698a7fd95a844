"""Python source: tolerant parsing, positions, and literals that keep the place of every character."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax import python


def first(text: str) -> tuple[SourceText, ast.expr]:
    source = SourceText("m.py", text)
    tree = python.parse(source)
    assert tree is not None
    statement = tree.body[-1]
    assert isinstance(statement, (ast.Expr, ast.Assign))
    assert statement.value is not None
    return source, statement.value


def mapped(text: str, known: dict[str, str] | None = None) -> MappedText:
    source, node = first(text)
    found = python.literal_text(source, node, lambda code, _at: (known or {}).get(code))
    assert found is not None
    return found


def written(text: MappedText, start: int, end: int) -> str:
    place = text.location(start, end)
    return text.source.text[place.start : place.end]


@pytest.mark.parametrize(
    "text",
    ["def (:", "x = 1\x00", "(" * 5000, "x = " + "-" * 100_000 + "1", "print 'python 2", "\ud800 = "],
)
def test_what_is_no_python_gives_nothing(text: str) -> None:
    assert python.parse(SourceText("m.py", text)) is None


def test_what_is_odd_but_python_is_parsed() -> None:
    for text in ("", "\ufeff"[1:], "x = '\\d'", "x = 'a\udcff'", "\x0cx = 1", "x = 1\r\ny = 2\r"):
        assert python.parse(SourceText("m.py", text)) is not None
    assert python.parse(SourceText("m.py", "x = 1\n" * 700_000)) is None


def test_templates_keep_every_position() -> None:
    text = "{% if a %}\nx = {{ name }}\n{% endif %}\ny = 'é'; z = 3\n"
    source = SourceText("m.py", text)
    tree = python.parse(source)
    assert tree is not None
    last = tree.body[-1]
    assert isinstance(last, ast.Assign)
    assert python.code(source, last) == "z = 3"


def test_positions_count_code_points_and_every_line_end() -> None:
    source, node = first("a = 'ä'\r\nb = ('ö',\r 5)")
    assert isinstance(node, ast.Tuple)
    place = python.location(source, node.elts[1])
    assert (place.line, place.column, python.code(source, node.elts[1])) == (3, 2, "5")
    assert python.code(source, node.elts[0]) == "'ö'"


def test_a_file_with_bytes_that_are_no_utf_8() -> None:
    source = SourceText.from_bytes("m.py", b"a = '\xff\xfe'; b = 5\n")
    tree = python.parse(source)
    assert tree is not None
    last = tree.body[-1]
    assert isinstance(last, ast.Assign)
    assert python.code(source, last.value) == "5"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'celery -c 2'", "celery -c 2"),
        ('"celery -c 2"', "celery -c 2"),
        ("'''a\nb'''", "a\nb"),
        ("'''a\r\nb'''", "a\nb"),
        (r"'a\tb\x41\u0042\N{BULLET}\101\\'", "a\tbAB\u2022A\\"),
        (r"r'a\tb\''", "a\\tb\\'"),
        ("'a\\\nb'", "ab"),
        ("'a' \"b\"", "ab"),
        ("('a'  # one\n 'b'\n r'\\c')", "ab\\c"),
        ("u'x'", "x"),
        (r"'\d'", "\\d"),
        ("'é' 'ü'", "éü"),
    ],
)
def test_the_text_of_literals(text: str, value: str) -> None:
    assert mapped(text).text == value


def test_every_character_keeps_its_place() -> None:
    text = mapped("x = ('-c ' # two\n  r'2\\n' '\\t\\x41 4')")
    assert text.text == "-c 2\\n\tA 4"
    assert [written(text, index, index + 1) for index in (0, 3, 4, 5, 8, 9)] == ["-", "2", "\\", "n", " ", "4"]
    assert written(text, 6, 7) == "\\"
    assert str(text.location(0, 1)) == "m.py:1"
    assert str(text.location(9, 10)) == "m.py:2"


def test_fields_of_f_strings_are_holes() -> None:
    text = mapped("f'celery -A {app} -c {n!r:>{w}} {{x}}'")
    assert text.text == "celery -A {app} -c {n!r:>{w}} {x}"
    assert [(hole.start, hole.end, hole.hole.source) for hole in text.holes] == [
        (10, 15, "{app}"),
        (19, 29, "{n!r:>{w}}"),
    ]
    assert written(text, 10, 15) == "{app}"
    assert Word.of(text).parts[:2] == ("celery -A ", Hole("{app}", at=text.location(10, 15)))


def test_known_fields_become_text() -> None:
    text = mapped("f'celery -A {app} worker'", {"app": "proj"})
    assert text.text == "celery -A proj worker"
    assert not text.holes
    assert written(text, 15, 21) == "worker"


def test_fields_with_quotes_and_braces_inside() -> None:
    text = mapped("f'-c {d[\"a\"]} {(lambda: {1: 2})()} end'")
    assert [hole.hole.source for hole in text.holes] == ['{d["a"]}', "{(lambda: {1: 2})()}"]
    assert text.text.endswith(" end")


def test_what_is_no_text() -> None:
    for text in ("5", "b'x'", "a + 'b'", "name"):
        source, node = first(text)
        assert python.literal_text(source, node) is None


def test_comments_behind_values() -> None:
    source, node = first("x = f(200,  # 200MB\n)")
    assert isinstance(node, ast.Call)
    _, end = python.span(source, node.args[0])
    found = python.comment_after(source, end)
    assert found is not None
    assert (found[0], source.text[found[1].start : found[1].end]) == ("200MB", "200MB")
    for text in ("x = 200", "x = 200 + 1  # sum", "x = 200\n# below"):
        source = SourceText("m.py", text)
        assert python.comment_after(source, 7) is None


@given(st.text(max_size=30), st.sampled_from(["'", '"', "'''", '"""']))
@settings(max_examples=150, deadline=None)
def test_any_text_comes_back_from_its_literal(value: str, quote: str) -> None:
    body = value.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"').replace("\r", "\\r")
    body = body.replace("\x00", "\\0000") if len(quote) == 3 else body.replace("\n", "\\n").replace("\x00", "\\0000")
    source = SourceText("m.py", f"x = {quote}{body}{quote}")
    tree = python.parse(source)
    if tree is None:
        return
    node = tree.body[0]
    assert isinstance(node, ast.Assign)
    found = python.literal_text(source, node.value)
    assert found is not None
    assert isinstance(node.value, ast.Constant)
    assert found.text == node.value.value
    assert len(found.offsets) == len(found.text) + 1
    assert list(found.offsets) == sorted(found.offsets)
    for index, char in enumerate(found.text):
        at = source.text[found.offsets[index]]
        assert at in (char, "\\")


@given(st.text(alphabet="f'\"{}\\nrb x(#\n:!=", max_size=25))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_the_reader(text: str) -> None:
    source = SourceText("m.py", text)
    tree = python.parse(source)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, (ast.Constant, ast.JoinedStr)):
            found = python.literal_text(source, node)
            assert found is None or len(found.offsets) == len(found.text) + 1
