from __future__ import annotations

import pytest

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import json, yaml
from flake8_celery_oom.syntax.node_values import at_path, environment, mappings, number, problems, scalars
from flake8_celery_oom.syntax.substitution import standing_at
from flake8_celery_oom.syntax.yaml_nodes import Node


def node(text: str) -> Node | None:
    (document,) = yaml.documents(SourceText("a.yml", text))
    return document.node


def test_environment_as_mapping_and_as_list() -> None:
    as_mapping = environment(node("A: 1\nB: 'x=y'\nC:\nD: {a: 1}\nE: ''\n"))
    as_list = environment(node("- A=1\n- B=x=y\n- C\n- [D]\n- E=\n- '=x'\n"))
    for found in (as_mapping, as_list):
        assert {name: word.text for name, word in found.items()} == {"A": "1", "B": "x=y", "C": None, "E": ""}
        (hole,) = found["C"].holes
        assert (hole.name, hole.default) == ("C", None)
        assert found["C"].at is not None
    assert environment(node("x")) == {}
    assert environment(None) == {}


def test_environment_reads_placeholders() -> None:
    found = environment(node("- A=1\n"), lambda text: standing_at(text, "B=2"))
    assert {name: word.text for name, word in found.items()} == {"B": "2"}


def test_shapes() -> None:
    assert [scalar.value.text for scalar in scalars(node("[a, [b], c]"))] == ["a", "c"]
    assert [scalar.value.text for scalar in scalars(node("a"))] == ["a"]
    assert scalars(node("~")) == []
    assert len(mappings(node("[{a: 1}, b, {c: 1}]"))) == 2
    assert len(mappings(node("a: 1"))) == 1
    assert at_path(node("a: {b: {c: x}}"), "a", "b", "c") is not None
    assert at_path(node("a: [1]"), "a", "b") is None
    assert at_path(None, "a") is None


@pytest.mark.parametrize(
    ("text", "expected"), [("3", 3), ("'3'", 3), ("-1", None), ("x", None), ("[1]", None), ("٣", None)]
)
def test_number(text: str, expected: int | None) -> None:
    assert number(node(text)) == expected


def test_problems() -> None:
    source = SourceText("a.json", '{\n"a"}')
    (problem,) = problems(source, json.parse(source), "JSON")
    assert (problem.at.line, problem.message) == (2, "cannot be read as JSON: the key 'a' has no value")
    assert problems(source, json.parse(SourceText("a.json", "{}")), "JSON") == []
    assert Hole("x").name is None
