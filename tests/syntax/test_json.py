from __future__ import annotations

import json as reference

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.json import parse
from flake8_celery_oom.syntax.yaml_nodes import Document, Mapping, Node, Scalar, Sequence


def document(text: str) -> Document:
    return parse(SourceText("a.json", text))


def plain(node: Node | None) -> object:
    if isinstance(node, Mapping):
        return {entry.key.value.text: plain(entry.value) for entry in node.entries if entry.key is not None}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    assert isinstance(node, Scalar)
    return node.value.text if node.style == "double" else reference.loads(node.value.text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(JSON, st.booleans(), st.sampled_from([None, 2, "\t"]))
def test_reads_what_the_standard_library_writes(value: object, ascii_only: bool, indent: int | str | None) -> None:
    found = document(reference.dumps(value, ensure_ascii=ascii_only, indent=indent))
    assert found.problem is None
    assert plain(found.node) == value


@settings(max_examples=200, deadline=None)
@given(st.text('{}[]":, \\/*u0dab\n', max_size=40) | st.text(max_size=20))
def test_any_text_is_read(text: str) -> None:
    found = document(text)
    if found.problem is None and found.node is not None:
        assert 0 <= found.node.at.start <= found.node.at.end <= len(text)


def test_positions() -> None:
    text = '{\n  "args": ["-c", "a\\"\\u0041z", 4]\n}\n'
    node = document(text).node
    assert isinstance(node, Mapping)
    args = node.get("args")
    assert isinstance(args, Sequence)
    assert text[args.at.start : args.at.end] == '["-c", "a\\"\\u0041z", 4]'
    escaped, number = args.items[1:]
    assert isinstance(escaped, Scalar)
    assert escaped.value.text == 'a"Az'
    assert (escaped.at.line, escaped.at.column) == (2, 18)
    last = escaped.value.location(3)
    assert text[last.start : last.end] == "z"
    assert text[number.at.start : number.at.end] == "4"


def test_astral_characters_written_as_two_escapes() -> None:
    node = document('"\\ud83d\\ude00!"').node
    assert isinstance(node, Scalar)
    assert node.value.text == "\U0001f600!"
    at = node.value.location(1)
    assert (at.start, at.end) == (13, 14)


@pytest.mark.parametrize(
    "text",
    [
        '// comment\n{"a": [1, 2,], /* "b": 3 */ }',
        '{"a": [1 2]}',
        "{a: [1, 2]}",
        '\ufeff{"a"\n:\n[1,\n2]}',
    ],
)
def test_what_editors_let_pass(text: str) -> None:
    found = document(text)
    assert found.problem is None
    assert isinstance(found.node, Mapping)
    assert plain(found.node.get("a")) == [1, 2]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('{"a": 1', 1, "'{' is never closed"),
        ('{\n"a": 1]}', 2, "unexpected ']'"),
        ('{\n"a"}', 2, "the key 'a' has no value"),
        ('{"a":}', 1, "the key 'a' has no value"),
        ('{"a": "b}\n', 1, "a string without an end"),
        ("{} {}", 1, "text behind the end of the value"),
        ("{{}}", 1, "a value without a key"),
        ("[" * 300, 1, "collections are nested deeper than 200 levels"),
    ],
)
def test_problems(text: str, line: int, message: str) -> None:
    found = document(text)
    assert found.problem is not None
    assert (found.problem.line, found.problem.message) == (line, message)


def test_everything_in_front_of_a_problem_is_read() -> None:
    node = document('{"scripts": {"worker": "celery worker"}, "x": ').node
    assert isinstance(node, Mapping)
    assert plain(node.get("scripts")) == {"worker": "celery worker"}


def test_holes_of_a_masked_text_reach_the_strings() -> None:
    source = SourceText("a.json", '{"command": "a\\tb {{x}} c"}')
    start = source.text.index("{{x}}")
    hole = Hole("{{x}}", "x")
    masked = MappedText(source, source.text.replace("{{x}}", "XXXXX"), range(len(source.text) + 1))
    node = parse(masked.with_holes([TextHole(start, start + 5, hole)])).node
    assert isinstance(node, Mapping)
    command = node.get("command")
    assert isinstance(command, Scalar)
    assert command.value.parts() == ("a\tb ", hole, " c")
