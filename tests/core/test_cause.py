"""Causes: which variables take part, and that nothing is concluded from their words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from flake8_celery_oom.core.cause import Cause, from_environment, from_word
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.word import Word

PACKAGE = Path(__file__).parents[2] / "flake8_celery_oom"
A, B = from_environment("A", "read from A"), from_environment("B", "read from B")
OTHER = Cause("computed")
CAUSES = [A, B, OTHER, A.said("the first of A"), from_word(Word((Hole("${C}", "C"),)))]


def test_one_variable_stays_the_only_cause() -> None:
    assert A.joined([A, from_environment("A", "asked again")]) == A
    assert A.said("from A").variables == {"A"}
    assert A.said("from A").kind == "other"


def test_several_causes() -> None:
    both = A.joined([B])
    assert (both.text, both.kind, both.variables) == ("read from A", "several", frozenset({"A", "B"}))
    assert A.joined([OTHER]).kind == "several"


@pytest.mark.parametrize("length", range(4))
def test_no_variable_is_lost(length: int) -> None:
    for first, *others in product(CAUSES, repeat=length + 1):
        _joins(first, others)


def _joins(first: Cause, others: list[Cause]) -> None:
    joined = first.joined(others)
    assert joined.variables == frozenset().union(*(one.variables for one in (first, *others)))
    assert joined.text == first.text
    assert joined == first or joined.kind == "several"


def _readers() -> Iterator[str]:
    """The modules that look into the words of a cause: ``re.search(..., cause.text)``, ``cause.text == ...``."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            looked_at: list[ast.expr] = []
            if isinstance(node, ast.Compare):
                looked_at = [node.left, *node.comparators]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                looked_at = [node.func.value, *(node.args if node.func.attr in {"search", "match", "findall"} else ())]
            yield from (f"{path.name}:{one.lineno}" for one in looked_at if ast.unparse(one).endswith("cause.text"))


def test_nothing_is_concluded_from_words() -> None:
    assert list(_readers()) == []
