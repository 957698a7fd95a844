"""What a name of a Python file was given before a place: the values written to it, in order, scope by scope."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from flake8_celery_oom.syntax.python_nodes import children, walk

Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda"
Kind: TypeAlias = Literal["set", "append", "extend", "item", "other"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing done to a name: it is set to ``value``, or ``value`` is put behind what it holds.

    ``sure`` is false when it happens under a condition or in a loop; "other" is something that is not followed.
    "item" sets the key ``key`` of what the name holds.
    """

    kind: Kind
    node: ast.AST
    value: ast.expr | None
    line: int
    column: int
    sure: bool
    key: ast.expr | None = None


@dataclass(slots=True)
class Scope:
    """The names of a module, function or class body."""

    node: ast.AST
    parent: Scope | None
    changes: dict[str, list[Change]] = field(default_factory=dict)
    parameters: dict[str, ast.expr | None] = field(default_factory=dict)

    def add(self, name: str, change: Change) -> None:
        """Note what is done to a name."""
        self.changes.setdefault(name, []).append(change)

    def lookup(self, name: str) -> Scope | None:
        """The scope that a name belongs to, as seen from here; class bodies are not seen from functions inside."""
        scope: Scope | None = self
        while scope is not None:
            seen = scope is self or not isinstance(scope.node, ast.ClassDef)
            if seen and (name in scope.changes or name in scope.parameters):
                return scope
            scope = scope.parent
        return None


_EXTENDS = {"append": "append", "extend": "extend"}
_CHANGES = frozenset({"insert", "remove", "pop", "clear", "reverse", "sort", "update", "setdefault"})
_NOTED = frozenset(
    {
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.AugAssign),
        *(ast.NamedExpr, ast.For, ast.AsyncFor, ast.comprehension, ast.withitem, ast.Import, ast.ImportFrom, ast.Call),
    }
)
"""The nodes that name something, or call it."""
_BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.ExceptHandler, ast.Match)


