"""Modules, functions and classes: what running a module leaves behind, and what calling a function returns."""

from __future__ import annotations

import ast
import re
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.python.executed_files import ExecutedFiles
from flake8_celery_oom.resolve.python.objects import MOST_PUT_OFF, Frame
from flake8_celery_oom.resolve.python.store import CallTooLongError
from flake8_celery_oom.resolve.python.values import (
    NONE,
    Abstract,
    Arguments,
    Constant,
    Dynamic,
    External,
    Function,
    Items,
    Lazy,
    LazyCall,
    Slot,
    Table,
)
from flake8_celery_oom.syntax import python

MAX_CALL_DEPTH = 12
MAX_MODULE_DEPTH = 25
MAX_CALL_STEPS = 8_000
MAX_MODULE_STEPS = 100_000
MAX_STATEMENT_STEPS = 30_000

_REMEMBERING = frozenset({"cache", "lru_cache", "cached_property"})
"""Decorators after which a function is called once for the same arguments."""

Kind = Literal["next", "return", "raise", "break", "continue", "unsure"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a block ends; "unsure" when that depends on what only the running system knows."""

    kind: Kind
    value: Abstract = NONE


NEXT = Outcome("next")


class Definitions(ExecutedFiles):
    """Runs modules, functions and class bodies; statements are left to the class that builds on this one."""

    @abstractmethod
    def run_block(self, statements: Sequence[ast.stmt], frame: Frame) -> Outcome:
        """Run statements one after the other."""

    def __init__(self, steps: int) -> None:
        super().__init__(steps)
        self._ran: dict[str, Table | None] = {}
        self._depth = 0
        self._module_depth = 0
        self._active: list[ast.AST] = []
        self._finished: dict[LazyCall, Abstract] = {}
        self._remembered: dict[tuple[object, ...], LazyCall] = {}
        self.put_off = []
        self.live: list[Table] = []
        """The names of modules that have run and of the functions that are running."""

    # --- modules, classes and functions ---

    def run_module(self, path: str) -> Table | None:
        """The names of a module after it has run, or None when it cannot be read."""
        if path not in self._ran:
            module = self.modules.module(path)
            if module is None or self._module_depth >= MAX_MODULE_DEPTH:
                self._ran[path] = None
                return None
            table = self.table("module", path)
            self._ran[path] = table
            self.live.append(table)
            self._module_depth += 1
            depth, self._depth = self._depth, 0
            active, self._active = self._active, []
            try:
                with self.unlimited(), self.limited(MAX_MODULE_STEPS):
                    self.outside_trials(lambda: self._run_body(module.tree.body, Frame(module, table, table)))
            except CallTooLongError:
                self.outside_trials(lambda: self.open_up(table, Dynamic(Cause(f"{path} is too long to be followed"))))
            finally:
                self._module_depth -= 1
                self._depth, self._active = depth, active
        return self._ran[path]

    def _run_body(self, statements: Sequence[ast.stmt], frame: Frame) -> None:
        """Run the statements of a module; of one that is too long, what it writes is not known."""
        for statement in statements:
            try:
                with self.limited(MAX_STATEMENT_STEPS):
                    outcome = self.run_block([statement], frame)
            except CallTooLongError:
                self._give_up_on_statement(statement, frame)
                continue
            if outcome.kind != "next":
                return

    def _give_up_on_statement(self, statement: ast.stmt, frame: Frame) -> None:
        why = Dynamic(Cause("it is too long to be followed"), frame.module.location(statement))
        for node in ast.walk(statement):
            if not isinstance(node, ast.Name):
                continue
            slot = frame.names.slots.get(node.id)
            if isinstance(node.ctx, ast.Store) or (slot is not None and isinstance(slot.value, Items)):
                self.write(frame.names, node.id, Slot(why, why.at))
            elif slot is not None:
                self.give_up_on(slot.value, why)

    def suppresses_missing(self, block: ast.With | ast.AsyncWith, frame: Frame) -> bool:
        """Whether ``with contextlib.suppress(ImportError):`` ends with an import as :meth:`skips_missing` means."""
        calls = (item.context_expr.func for item in block.items if isinstance(item.context_expr, ast.Call))
        suppresses = External("contextlib.suppress") in [self.force(self.evaluate(call, frame)) for call in calls]
        return suppresses and self.skips_or_executes_missing(block.body, frame)

    def finish_call(self, value: LazyCall) -> Abstract:
        """What a call gives that was put off until something needs it; it is followed once."""
        value = self._first_alike(value)
        if value not in self._finished:
            self._finished[value] = Dynamic(Cause(f"{value.function.name}() needs its own result"), value.at)
            depth, self._depth = self._depth, 0
            active, self._active = self._active, []
            try:
                with self.unlimited():
                    result = self.outside_trials(lambda: self._called(value.function, value.arguments, value.at))
                self._finished[value] = result
            finally:
                self._depth, self._active = depth, active
        return self._finished[value]

    def finish_calls_that_matter(self) -> None:
        """Follow the calls that were put off and can change a configuration: ``wsgi = create_app()``."""
        waiting, self.put_off = self.put_off[:MOST_PUT_OFF], []
        for call in waiting:
            if self.left > MAX_CALL_STEPS and self.matters(call.function, call.arguments):
                self.finish_call(call)

    def _first_alike(self, call: LazyCall) -> LazyCall:
        """The first call with these arguments, where the function remembers what it gave: ``functools.lru_cache``."""
        function, arguments = call.function, call.arguments
        if _REMEMBERING.isdisjoint(function.decorators) or arguments.open is not None:
            return call
        given = (*(slot.value for slot in arguments.positional), *sorted(arguments.keywords))
        named = tuple(arguments.keywords[name].value for name in sorted(arguments.keywords))
        return self._remembered.setdefault((function.node, function.bound, *given, *named), call)

    def call_function(self, function: Function, arguments: Arguments, at: Location | None) -> Abstract:
        """What a function of the project returns; one that takes too many steps returns something dynamic."""
        if not _REMEMBERING.isdisjoint(function.decorators):
            return self.finish_call(LazyCall(function, arguments, at))
        return self._called(function, arguments, at)

    def _called(self, function: Function, arguments: Arguments, at: Location | None) -> Abstract:
        if self._depth:
            return self._follow(function, arguments, at)
        try:
            with self.limited(MAX_CALL_STEPS):
                trial = self.trial(lambda: self._follow(function, arguments, at))
        except CallTooLongError:
            why = Dynamic(Cause(f"{function.name}() is too long to be followed"), at)
            for slot in [*arguments.positional, *arguments.keywords.values(), Slot(function.bound or NONE)]:
                self.give_up_on(slot.value, why)
            return why
        finally:
            self._depth = 0
            self._active.clear()
        self.replay(trial)
        return trial.result

    def give_up_on(self, value: Abstract, why: Dynamic) -> None:
        """Something was given to code that could not be followed: it may hold anything now."""
        if isinstance(value, Table) and value.kind in {"dict", "instance"}:
            self.open_up(value, why)

    def _follow(self, function: Function, arguments: Arguments, at: Location | None) -> Abstract:
        node = function.node
        module = self.modules.module(function.module.name)
        name = function.name
        if module is None or self._depth >= MAX_CALL_DEPTH or self._active.count(node) > 1:
            return Dynamic(Cause(f"returned by {name}()"), at)
        if module.note("yields", node, _yields):
            return Dynamic(Cause(f"returned by {name}()"), at)
        names = self.table("locals", name)
        self._bind(function, arguments, names, at)
        declared = (
            _declared(node) if module.note("declares", node, lambda inner: bool(_declared(inner))) else frozenset()
        )
        frame = Frame(module, names, function.module, function.enclosing, globals_declared=declared)
        self._depth += 1
        self._active.append(node)
        self.live.append(names)
        try:
            if isinstance(node, ast.Lambda):
                return self.evaluate(node.body, frame)
            outcome = self.run_block(node.body, frame)
        finally:
            self._depth -= 1
            self._active.pop()
            self.live.remove(names)
        if outcome.kind in {"next", "return"}:
            return outcome.value
        return Dynamic(Cause(f"returned by {name}()"), at)

    def _bind(self, function: Function, arguments: Arguments, names: Table, at: Location | None) -> None:
        declared = function.node.args
        given = list(arguments.positional)
        if function.bound is not None:
            given.insert(0, Slot(function.bound))
        keywords = dict(arguments.keywords)
        parameters = [*declared.posonlyargs, *declared.args]
        for parameter in [*parameters, *declared.kwonlyargs]:
            name = parameter.arg
            if parameter in parameters and given:
                slot = given.pop(0)
            elif name in keywords:
                slot = keywords.pop(name)
            elif arguments.open is not None:
                slot = Slot(replace(arguments.open, default=function.defaults.get(name)))
            else:
                slot = Slot(function.defaults.get(name) or Dynamic(Cause(f"argument {name}"), at), at)
            self.write(names, name, slot)
        if declared.vararg is not None:
            rest = Items(tuple(slot.value for slot in given), "tuple", arguments.open)
            self.write(names, declared.vararg.arg, Slot(rest))
        if declared.kwarg is not None:
            table = self.table("dict", declared.kwarg.arg)
            for name, slot in keywords.items():
                self.write(table, name, slot)
            if arguments.open is not None:
                self.open_up(table, arguments.open)
            self.write(names, declared.kwarg.arg, Slot(table))

    def _run_functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> None:
        shown = tuple(_last_name(decorator) for decorator in node.decorator_list)
        value: Abstract = self.function(node, frame, shown)
        for decorator in reversed(node.decorator_list):
            self.decorate(self.evaluate(decorator, frame), value, frame)
        self.write(self.home(node.name, frame), node.name, Slot(value, self.at(node, frame)))

    _run_asyncfunctiondef = _run_functiondef

    @abstractmethod
    def arguments(self, node: ast.Call, frame: Frame) -> Arguments:
        """The evaluated arguments of a call."""

    @abstractmethod
    def decorate(self, decorator: Abstract, value: Abstract, frame: Frame) -> None:
        """What a decorator does with a function, apart from wrapping it."""

    def _run_classdef(self, node: ast.ClassDef, frame: Frame) -> None:
        table = self.table("class", node.name, self.at(node, frame))
        bases = tuple(self.evaluate(base, frame) for base in node.bases if not isinstance(base, ast.Starred))
        table.links["bases"] = Items(bases, "tuple")
        table.links["module"] = frame.globals
        table.links["annotations"] = self.table("dict", "annotations")
        makers = [*node.decorator_list, *(one.value for one in node.keywords if one.arg == "metaclass")]
        decorators = tuple(Constant(_last_name(maker)) for maker in makers)
        table.links["decorators"] = Items(decorators, "tuple")
        enclosing = frame.enclosing
        if frame.names.kind == "locals":
            enclosing = (*enclosing, frame.names)
        self.run_block(node.body, replace(frame, names=table, enclosing=enclosing))
        self.write(self.home(node.name, frame), node.name, Slot(table, self.at(node, frame)))

    @staticmethod
    def home(name: str, frame: Frame) -> Table:
        """The table that an assignment to ``name`` writes to."""
        if name not in frame.globals_declared:
            return frame.names
        return next((table for table in reversed(frame.enclosing) if name in table.slots), frame.globals)

    def matters(self, function: Function, arguments: Arguments) -> bool:
        """Whether a call whose result nobody takes can change a configuration."""
        given = [slot.value for slot in (*arguments.positional, *arguments.keywords.values())]
        if any(isinstance(value, (Table, Lazy, LazyCall)) for value in [*given, function.bound]):
            return True
        return self._mentions(function, "touches", _TOUCHING)

    def speaks_of_celery(self, function: Function) -> bool:
        """Whether the text of a function names Celery or the configuration of an application."""
        return self._mentions(function, "celery", _CELERY)

    def _mentions(self, function: Function, name: str, pattern: re.Pattern[str]) -> bool:
        module = self.modules.module(function.module.name)
        if module is None:
            return False
        return module.note(name, function.node, lambda node: _has(module.source, node, pattern))


_CELERY = re.compile(r"elery|config_from_object|\bconf\.|\binit_app\(")
_TOUCHING = re.compile(
    r"environ|elery|\bconf(?:ig)?\b|settings|globals\(|setattr|config_from|\bglobal\b|\b(?:init|setup|configure)\w*\("
)


def _has(source: SourceText, node: ast.AST, pattern: re.Pattern[str]) -> bool:
    """Whether a pattern has a match in the text of a function."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        return False
    start, end = python.span(source, node)
    return pattern.search(source.text, start, end) is not None


def _declared(node: ast.AST) -> frozenset[str]:
    """The names that a function declares global or nonlocal."""
    return frozenset(
        name
        for statement in ast.walk(node)
        if isinstance(statement, (ast.Global, ast.Nonlocal))
        for name in statement.names
    )


def _last_name(node: ast.expr) -> str:
    while isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def own_nodes(node: ast.AST) -> list[ast.AST]:
    """The nodes below ``node`` without those of functions and classes inside it."""
    found: list[ast.AST] = []
    todo = list(ast.iter_child_nodes(node))
    while todo:
        current = todo.pop()
        found.append(current)
        if not isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            todo.extend(ast.iter_child_nodes(current))
    return found


def _yields(node: ast.AST) -> bool:
    return any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in own_nodes(node))
