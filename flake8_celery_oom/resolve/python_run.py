"""Statements, functions, classes and modules: what running a module of the project leaves behind, as far as is known.

Nothing is run for real. Where a condition is only known to the running system both ways are followed, and what they
disagree on becomes dynamic. Names imported from other modules are looked at only when something depends on them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from flake8_celery_oom.model import Location
from flake8_celery_oom.resolve.python_arithmetic import binary
from flake8_celery_oom.resolve.python_eval import Expressions
from flake8_celery_oom.resolve.python_imports import Imports
from flake8_celery_oom.resolve.python_objects import Frame
from flake8_celery_oom.resolve.python_store import CallTooLongError
from flake8_celery_oom.resolve.python_values import (
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
    default_of,
    join,
    truth,
)
from flake8_celery_oom.syntax import python
from flake8_celery_oom.text import SourceText

MAX_ROUNDS = 200
MAX_CALL_DEPTH = 12
MAX_MODULE_DEPTH = 25
MAX_CALL_STEPS = 8_000

Kind = Literal["next", "return", "raise", "break", "continue", "unsure"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a block ends; "unsure" when that depends on what only the running system knows."""

    kind: Kind
    value: Abstract = NONE


NEXT = Outcome("next")


class Statements(Imports, Expressions):
    """Runs statements."""

    def __init__(self, steps: int) -> None:
        super().__init__(steps)
        self._ran: dict[str, Table | None] = {}
        self._depth = 0
        self._module_depth = 0
        self._active: list[ast.AST] = []
        self._finished: dict[LazyCall, Abstract] = {}

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
            self._module_depth += 1
            depth, self._depth = self._depth, 0
            active, self._active = self._active, []
            try:
                with self.unlimited():
                    self.outside_trials(lambda: self.run_block(module.tree.body, Frame(module, table, table)))
            finally:
                self._module_depth -= 1
                self._depth, self._active = depth, active
        return self._ran[path]

    def finish_call(self, value: LazyCall) -> Abstract:
        """What a call gives that was put off until something needs it; it is followed once."""
        if value not in self._finished:
            self._finished[value] = Dynamic(f"{value.function.name}() needs its own result", value.at)
            depth, self._depth = self._depth, 0
            active, self._active = self._active, []
            try:
                with self.unlimited():
                    result = self.outside_trials(lambda: self.call_function(value.function, value.arguments, value.at))
                self._finished[value] = result
            finally:
                self._depth, self._active = depth, active
        return self._finished[value]

    def call_function(self, function: Function, arguments: Arguments, at: Location | None) -> Abstract:
        """What a function of the project returns; one that takes too many steps returns something dynamic."""
        if self._depth:
            return self._follow(function, arguments, at)
        try:
            with self.limited(MAX_CALL_STEPS):
                trial = self.trial(lambda: self._follow(function, arguments, at))
        except CallTooLongError:
            why = Dynamic(f"{function.name}() is too long to be followed", at)
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
            return Dynamic(f"returned by {name}()", at)
        if module.note("yields", node, _yields):
            return Dynamic(f"returned by {name}()", at)
        names = self.table("locals", name)
        self._bind(function, arguments, names, at)
        declared = (
            _declared(node) if module.note("declares", node, lambda inner: bool(_declared(inner))) else frozenset()
        )
        frame = Frame(module, names, function.module, function.enclosing, globals_declared=declared)
        self._depth += 1
        self._active.append(node)
        try:
            if isinstance(node, ast.Lambda):
                return self.evaluate(node.body, frame)
            outcome = self.run_block(node.body, frame)
        finally:
            self._depth -= 1
            self._active.pop()
        if outcome.kind in {"next", "return"}:
            return outcome.value
        return Dynamic(f"returned by {name}()", at)

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
                slot = Slot(function.defaults.get(name) or Dynamic(f"argument {name}", at), at)
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
        self.write(self._home(node.name, frame), node.name, Slot(value, self.at(node, frame)))

    _run_asyncfunctiondef = _run_functiondef

    def arguments(self, node: ast.Call, frame: Frame) -> Arguments:
        """The evaluated arguments of a call."""
        raise NotImplementedError

    def decorate(self, decorator: Abstract, value: Abstract, frame: Frame) -> None:
        """What a decorator does with a function, apart from wrapping it."""
        raise NotImplementedError

    def _run_classdef(self, node: ast.ClassDef, frame: Frame) -> None:
        table = self.table("class", node.name, self.at(node, frame))
        bases = tuple(self.evaluate(base, frame) for base in node.bases if not isinstance(base, ast.Starred))
        table.links["bases"] = Items(bases, "tuple")
        table.links["module"] = frame.globals
        table.links["annotations"] = self.table("dict", "annotations")
        decorators = tuple(Constant(_last_name(decorator)) for decorator in node.decorator_list)
        table.links["decorators"] = Items(decorators, "tuple")
        enclosing = frame.enclosing
        if frame.names.kind == "locals":
            enclosing = (*enclosing, frame.names)
        self.run_block(node.body, replace(frame, names=table, enclosing=enclosing))
        self.write(self._home(node.name, frame), node.name, Slot(table, self.at(node, frame)))

    @staticmethod
    def _home(name: str, frame: Frame) -> Table:
        """The table that an assignment to ``name`` writes to."""
        if name not in frame.globals_declared:
            return frame.names
        return next((table for table in reversed(frame.enclosing) if name in table.slots), frame.globals)

    # --- blocks ---

    def run_block(self, statements: Sequence[ast.stmt], frame: Frame) -> Outcome:
        """Run statements one after the other."""
        todo = list(reversed(statements))
        while todo:
            statement = todo.pop()
            self.step()
            if isinstance(statement, ast.If):
                chosen = self._chosen(statement, frame)
                if chosen is not None:
                    todo.extend(reversed(chosen))
                    continue
            elif isinstance(statement, (ast.With, ast.AsyncWith)):
                self._enter(statement, frame)
                todo.extend(reversed(statement.body))
                continue
            if isinstance(statement, (ast.If, ast.Try, ast.Match)) or type(statement).__name__ == "TryStar":
                rest = list(reversed(todo)) if frame.module.note("leaves", statement, _leaves) else None
                outcome = self._fork(statement, rest, frame)
                if rest is not None:
                    return outcome
            else:
                outcome = self._run(statement, frame)
            if outcome.kind != "next":
                return outcome
        return NEXT

    def _run(self, statement: ast.stmt, frame: Frame) -> Outcome:
        if isinstance(statement, ast.Return):
            return Outcome("return", NONE if statement.value is None else self.forced(statement.value, frame))
        if isinstance(statement, (ast.For, ast.AsyncFor, ast.While)):
            return self._loop(statement, frame)
        if isinstance(statement, ast.Raise):
            return Outcome("raise")
        if isinstance(statement, ast.Break):
            return Outcome("break")
        if isinstance(statement, ast.Continue):
            return Outcome("continue")
        if isinstance(statement, ast.Expr):
            return self._run_expression(statement.value, frame)
        method = getattr(self, f"_run_{type(statement).__name__.lower()}", None)
        if method is not None:
            method(statement, frame)
        return NEXT

    def _run_expression(self, node: ast.expr, frame: Frame) -> Outcome:
        if isinstance(node, ast.Constant):
            return NEXT
        if isinstance(node, ast.Call):
            callee = self.force(self.evaluate(node.func, frame))
            if isinstance(callee, External) and callee.name in {
                "sys.exit",
                "builtins.exit",
                "builtins.quit",
                "os._exit",
            }:
                return Outcome("raise")
            if isinstance(node.func, ast.Attribute) and self._change_list(node, node.func, frame):
                return NEXT
            arguments = self.arguments(node, frame)
            if not isinstance(callee, Function) or self._matters(callee, arguments):
                self.call(callee, arguments, node, frame)
            return NEXT
        self.evaluate(node, frame)
        return NEXT

    def _matters(self, function: Function, arguments: Arguments) -> bool:
        """Whether a call whose result nobody takes can change a configuration."""
        given = [slot.value for slot in (*arguments.positional, *arguments.keywords.values())]
        if any(isinstance(value, (Table, Lazy, LazyCall)) for value in [*given, function.bound]):
            return True
        module = self.modules.module(function.module.name)
        if module is None:
            return False
        return module.note("touches", function.node, lambda node: _touches(module.source, node))

    def _change_list(self, node: ast.Call, called: ast.Attribute, frame: Frame) -> bool:
        """``names.append(x)`` and the like: lists are values here, so the name gets a new one."""
        if called.attr not in {"append", "extend", "insert", "remove", "pop", "clear", "add", "discard"}:
            return False
        receiver = self.forced(called.value, frame)
        if not isinstance(receiver, Items):
            return False
        given = [self.evaluate(argument, frame) for argument in node.args]
        changed = replace(receiver, open=receiver.open or self.unclear(node, frame))
        if called.attr in {"append", "add"} and len(given) == 1:
            changed = replace(receiver, values=(*receiver.values, given[0]))
        elif called.attr == "extend" and len(given) == 1:
            known = self.elements(given[0])
            if known is not None:
                changed = replace(receiver, values=(*receiver.values, *known))
        elif called.attr == "insert" and len(given) == 2 and given[0] == Constant(0):
            changed = replace(receiver, values=(given[1], *receiver.values))
        self.assign(called.value, changed, self.at(called.value, frame), frame)
        return True

    def _chosen(self, statement: ast.If, frame: Frame) -> list[ast.stmt] | None:
        decided = truth(self.forced(statement.test, frame))
        return None if decided is None else (statement.body if decided else statement.orelse)

    def _enter(self, statement: ast.With | ast.AsyncWith, frame: Frame) -> None:
        for item in statement.items:
            value = self.evaluate(item.context_expr, frame)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value, self.at(item.context_expr, frame), frame)

    # --- branches ---

    def _fork(self, statement: ast.stmt, rest: list[ast.stmt] | None, frame: Frame) -> Outcome:
        """Follow every way through a statement; with ``rest``, to the end of the enclosing block."""
        ways, default, why = self._ways(statement, frame)
        after = rest or []
        last_known = isinstance(statement, ast.Try)
        if len(ways) == 1:
            return self.run_block([*ways[0], *after], frame)

        def runner(way: list[ast.stmt]) -> Callable[[], Outcome]:
            return lambda: self.run_block([*way, *after], frame)

        trials = [self.trial(runner(way)) for way in ways]
        alive = [trial for trial in trials if trial.result.kind != "raise"]
        if not alive:
            return Outcome("raise")
        if len(alive) == 1:
            self.replay(alive[0])
            return alive[0].result
        if default is not None:
            default = next((index for index, trial in enumerate(alive) if trial is trials[default]), None)
        self.merge(alive, why, self.at(statement, frame), default, last_known=last_known)
        kinds = {trial.result.kind for trial in alive}
        if len(kinds) == 1 and kinds != {"return"}:
            return alive[0].result
        if not kinds <= {"return", "next"}:
            return Outcome("unsure")
        values = [trial.result.value for trial in alive]
        likely = values[default] if default is not None else None
        if last_known and isinstance(values[0], Dynamic) and values[0].default is None:
            likely = values[-1]
        return Outcome("return", join(values, why, self.at(statement, frame), likely))

    def _ways(self, statement: ast.stmt, frame: Frame) -> tuple[list[list[ast.stmt]], int | None, str]:
        """The ways through a statement, which of them is the likely one, and what decides."""
        if isinstance(statement, ast.If):
            test = self.forced(statement.test, frame)
            default = default_of(test)
            decided = None if default is None else truth(default)
            why = test.reason if isinstance(test, Dynamic) else f"depends on {self.written(statement.test, frame)}"
            return [statement.body, statement.orelse], None if decided is None else int(not decided), why
        if isinstance(statement, ast.Match):
            subject = self.written(statement.subject, frame)
            return [*(case.body for case in statement.cases), []], None, f"depends on {subject}"
        assert isinstance(statement, ast.Try) or type(statement).__name__ == "TryStar"
        body = [*statement.body, *statement.orelse, *statement.finalbody]  # type: ignore[attr-defined]
        handlers = [[*handler.body, *statement.finalbody] for handler in statement.handlers]  # type: ignore[attr-defined]
        if all(self.import_succeeds(line, frame) for line in statement.body):  # type: ignore[attr-defined]
            return [body], 0, ""
        if handlers and self.skips_missing(statement.body[0], frame):  # type: ignore[attr-defined]
            return [handlers[0]], 0, ""
        return [body, *handlers], 0, "depends on what fails when the program runs"

    # --- loops ---

    def _loop(self, statement: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> Outcome:
        if isinstance(statement, (ast.For, ast.AsyncFor)):
            known = self.elements(self.forced(statement.iter, frame))
            if known is not None and len(known) <= MAX_ROUNDS:
                trial = self.trial(lambda: self._rounds(statement, known, frame))
                if trial.result.kind != "unsure":
                    self.replay(trial)
                    return trial.result
        why = f"changed in a loop: {self.written(statement, frame).splitlines()[0]}"
        at = self.at(statement, frame)

        def once() -> Outcome:
            if isinstance(statement, (ast.For, ast.AsyncFor)):
                item = Dynamic(f"an item of {self.written(statement.iter, frame)}", at)
                self.assign(statement.target, item, at, frame)
            return self.run_block(statement.body, frame)

        trial = self.trial(once)
        self.forget(trial, why, at)
        if trial.result.kind == "return" or (trial.result.kind == "unsure" and _returns(statement)):
            return Outcome("return", Dynamic(why, at))
        return self.run_block(statement.orelse, frame)

    def _rounds(self, statement: ast.For | ast.AsyncFor, known: list[Abstract], frame: Frame) -> Outcome:
        for value in known:
            self.assign(statement.target, value, self.at(statement.iter, frame), frame)
            outcome = self.run_block(statement.body, frame)
            if outcome.kind == "break":
                return NEXT
            if outcome.kind not in {"next", "continue"}:
                return outcome
        return self.run_block(statement.orelse, frame)

    # --- assignments ---

    def _run_assign(self, node: ast.Assign, frame: Frame) -> None:
        pairs = _pairs(node.targets[0], node.value) if len(node.targets) == 1 else []
        if pairs:
            values = [self.evaluate(item, frame) for _, item in pairs]
            for (part, item), value in zip(pairs, values, strict=True):
                self.assign(part, value, self.at(item, frame), frame)
            return
        value = self._evaluate_later(node.value, frame)
        for target in node.targets:
            self.assign(target, value, self.at(node.value, frame), frame)

    def _evaluate_later(self, node: ast.expr, frame: Frame) -> Abstract:
        """What an expression evaluates to; a call of a function of the project is put off until it matters."""
        if not isinstance(node, ast.Call) or frame.names.kind != "module":
            return self.evaluate(node, frame)
        callee = self.force(self.evaluate(node.func, frame))
        arguments = self.arguments(node, frame)
        if isinstance(callee, Function):
            return LazyCall(callee, arguments, self.at(node, frame))
        return self.call(callee, arguments, node, frame)

    def _run_annassign(self, node: ast.AnnAssign, frame: Frame) -> None:
        annotations = frame.names.links.get("annotations")
        if isinstance(annotations, Table) and isinstance(node.target, ast.Name):
            self.write(annotations, node.target.id, Slot(Constant(self.written(node.annotation, frame))))
        if node.value is not None:
            self.assign(node.target, self._evaluate_later(node.value, frame), self.at(node.value, frame), frame)

    def _run_augassign(self, node: ast.AugAssign, frame: Frame) -> None:
        before = self.forced(node.target, frame)
        value = self.forced(node.value, frame)
        at = self.at(node.value, frame)
        if isinstance(node.op, ast.BitOr) and isinstance(before, Table):
            self.update(before, value, at)
            return
        self.assign(node.target, binary(node.op, before, value, self.written(node, frame), at), at, frame)

    def _run_delete(self, node: ast.Delete, frame: Frame) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.write(self._home(target.id, frame), target.id, None)
            elif isinstance(target, ast.Subscript):
                table, key = self.forced(target.value, frame), self.forced(target.slice, frame)
                if isinstance(table, Table) and table.kind == "dict" and isinstance(key, Constant):
                    self.write(table, key.value, None)

    def assign(self, target: ast.expr, value: Abstract, at: Location | None, frame: Frame) -> None:
        """``target = value``."""
        if isinstance(target, ast.Name):
            slot = Slot(value, at, self.at(target, frame))
            self.write(self._home(target.id, frame), target.id, slot)
        elif isinstance(target, ast.Attribute):
            key_at = self._attribute_name_at(target, frame)
            self.set_attribute(self.forced(target.value, frame), target.attr, Slot(value, at, key_at))
        elif isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
            owner, key = self.forced(target.value, frame), self.forced(target.slice, frame)
            self.set_item(owner, key, Slot(value, at, self.at(target.slice, frame)))
        elif isinstance(target, ast.Starred):
            self.assign(target.value, Dynamic("the rest of an assignment", at), at, frame)
        elif isinstance(target, (ast.Tuple, ast.List)):
            known = self.elements(value)
            fits = known is not None and len(known) == len(target.elts) and not _starred(target)
            for index, part in enumerate(target.elts):
                found = known[index] if known is not None and fits else self.unclear(part, frame)
                self.assign(part, found, at, frame)

    def _attribute_name_at(self, node: ast.Attribute, frame: Frame) -> Location:
        whole = self.at(node, frame)
        source = frame.module.source
        return source.location(whole.end - len(node.attr), whole.end)

    def set_attribute(self, owner: Abstract, name: str, slot: Slot) -> None:
        """``owner.name = value``."""
        if isinstance(owner, Table) and not self.special_write(owner, name, slot):
            self.write(owner, name, slot)
        elif isinstance(owner, Dynamic):
            self._set_on_options(owner, name, slot)

    def set_item(self, owner: Abstract, key: Abstract, slot: Slot) -> None:
        """``owner[key] = value``."""
        if isinstance(owner, Table) and not self.special_write(owner, key, slot):
            self.set_key(owner, key, slot.value, slot.at, slot.key_at)
        elif isinstance(owner, Dynamic) and isinstance(key, Constant):
            self._set_on_options(owner, key.value, slot)

    def _set_on_options(self, owner: Dynamic, key: object, slot: Slot) -> None:
        for option in owner.options:
            table = self.force(option)
            if isinstance(table, Table):
                maybe = Dynamic(owner.reason, owner.at, slot.value)
                self.write(table, key, replace(slot, value=maybe))

    def special_write(self, owner: Table, key: Abstract | str, slot: Slot) -> bool:
        """Write to an object that is known by its kind; False when it is written like any other."""
        raise NotImplementedError


_TOUCHING = re.compile(r"environ|elery|\bconf(?:ig)?\b|settings|globals\(|setattr|config_from|\bglobal\b")


def _touches(source: SourceText, node: ast.AST) -> bool:
    """Whether the text of a function mentions what configurations are made of."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        return False
    start, end = python.span(source, node)
    return _TOUCHING.search(source.text, start, end) is not None


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


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """The targets of ``a, b = 1, 2``, each with its own value."""
    if not isinstance(target, (ast.Tuple, ast.List)) or not isinstance(value, (ast.Tuple, ast.List)):
        return []
    if len(target.elts) != len(value.elts) or _starred(target, value):
        return []
    return list(zip(target.elts, value.elts, strict=True))


def _starred(*nodes: ast.Tuple | ast.List) -> bool:
    return any(isinstance(item, ast.Starred) for node in nodes for item in node.elts)


def _own_nodes(node: ast.AST) -> list[ast.AST]:
    """The nodes below ``node`` without those of functions and classes inside it."""
    found: list[ast.AST] = []
    todo = list(ast.iter_child_nodes(node))
    while todo:
        current = todo.pop()
        found.append(current)
        if not isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            todo.extend(ast.iter_child_nodes(current))
    return found


def _leaves(node: ast.AST) -> bool:
    """Whether a statement may end the block it stands in."""
    return any(isinstance(inner, (ast.Return, ast.Break, ast.Continue)) for inner in _own_nodes(node))


def _returns(node: ast.AST) -> bool:
    return any(isinstance(inner, ast.Return) for inner in _own_nodes(node))


def _yields(node: ast.AST) -> bool:
    return any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in _own_nodes(node))