class Names:
    """The scopes of a module, the parent of every node, and what each name was given."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.parents: dict[ast.AST, ast.AST] = {}
        self.scopes: dict[ast.AST, Scope] = {}
        self.module = Scope(tree, None)
        self.scopes[tree] = self.module
        self._functions: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
        self._attributes: dict[str, list[ast.expr]] = {}
        self._calls: dict[str, list[ast.Call]] = {}
        for node in self._walk():
            if node.__class__ in _NOTED:
                self._note(node)

    def _walk(self) -> Iterator[ast.AST]:
        todo: list[ast.AST] = [self.tree]
        while todo:
            node = todo.pop()
            yield node
            below = children(node)
            for child in below:
                self.parents[child] = node
            todo.extend(reversed(below))

    def scope_of(self, node: ast.AST) -> Scope:
        """The innermost scope that a node stands in."""
        current: ast.AST | None = node
        while current is not None:
            if current is not node and current in self.scopes:
                return self.scopes[current]
            current = self.parents.get(current)
        return self.module

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, innermost first."""
        current = self.parents.get(node)
        while current is not None:
            yield current
            current = self.parents.get(current)

    def sure(self, node: ast.AST, scope: Scope) -> bool:
        """Whether a node runs whenever its scope does."""
        for above in self.above(node):
            if above is scope.node:
                return True
            if isinstance(above, _BRANCHES):
                return False
        return True

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            scope = Scope(node, self.scope_of(node))
            self.scopes[node] = scope
            if not isinstance(node, ast.ClassDef):
                scope.parameters.update(_parameters(node.args))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._functions.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value, node)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._assign(node.target, node.value, node)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            kind: Literal["extend", "other"] = "extend" if isinstance(node.op, ast.Add) else "other"
            self._change(node.target.id, kind, node.value, node)
        elif isinstance(node, ast.NamedExpr):
            self._change(node.target.id, "set", node.value, node)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            self._assign(node.target, None, node)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._assign(node.optional_vars, None, node)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                self._change((alias.asname or alias.name).split(".")[0], "other", None, node)
        elif isinstance(node, ast.Call):
            self._call(node)

    def _call(self, node: ast.Call) -> None:
        called = node.func
        self._calls.setdefault(name_of(called), []).append(node)
        if not isinstance(called, ast.Attribute) or not isinstance(called.value, ast.Name):
            return
        if called.attr in _EXTENDS and len(node.args) == 1:
            kind: Literal["append", "extend"] = "append" if called.attr == "append" else "extend"
            self._change(called.value.id, kind, node.args[0], node)
        elif called.attr in _CHANGES:
            self._change(called.value.id, "other", None, node)

    def _assign(self, target: ast.expr, value: ast.expr | None, node: ast.AST) -> None:
        if isinstance(target, ast.Name):
            self._change(target.id, "set" if value is not None else "other", value, node)
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
            for index, part in enumerate(target.elts):
                self._assign(part, parts[index] if len(parts) == len(target.elts) else None, node)
        elif isinstance(target, ast.Attribute) and value is not None:
            self._attributes.setdefault(target.attr, []).append(value)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            whole = isinstance(target.slice, ast.Slice) or value is None
            self._change(target.value.id, "other" if whole else "item", value, node, None if whole else target.slice)

    def _change(
        self, name: str, kind: Kind, value: ast.expr | None, node: ast.AST, key: ast.expr | None = None
    ) -> None:
        scope = self.scope_of(node)
        if kind != "set" and name not in scope.changes:
            scope = scope.lookup(name) or scope
        line, column = _position(node)
        scope.add(name, Change(kind, node, value, line, column, self.sure(node, scope), key))
        if kind == "set" and value is not None and isinstance(scope.node, ast.ClassDef):
            self._attributes.setdefault(name, []).append(value)

    def changes_before(self, name: str, place: ast.expr) -> list[Change] | None:
        """What was done to a name up to a place, from where it was last set for sure; None when it is not set here.

        A name of an outer scope counts with everything done to it: it is set before the function runs.
        """
        here = self.scope_of(place)
        scope = here.lookup(name)
        if scope is None or name not in scope.changes:
            return None
        around = set(self.above(place))
        before = [
            change
            for change in scope.changes[name]
            if change.node not in around
            and (scope is not here or (change.line, change.column) < (place.lineno, place.col_offset))
        ]
        start = 0
        for index, change in enumerate(before):
            if change.kind == "set" and (change.sure or self._same_branch(change.node, place)):
                start = index
        return before[start:]

    def _same_branch(self, node: ast.AST, place: ast.expr) -> bool:
        """Whether ``place`` stands in the block that ``node`` stands in, or below it."""
        branch = next((above for above in self.above(node) if isinstance(above, _BRANCHES)), None)
        return branch is not None and any(above is branch for above in self.above(place))

    def conditions(
        self, node: ast.AST, scope: ast.AST, followed: Collection[ast.AST] = ()
    ) -> list[tuple[ast.expr, bool]] | None:
        """The conditions under which a node of a scope runs, each with how it turns out; None in a loop and the like.

        They are those of the ``if`` around it, outermost first. Of the loops that are ``followed`` one round counts.
        """
        found: list[tuple[ast.expr, bool]] = []
        below = node
        for above in self.above(node):
            if isinstance(above, ast.If) and below is not above.test:
                found.append((above.test, below in above.body))
            elif isinstance(above, _BRANCHES) and above not in followed:
                return None
            if above is scope:
                break
            below = above
        return found[::-1]

    def function(self, called: ast.expr) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The function of the file that ``name(...)`` or ``self.name(...)`` calls; None when several have the name."""
        if isinstance(called, ast.Attribute) and not (
            isinstance(called.value, ast.Name) and called.value.id in {"self", "cls"}
        ):
            return None
        found = self._functions.get(name_of(called), [])
        return found[0] if len(found) == 1 else None

    def calls_of(self, function: Function) -> list[ast.Call]:
        """The calls of a function in the file."""
        if isinstance(function, ast.Lambda):
            return []
        return [call for call in self._calls.get(function.name, []) if self.function(call.func) is function]

    def calls_named(self, name: str) -> list[ast.Call]:
        """The calls of everything that has this last name."""
        return self._calls.get(name, [])

    def attribute(self, name: str) -> ast.expr | None:
        """What ``self.name`` is given, when the file gives attributes of this name one value in all."""
        found = self._attributes.get(name, [])
        return found[0] if len(found) == 1 else None

    def constant(self, name: str, place: ast.expr) -> ast.expr | None:
        """The one expression that a name has at a place, None when there are several or none."""
        changes = self.changes_before(name, place)
        if changes is not None and len(changes) == 1 and changes[0].kind == "set":
            return changes[0].value
        return None

    def is_imported(self, name: str, place: ast.AST) -> bool:
        """Whether a name is imported and never given another value."""
        scope = self.scope_of(place).lookup(name)
        changes = scope.changes.get(name, []) if scope is not None else []
        return bool(changes) and all(isinstance(one.node, (ast.Import, ast.ImportFrom)) for one in changes)

    def imported_from(self, name: str, place: ast.AST) -> str | None:
        """The module that an imported name comes from, "" for a relative one; None for a name that is not imported."""
        if not self.is_imported(name, place):
            return None
        scope = self.scope_of(place).lookup(name)
        node = scope.changes[name][-1].node if scope is not None else None
        if isinstance(node, ast.ImportFrom):
            return "" if node.level else node.module or ""
        aliases = node.names if isinstance(node, ast.Import) else []
        return next((one.name for one in aliases if (one.asname or one.name.split(".")[0]) == name), "")

    def is_parameter(self, name: str, place: ast.expr) -> bool:
        """Whether a name is a parameter of a function around the place, and never given another value."""
        scope = self.scope_of(place).lookup(name)
        return scope is not None and name in scope.parameters and name not in scope.changes


def name_of(node: ast.expr) -> str:
    """The last name of ``a.b.name``; empty for anything else."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _parameters(arguments: ast.arguments) -> dict[str, ast.expr | None]:
    positional = [*arguments.posonlyargs, *arguments.args]
    found: dict[str, ast.expr | None] = {parameter.arg: None for parameter in positional}
    for parameter, default in zip(reversed(positional), reversed(arguments.defaults), strict=False):
        found[parameter.arg] = default
    for parameter, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found[parameter.arg] = value
    for variadic in (arguments.vararg, arguments.kwarg):
        if variadic is not None:
            found[variadic.arg] = None
    return found


def _position(node: ast.AST) -> tuple[int, int]:
    line, column = getattr(node, "lineno", None), getattr(node, "col_offset", None)
    if isinstance(line, int) and isinstance(column, int):
        return line, column
    inner = next((child for child in walk(node) if isinstance(child, ast.expr)), None)
    return (inner.lineno, inner.col_offset) if inner is not None else (0, 0)


def dotted(node: ast.expr) -> str:
    """``a.b.c`` as it is written; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
