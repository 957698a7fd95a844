"""Values of Python expressions inside a command: constants, parameters, the environment, paths of the project.

A name is followed to what the file gives it, a parameter to what the call that is being followed gives it, a call of a
function of the same file to what it returns.
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TypeVar

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.sources.python_declared_options import argument_hole, declares_option, parameter_hole
from flake8_celery_oom.sources.python_environment import environment_hole, is_usual_system
from flake8_celery_oom.sources.python_ways import Call, Calls, Loop, Ways, bound
from flake8_celery_oom.syntax import python
from flake8_celery_oom.syntax.python_names import Change, Names, dotted, name_of

T = TypeVar("T")

MAX_DEPTH = 12
MAX_CALLS = 6

_CPU_COUNTS = frozenset({"cpu_count", "process_cpu_count", "sched_getaffinity"})
_ENVIRONMENT = frozenset({"os.environ.get", "environ.get", "os.getenv", "getenv"})
_CASTS = frozenset({"str", "int", "float", "repr", "format", "os.fspath", "shlex.quote", "quote"})
_SAME_PATH = frozenset(
    {"str", "Path", "PurePath", "abspath", "realpath", "normpath", "fspath", "resolve", "absolute", "as_posix"}
)
"""Functions and methods that give the path they are given."""


class Expressions:
    """Reads expressions of one file."""

    def __init__(self, source: SourceText, names: Names) -> None:
        self.source = source
        self.names = names
        self.ways = Ways()
        self.calls = Calls()

    def at(self, node: ast.expr) -> Location:
        """Where an expression stands."""
        return python.location(self.source, node)

    # --- parameters and functions ---

    def argument(self, node: ast.Name) -> tuple[ast.expr, Call | None] | None:
        """What a parameter is given by the call that is being followed, and the call in which that is to be read.

        So the variable of a loop, in the round that is being followed. None for what is no parameter, or has been given
        another value, or where no call is followed.
        """
        held = self._in_round(node)
        if held is not None:
            return held
        if not self.names.is_parameter(node.id, node):
            return None
        scope = self.names.scope_of(node).lookup(node.id)
        call = self.calls.current
        while call is not None and scope is not None and call.function is not scope.node:
            call = call.outer
        if call is None or scope is None:
            return None
        given = call.arguments.get(node.id)
        if given is not None:
            return given, call.outer
        default = scope.parameters.get(node.id)
        return (default, None) if default is not None and not declares_option(default) else None

    def _in_round(self, node: ast.Name) -> tuple[ast.expr, Call | None] | None:
        call = self.calls.current
        while call is not None and isinstance(call.function, (ast.For, ast.comprehension)):
            if node.id in call.arguments and any(_runs(call.function, above) for above in self.names.above(node)):
                return call.arguments[node.id], call.outer
            call = call.outer
        return None

    def returned(self, node: ast.Call) -> tuple[ast.expr, Call] | None:
        """The expression that a function of the file returns on this way, and the call in which to read it."""
        function = self.names.function(node.func)
        current = self.calls.current
        if function is None or (current is not None and current.depth >= MAX_CALLS):
            return None
        call = bound(function, node, current)
        if call is None:
            return None
        with self.calls.inside(call):
            for statement in _returns(function):
                happens = self.happens_under(self.names.conditions(statement, function))
                if happens is None:
                    return None
                if happens:
                    return (statement.value, call) if statement.value is not None else None
        return None

    def follow(self, node: ast.expr, read: Callable[[ast.expr], T]) -> T | None:
        """What ``read`` makes of the expression that a parameter or a call of the file's own stands for."""
        found = self.argument(node) if isinstance(node, ast.Name) else None
        if found is None and isinstance(node, ast.Call):
            found = self.returned(node)
        if found is None:
            return None
        with self.calls.inside(found[1]):
            return read(found[0])

    # --- conditions ---

    def happens(self, change: Change, name: str, place: ast.expr) -> bool | None:
        """Whether a change to a name happens on this way; None when that is not decided."""
        if change.sure:
            return True
        scope = self.names.scope_of(place).lookup(name)
        loops = self.calls.current.loops if self.calls.current is not None else ()
        conditions = self.names.conditions(change.node, scope.node, loops) if scope is not None else None
        if conditions is None:
            return None
        around = {id(test): wanted for test, wanted in self.names.conditions(place, self.names.tree) or ()}
        return self.happens_under([pair for pair in conditions if around.get(id(pair[0])) is not pair[1]])

    def happens_under(self, conditions: list[tuple[ast.expr, bool]] | None) -> bool | None:
        """Whether all conditions turn out as they must."""
        if conditions is None:
            return None
        for test, wanted in conditions:
            decided = self.decide(test)
            if decided is None or decided is not wanted:
                return decided if decided is None else False
        return True

    def decide(self, test: ast.expr) -> bool | None:
        """How a condition turns out on this way."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            decided = self.decide(test.operand)
            return None if decided is None else not decided
        if isinstance(test, ast.BoolOp):
            wanted = isinstance(test.op, ast.Or)
            for operand in test.values:
                decided = self.decide(operand)
                if decided is None or decided is wanted:
                    return decided
            return not wanted
        certain, likely = self._truth(test)
        if certain is not None:
            return certain
        current = self.calls.current
        return self.ways.choose(f"{ast.dump(test)} in {current.way if current is not None else ()}", likely)

    def _truth(self, test: ast.expr) -> tuple[bool | None, bool | None]:
        """Whether a condition holds for certain, and whether it holds when nobody says anything."""
        if isinstance(test, ast.Constant):
            return bool(test.value), None
        usual = is_usual_system(test)
        if usual is not None:
            return None, usual
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            return self._compared(test)
        found = self.follow(test, self._truth)
        if found is not None:
            return found
        if isinstance(test, ast.Name) and self.names.is_parameter(test.id, test):
            scope = self.names.scope_of(test).lookup(test.id)
            default = scope.parameters.get(test.id) if scope is not None else None
            return None, bool(default.value) if isinstance(default, ast.Constant) else None
        if isinstance(test, ast.Name):
            value = self.names.constant(test.id, test)
            return self._truth(value) if value is not None else (None, None)
        known = self.value(test, 0)
        if isinstance(known, str):
            return None, None
        return None, bool(known.default) if known.default is not None or known.name else None

    def _is_none(self, node: ast.expr) -> tuple[bool | None, bool | None]:
        """Whether an expression is None for certain, and whether it is when nobody says anything."""
        if isinstance(node, ast.Constant):
            return node.value is None, None
        if isinstance(node, (ast.List, ast.Tuple, ast.Dict, ast.JoinedStr)):
            return False, None
        found = self.follow(node, self._is_none)
        if found is not None or not isinstance(node, ast.Name):
            return found or (None, None)
        value = self.names.constant(node.id, node)
        if value is not None:
            return self._is_none(value)
        scope = self.names.scope_of(node).lookup(node.id) if self.names.is_parameter(node.id, node) else None
        default = scope.parameters.get(node.id) if scope is not None else None
        return None, default.value is None if isinstance(default, ast.Constant) else None

    def _compared(self, test: ast.Compare) -> tuple[bool | None, bool | None]:
        left, right, kind = test.left, test.comparators[0], test.ops[0]
        if isinstance(right, ast.Constant) and right.value is None and isinstance(kind, (ast.Is, ast.IsNot)):
            certain, likely = self._is_none(left)
            wanted = isinstance(kind, ast.Is)
            return (None if certain is None else certain is wanted), (None if likely is None else likely is wanted)
        if isinstance(kind, (ast.Eq, ast.NotEq)):
            one, other = self.value(left, 0), self.value(right, 0)
            if isinstance(one, str) and isinstance(other, str):
                return (one == other) is isinstance(kind, ast.Eq), None
        return None, None

    # --- values ---

    def value(self, node: ast.expr, depth: int, written: str | None = None) -> str | Hole:
        """The text that an expression has, or a hole that says what is known of it."""
        shown = written if written is not None else python.code(self.source, node)
        if depth > MAX_DEPTH:
            return Hole(shown)
        path = self.project_path(node)
        if path is not None:
            return Hole(shown, path=path)
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, int, float)):
            return str(node.value)
        if isinstance(node, ast.Name):
            return self._named(node, depth, shown)
        if isinstance(node, ast.Subscript):
            return self._item(node, shown)
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            first, last = self.value(node.values[0], depth + 1, shown), self.value(node.values[-1], depth + 1, shown)
            if isinstance(first, Hole):
                return replace(first, source=shown, default=last if isinstance(last, str) else first.default)
            return first
        if isinstance(node, ast.IfExp):
            decided = self.decide(node.test)
            if decided is not None:
                return self.value(node.body if decided else node.orelse, depth + 1, shown)
        if isinstance(node, ast.Call):
            return self._called(node, depth, shown)
        if dotted(node) == "sys.executable":
            return Hole(shown, default="python")
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return self._attribute(node, depth, shown)
        return Hole(shown, host_cpus=_counts_cpus(node))

    def _attribute(self, node: ast.Attribute, depth: int, shown: str) -> str | Hole:
        """``self.count``, or ``args.count`` of a parser of arguments."""
        assert isinstance(node.value, ast.Name)
        own = self.names.attribute(node.attr) if node.value.id in {"self", "cls"} else None
        if own is not None:
            with self.calls.inside(None):
                found = self.value(own, depth + 1, shown)
            return found if isinstance(found, str) else replace(found, source=shown)
        return argument_hole(shown, node.attr, self.names.calls_named("add_argument"))

    def _item(self, node: ast.Subscript, shown: str) -> Hole:
        key = str(node.slice.value) if isinstance(node.slice, ast.Constant) else None
        if dotted(node.value) in {"os.environ", "environ"}:
            return environment_hole(self.source, shown, key)
        declared = self.names.calls_named("add_argument") if isinstance(node.value, ast.Name) else ()
        return argument_hole(shown, key, declared)

    def _named(self, node: ast.Name, depth: int, shown: str) -> str | Hole:
        value = self.names.constant(node.id, node)
        if value is not None:
            found = self.value(value, depth + 1, shown)
            return found if isinstance(found, str) else replace(found, source=shown)
        given = self.follow(node, lambda inner: self.value(inner, depth + 1, shown))
        if given is not None:
            return given if isinstance(given, str) else replace(given, source=shown)
        asked = self._asked_for(node)
        if asked is not None:
            return asked
        if self.names.is_parameter(node.id, node):
            scope = self.names.scope_of(node).lookup(node.id)
            return parameter_hole(shown, scope, node.id) if scope is not None else Hole(shown)
        return Hole(shown)

    def _asked_for(self, node: ast.Name) -> str | None:
        """What a name holds under ``if name == "text":``."""
        for test, holds in self.names.conditions(node, self.names.tree) or ():
            if not holds or not isinstance(test, ast.Compare) or len(test.ops) != 1:
                continue
            right = test.comparators[0]
            same = isinstance(test.ops[0], ast.Eq) and isinstance(test.left, ast.Name) and test.left.id == node.id
            if same and isinstance(right, ast.Constant) and isinstance(right.value, str):
                return right.value
        return None

    def _called(self, node: ast.Call, depth: int, shown: str) -> str | Hole:
        name = dotted(node.func)
        if name.rsplit(".", 1)[-1] in _CPU_COUNTS:
            return Hole(shown, host_cpus=True)
        if name in _CASTS and node.args:
            found = self.value(node.args[0], depth + 1, shown)
            return found if isinstance(found, str) else replace(found, source=shown)
        if name in _ENVIRONMENT and node.args and isinstance(node.args[0], ast.Constant):
            variable = str(node.args[0].value)
            second = self.value(node.args[1], depth + 1, shown) if len(node.args) > 1 else None
            return environment_hole(self.source, shown, variable, second)
        if _counts_cpus(node) and name.rsplit(".", 1)[-1] != "min":
            return Hole(shown, host_cpus=True)
        given = self.follow(node, lambda inner: self.value(inner, depth + 1, shown))
        if given is not None:
            return given if isinstance(given, str) else replace(given, source=shown)
        return Hole(shown)

    # --- paths ---

    def project_path(self, node: ast.expr, depth: int = 0) -> str | None:
        """The file or folder of the project that an expression built of ``__file__`` is, relative to the root."""
        if depth > MAX_DEPTH:
            return None
        if isinstance(node, ast.Name):
            if node.id == "__file__":
                return self.source.path
            value = self.names.constant(node.id, node)
            if value is not None:
                return self.project_path(value, depth + 1)
            return self.follow(node, lambda inner: self.project_path(inner, depth + 1))
        if isinstance(node, ast.Attribute):
            return self._parent(self.project_path(node.value, depth + 1)) if node.attr == "parent" else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return self._below(node.left, [node.right], depth)
        if isinstance(node, ast.Subscript):
            return self._ancestor(node, depth)
        if isinstance(node, ast.Call):
            return self._path_of_call(node, depth)
        return None

    def _path_of_call(self, node: ast.Call, depth: int) -> str | None:
        name = name_of(node.func)
        if name == "dirname" and len(node.args) == 1:
            return self._parent(self.project_path(node.args[0], depth + 1))
        if name in {"join", "joinpath"}:
            is_method = isinstance(node.func, ast.Attribute) and name == "joinpath"
            parts = [node.func.value, *node.args] if is_method and isinstance(node.func, ast.Attribute) else node.args
            return self._below(parts[0], parts[1:], depth) if parts and not _has_stars(parts) else None
        if name in _SAME_PATH:
            receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
            inner = node.args[0] if node.args else receiver
            return self.project_path(inner, depth + 1) if inner is not None else None
        return None

    def _below(self, first: ast.expr, rest: list[ast.expr], depth: int) -> str | None:
        base = self.project_path(first, depth + 1)
        if base is None:
            return None
        parts = [self.value(part, depth + 1) for part in rest]
        known = [part for part in parts if isinstance(part, str)]
        if len(known) < len(parts):
            return None
        path = posixpath.normpath(posixpath.join(base, *known))
        return None if path.startswith(("/", "..")) else "" if path == "." else path

    @staticmethod
    def _parent(path: str | None) -> str | None:
        return None if not path else posixpath.dirname(path)

    def _ancestor(self, node: ast.Subscript, depth: int) -> str | None:
        """``path.parents[1]``."""
        owner, index = node.value, node.slice
        if not isinstance(owner, ast.Attribute) or owner.attr != "parents" or not isinstance(index, ast.Constant):
            return None
        path = self.project_path(owner.value, depth + 1)
        for _ in range(index.value + 1 if isinstance(index.value, int) and 0 <= index.value < 20 else 0):
            path = self._parent(path)
        return path

    def inside(self, call: Call | None) -> AbstractContextManager[None]:
        """Read what follows as it is inside a call."""
        return self.calls.inside(call)


def _runs(loop: Loop, above: ast.AST) -> bool:
    """Whether a node is a loop, or the comprehension that has it."""
    return above is loop or loop in getattr(above, "generators", ())


def _has_stars(nodes: list[ast.expr]) -> bool:
    return any(isinstance(node, ast.Starred) for node in nodes)


def _returns(function: ast.AST) -> list[ast.Return]:
    """The ``return`` statements of a function itself, in order."""
    found: list[ast.Return] = []
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.Return):
            found.append(node)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting[:0] = list(ast.iter_child_nodes(node))
    return found


def _counts_cpus(node: ast.expr) -> bool:
    """Whether an expression grows with the number of CPUs."""
    calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]
    named = [dotted(call.func).rsplit(".", 1)[-1] for call in calls]
    return any(name in _CPU_COUNTS for name in named) and "min" not in named
