"""What several fixes ask of one Python file: worked out once for each text."""

from __future__ import annotations

import ast
from bisect import bisect_right

from flake8_celery_oom.core.once import once
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import python

FILES = 16
"""How many texts are kept in mind."""


@once(latest=FILES)
def tree_of(source: SourceText) -> ast.Module | None:
    """The syntax tree of a file, or None when it is no Python."""
    return python.parse(source)


@once(latest=FILES)
def namespaces(source: SourceText) -> frozenset[bool]:
    """Whether each ``config_from_object`` of a file gives the settings a namespace."""
    answers = set()
    tree = tree_of(source)
    for node in ast.walk(tree) if tree is not None else ():
        match node:
            case ast.Call(func=ast.Attribute(attr="config_from_object"), keywords=keywords):
                answers.add(any(keyword.arg == "namespace" for keyword in keywords))
            case _:
                pass
    return frozenset(answers)


def statement_at(source: SourceText, start: int, end: int) -> ast.stmt | None:
    """The assignment or expression statement that holds a stretch of the text. None of them holds another."""
    found = _statements(source)
    place = bisect_right(found, start, key=lambda one: one[0]) - 1
    return found[place][2] if place >= 0 and end <= found[place][1] else None


@once(latest=FILES)
def _statements(source: SourceText) -> list[tuple[int, int, ast.stmt]]:
    tree = tree_of(source)
    nodes = ast.walk(tree) if tree is not None else iter(())
    simple = (node for node in nodes if isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr)))
    return sorted(((*python.span(source, node), node) for node in simple), key=lambda one: one[:2])
