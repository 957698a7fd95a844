"""Rounds of loops over lists that are written out: what the variables of a loop hold in each of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_celery_oom.sources.python_ways import Call, Loop
from flake8_celery_oom.sources.python_words import dotted
from flake8_celery_oom.syntax.python_names import Names, name_of

MOST_ROUNDS = 16
_MOST_DEPTH = 6
_SAME_ITEMS = frozenset({"list", "tuple", "sorted", "set", "reversed"})


class Rounds:
    """Follows the loops of one file round by round."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def around(self, node: ast.expr, outer: Call | None) -> Iterator[Call | None]:
        """``outer`` itself, or once for every round of the loops of its function that ``node`` stands in."""
        loops: list[Loop] = []
        below: ast.AST = node
        for above in self._names.above(node):
            if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                break
            loop = _loop_of(above, below)
            if loop is not None and self._rounds(loop) is not None:
                loops.append(loop)
            below = above
        yield from self._inside(loops[::-1], outer)

    def _inside(self, loops: list[Loop], outer: Call | None) -> Iterator[Call | None]:
        if not loops:
            yield outer
            return
        for index, held in enumerate(self._rounds(loops[0]) or ()):
            made = Call(loops[0], held, outer, (loops[0].iter.lineno, -1 - index))
            yield from self._inside(loops[1:], made)

    def _rounds(self, loop: Loop) -> list[dict[str, ast.expr]] | None:
        """What each round gives the loop's variables; None where the items are not written out."""
        items = self.items(loop.iter)
        if not items or len(items) > MOST_ROUNDS:
            return None
        rounds = [_bound(loop.target, item) for item in items]
        return [held for held in rounds if held is not None] if None not in rounds else None

    def items(self, node: ast.expr, depth: int = 0) -> list[ast.expr] | None:
        """The items of a list that is written out, or put together of such lists."""
        if depth > _MOST_DEPTH:
            return None
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return None if any(isinstance(item, ast.Starred) for item in node.elts) else list(node.elts)
        if isinstance(node, ast.Dict):
            keys = [key for key in node.keys if key is not None]
            return keys if len(keys) == len(node.keys) else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.items(node.left, depth + 1), self.items(node.right, depth + 1)
            return left + right if left is not None and right is not None else None
        if isinstance(node, ast.Name):
            return self._named(node, depth)
        if isinstance(node, ast.Attribute) and dotted(node.value) in {"self", "cls"}:
            own = self._names.attribute(node.attr)
            return self.items(own, depth + 1) if own is not None else None
        return self._called(node, depth) if isinstance(node, ast.Call) and not node.keywords else None

    def _named(self, node: ast.Name, depth: int) -> list[ast.expr] | None:
        """What a name holds with everything that is put behind it, under conditions as well."""
        held: list[ast.expr] | None = None
        for change in self._names.changes_before(node.id, node) or ():
            if change.value is None or change.kind == "other":
                return None
            if change.kind == "set":
                held = self.items(change.value, depth + 1)
            elif held is None or change.kind == "item":
                return None
            elif change.kind == "append":
                held = [*held, change.value]
            else:
                more = self.items(change.value, depth + 1)
                held = held + more if more is not None else None
        return held

    def _called(self, node: ast.Call, depth: int) -> list[ast.expr] | None:
        name = name_of(node.func)
        if isinstance(node.func, ast.Attribute) and name in {"items", "values", "keys"} and not node.args:
            return self._of_dict(node.func.value, name)
        if not isinstance(node.func, ast.Name):
            return None
        columns = [self.items(argument, depth + 1) for argument in node.args]
        known = [column for column in columns if column is not None]
        if not known or len(known) < len(columns):
            return None
        if name in _SAME_ITEMS and len(known) == 1:
            return known[0]
        if name == "zip":
            return [_tuple(list(row), node) for row in zip(*known, strict=False)]
        if name == "enumerate" and len(known) == 1:
            numbers = (ast.copy_location(ast.Constant(index), node) for index in range(len(known[0])))
            return [_tuple([number, item], node) for number, item in zip(numbers, known[0], strict=False)]
        return None

    def _of_dict(self, node: ast.expr, method: str) -> list[ast.expr] | None:
        found = self._names.constant(node.id, node) if isinstance(node, ast.Name) else node
        if isinstance(found, ast.Attribute) and dotted(found.value) in {"self", "cls"}:
            found = self._names.attribute(found.attr)
        if not isinstance(found, ast.Dict):
            return None
        keys = [key for key in found.keys if key is not None]
        if len(keys) < len(found.keys) or method == "keys":
            return keys if method == "keys" and len(keys) == len(found.keys) else None
        if method == "values":
            return list(found.values)
        return [_tuple([key, value], value) for key, value in zip(keys, found.values, strict=True)]


def _loop_of(above: ast.AST, below: ast.AST) -> Loop | None:
    """The loop whose rounds run ``below``, right inside of ``above``: a statement, or a comprehension of one loop."""
    if isinstance(above, ast.For):
        return above if below in above.body else None
    if isinstance(above, (ast.ListComp, ast.SetComp, ast.GeneratorExp)) and below is above.elt:
        return above.generators[0] if len(above.generators) == 1 else None
    return None


def _tuple(items: list[ast.expr], at: ast.expr) -> ast.Tuple:
    return ast.copy_location(ast.Tuple(items, ast.Load()), at)


def _bound(target: ast.expr, value: ast.expr) -> dict[str, ast.expr] | None:
    """The names of a loop's target with what one item gives them; None where they do not fit."""
    if isinstance(target, ast.Name):
        return {target.id: value}
    if not isinstance(target, (ast.Tuple, ast.List)) or not isinstance(value, (ast.Tuple, ast.List)):
        return None
    if len(target.elts) != len(value.elts):
        return None
    held: dict[str, ast.expr] = {}
    for part, item in zip(target.elts, value.elts, strict=True):
        inner = _bound(part, item)
        if inner is None:
            return None
        held |= inner
    return held
