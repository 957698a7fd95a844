from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.toml import parse
from flake8_celery_oom.syntax.yaml_nodes import Document, Mapping, Node, Scalar, Sequence

if sys.version_info >= (3, 11):
    import tomllib as reference
else:
    import tomli as reference


def document(text: str) -> Document:
    return parse(SourceText("a.toml", text))


def shape(node: object) -> object:
    """Tables and arrays with their strings; other values as "?"."""
    if isinstance(node, Mapping):
        return {entry.key.value.text: shape(entry.value) for entry in node.entries if entry.key is not None}
    if isinstance(node, Sequence):
        return [shape(item) for item in node.items]
    if isinstance(node, Scalar):
        return "?" if node.style == "plain" else node.value.text
    if isinstance(node, dict):
        return {key: shape(value) for key, value in node.items()}
    if isinstance(node, list):
        return [shape(item) for item in node]
    return node if isinstance(node, str) else "?"


def same(text: str) -> None:
    found = document(text)
    assert found.problem is None
    assert shape(found.node) == shape(reference.loads(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a = 1\nb.c = 'x'\nb.d = \"y\"\n",
        "[tool.poe.tasks]\nw.cmd = \"celery\"\nw.help = 'h'\nbeat = { shell = 'a', env = { N = \"1\" } } # end\n",
        '[[vm]]\nsize = "a"\n[[vm]]\nsize = "b"\n[vm.more]\nx = "y"\n',
        "[a.b]\nx = 1\n[a]\ny = 2\n[a.c]\nz = 'z'\n",
        'a = ["x", # one\n  [1, 2.5, true], { b = "c" },\n]\n',
        'a = """\nfirst \\\n   joined\nsecond ""quotes"" \\u00e9\\n"""\n',
        "a = '''\nraw \\ ''\n'''\n",
        'a = """x"""""\n',
        '"quoted key" = "a\\"b\\\\c\\tt\\U0001f600"\n"a.b".c = "d"\n',
        "d = 1979-05-27 07:32:00Z\ne = [1979-05-27, 07:32:00]\nf = -1_000\ng = inf\n",
        "a = {}\nb = []\r\n\r\n# comment\r\nc = ''\r\n",
        " [ x . y ] \n a . b = 'c'\n",
    ],
)
def test_reads_what_the_standard_library_reads(text: str) -> None:
    same(text)


def test_reads_this_project() -> None:
    same((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))


def _written(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_written(key)} = {_written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_written(item) for item in value) + "]"
    if isinstance(value, str):
        return '"' + "".join(char if char.isalnum() or char in " -'" else f"\\U{ord(char):08x}" for char in value) + '"'
    return str(value)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.integers(-99, 99) | TEXT, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
)


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_reads_written_values(value: object) -> None:
    same(f"a = {_written(value)}\n")


@settings(max_examples=200, deadline=None)
@given(st.text("[]{}=.,'\"\\#\n ab1u", max_size=40) | st.text(max_size=20))
def test_any_text_is_read(text: str) -> None:
    found = document(text)
    try:
        expected = reference.loads(text)
    except reference.TOMLDecodeError:
        return
    assert found.problem is None
    assert shape(found.node) == shape(expected)


def get(node: Node | None, *path: str) -> Node | None:
    for name in path:
        assert isinstance(node, Mapping)
        node = node.get(name)
    return node


def test_positions() -> None:
    text = '[tool.poe.tasks]\nworker.cmd = "celery \\"x\\" worker"\nbeat = { cmd = \'celery beat\' }\n'
    root = document(text).node
    command = get(root, "tool", "poe", "tasks", "worker", "cmd")
    assert isinstance(command, Scalar)
    assert (command.at.line, command.at.column) == (2, 14)
    assert text[command.at.start : command.at.end] == '"celery \\"x\\" worker"'
    worker = command.value.location(command.value.text.index("worker"))
    assert text[worker.start : worker.end] == "worker"
    table = get(root, "tool", "poe", "tasks", "worker")
    assert table is not None
    assert text[table.at.start : table.at.end] == "worker"
    inline = get(root, "tool", "poe", "tasks", "beat")
    assert inline is not None
    assert text[inline.at.start : inline.at.end] == "{ cmd = 'celery beat' }"
    tasks = get(root, "tool", "poe", "tasks")
    assert tasks is not None
    assert tasks.at.line == 1


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a = 1\nb = \nc = 'x'\n", 2, "expected a value"),
        ("a = 1\n<<<<\nc = 'x'\n", 2, "expected a key"),
        ("a = 1\na = 2\nc = 'x'\n", 2, "'a' is defined twice"),
        ("a = 1\n[a.b]\nc = 2\n\n[x]\nc = 1\n", 2, "'a' has a value and is no table"),
        ("a = 1\n[[a]]\n", 2, "'a' is no array of tables"),
        ("a = 'x\nc = 'x'\n", 1, "a string without an end"),
        ("a = 'x' y\nc = 'x'\n", 1, "text behind the end of a value"),
        ("[a\n", 1, "expected ']'"),
        ("a = " + "[" * 500, 1, "values are nested deeper than 100 levels"),
        (".".join("a" * 500) + " = 1\n", 1, "a key of more than 100 parts"),
    ],
)
def test_problems(text: str, line: int, message: str) -> None:
    found = document(text)
    assert found.problem is not None
    assert (found.problem.line, found.problem.message) == (line, message)


def test_other_lines_survive_a_problem() -> None:
    root = document("[a]\nx = 'y'\n{% if z %}\nu = 'v'\n").node
    assert shape(root) == {"a": {"x": "y", "u": "v"}}


def test_deep_keys_inside_deep_values_end() -> None:
    key = ".".join("k" * 90)
    document("".join(f"{key} = {{ " for _ in range(300)) + "x = 1")
