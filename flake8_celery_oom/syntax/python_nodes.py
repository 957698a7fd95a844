"""The nodes of a syntax tree of Python, without those that only say what another one is for (``Load``, ``Add``).

``ast.walk`` does the same for all of them; over the programs of a large project it takes three times as long.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}
"""By class of node: the fields in which nodes may stand."""
_HOLD_NO_NODES = frozenset({"ctx", "op", "ops", "id", "attr", "arg", "level", "kind", "lineno", "type_comment"})


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below a node, in the order of the text."""
    names = _FIELDS.get(node.__class__)
    if names is None:
        names = tuple(name for name in node._fields if name not in _HOLD_NO_NODES)
        _FIELDS[node.__class__] = names
    found: list[ast.AST] = []
    for name in names:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def walk(top: ast.AST) -> Iterator[ast.AST]:
    """A node and all nodes below it, each level after the one above."""
    todo = [top]
    for node in todo:
        yield node
        todo += children(node)
