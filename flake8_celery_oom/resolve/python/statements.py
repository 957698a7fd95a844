"""Statements: what running a block of a program does, as far as is known.

Nothing is run for real. Where a condition is only known to the running system both ways are followed, and what they
disagree on becomes dynamic. Names imported from other modules are looked at only when something depends on them.
"""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.resolve.python.arithmetic import binary
from flake8_celery_oom.resolve.python.definitions import NEXT, Outcome, own_nodes
from flake8_celery_oom.resolve.python.loops import Loops, pairs_of, starred, value_given
from flake8_celery_oom.resolve.python.objects import Frame
from flake8_celery_oom.resolve.python.patterns import matched_case
from flake8_celery_oom.resolve.python.values import (
    NONE,
    Abstract,
    Constant,
    Dynamic,
    External,
    Function,
    Items,
    LazyCall,
    Slot,
    Table,
    default_of,
    join,
    truth,
)

_PLAIN_NODES = (
    ast.Constant,
    ast.Name,
    ast.Attribute,
    ast.Call,
    ast.BinOp,
    ast.UnaryOp,
    ast.Subscript,
    ast.operator,
    ast.unaryop,
    ast.Load,
)
_PLAIN_CALLS = frozenset(
    {"builtins.int", "builtins.float", "builtins.str", "builtins.bool", "os.getenv", "os.environ.get"}
)
"""Functions whose result is only known when they did not fail."""
_MAY_FAIL = Cause("depends on what fails when the program runs", is_closed=True)
MAX_HOLDERS = 2
"""How deep inside dicts and objects other names of a list are looked for."""


class Statements(Loops):
    """Runs statements."""

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
                todo.extend([] if self.suppresses_missing(statement, frame) else reversed(statement.body))
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
            if not isinstance(callee, Function) or self.matters(callee, arguments):
                self.call(callee, arguments, node, frame)
            return NEXT
        self.evaluate(node, frame)
        return NEXT

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
        self._replace_list(receiver, changed, frame)
        self.assign(called.value, changed, self.at(called.value, frame), frame)
        return True

    def _replace_list(self, before: Items, after: Abstract, frame: Frame) -> None:
        """Give every name of a list its new value: lists are values here, and one list may have several names."""
        if before.kind == "tuple":
            return
        seen: set[int] = set()
        for table in (frame.names, *frame.enclosing, frame.globals, *self.live):
            self._replace_in(table, before, after, seen, depth=0)

    def _replace_in(self, table: Table, before: Items, after: Abstract, seen: set[int], depth: int) -> None:
        if id(table) in seen:
            return
        seen.add(id(table))
        for key, slot in list(table.slots.items()):
            if slot.value is before:
                self.write(table, key, replace(slot, value=after))
            elif isinstance(slot.value, Table) and depth < MAX_HOLDERS:
                self._replace_in(slot.value, before, after, seen, depth + 1)

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
        if kinds <= {"next", "continue"}:
            return Outcome("continue")
        if not kinds <= {"return", "next"}:
            return Outcome("unsure")
        values = [trial.result.value for trial in alive]
        likely = values[default] if default is not None else None
        if last_known and isinstance(values[0], Dynamic) and values[0].default is None:
            likely = values[-1]
        return Outcome("return", join(values, why, self.at(statement, frame), likely))

    def _ways(self, statement: ast.stmt, frame: Frame) -> tuple[list[list[ast.stmt]], int | None, Cause]:
        """The ways through a statement, which of them is the likely one, and what decides."""
        if isinstance(statement, ast.If):
            test = self.forced(statement.test, frame)
            default = default_of(test)
            decided = None if default is None else truth(default)
            why = (
                test.cause if isinstance(test, Dynamic) else Cause(f"depends on {self.written(statement.test, frame)}")
            )
            return [statement.body, statement.orelse], None if decided is None else int(not decided), why
        if isinstance(statement, ast.Match):
            chosen = matched_case(statement, self.forced(statement.subject, frame))
            if chosen is not None:
                return [chosen], 0, Cause("")
            subject = self.written(statement.subject, frame)
            return [*(case.body for case in statement.cases), []], None, Cause(f"depends on {subject}")
        assert isinstance(statement, ast.Try) or type(statement).__name__ == "TryStar"
        body = [*statement.body, *statement.orelse, *statement.finalbody]  # type: ignore[attr-defined]
        handlers = [[*handler.body, *statement.finalbody] for handler in statement.handlers]  # type: ignore[attr-defined]
        if all(self.succeeds(line, frame) for line in statement.body):  # type: ignore[attr-defined]
            return [body], 0, Cause("")
        causes = [self._may_fail(line, frame) for line in statement.body]  # type: ignore[attr-defined]
        if not any(causes):
            return [body], 0, Cause("")
        why = _MAY_FAIL if _MAY_FAIL in causes else _together([cause for cause in causes if cause is not None])
        tried = [*statement.body, *statement.orelse]  # type: ignore[attr-defined]
        if handlers and self.skips_or_executes_missing(tried, frame):
            return [handlers[0]], 0, Cause("")
        return [body, *handlers], 0, why

    def _may_fail(self, statement: ast.stmt, frame: Frame) -> Cause | None:
        """Why a statement may fail: not if it only names a known value that builtin functions and operators make."""
        given = value_given(statement)
        if given is None:
            return None if isinstance(statement, ast.Pass) else _MAY_FAIL
        for node in ast.walk(given):
            if not isinstance(node, _PLAIN_NODES):
                return _MAY_FAIL
            if isinstance(node, ast.Call):
                callee = self.force(self.evaluate(node.func, frame))
                if not isinstance(callee, External) or callee.name not in _PLAIN_CALLS:
                    return _MAY_FAIL
        value = self.forced(given, frame)
        return None if isinstance(value, Constant) else value.cause if isinstance(value, Dynamic) else _MAY_FAIL

    # --- assignments ---

    def _run_assign(self, node: ast.Assign, frame: Frame) -> None:
        pairs = pairs_of(node.targets[0], node.value) if len(node.targets) == 1 else []
        if pairs:
            values = [self.evaluate(item, frame) for _, item in pairs]
            for (part, item), value in zip(pairs, values, strict=True):
                self.assign(part, value, self.at(item, frame), frame)
            return
        value = self._kept(node, self._evaluate_later(node.value, frame), frame)
        for target in node.targets:
            self.assign(target, value, self.at(node.value, frame), frame)

    def _kept(self, node: ast.Assign, value: Abstract, frame: Frame) -> Abstract:
        """What ``app = wrap(app)`` gives: a function that is not in the project most likely gives back the app."""
        target, call = node.targets[0], node.value
        if not isinstance(target, ast.Name) or not isinstance(call, ast.Call) or not _foreign(value):
            return value
        for argument in call.args:
            held = self.forced(argument, frame) if isinstance(argument, ast.Name) and argument.id == target.id else None
            if isinstance(held, Table) and held.kind == "app":
                return held
        return value

    def _evaluate_later(self, node: ast.expr, frame: Frame) -> Abstract:
        """What an expression evaluates to; a call of a function of the project is put off until it matters.

        One that speaks of Celery is followed where it stands: what comes after it may say something else.
        """
        if not isinstance(node, ast.Call) or frame.names.kind != "module":
            return self.evaluate(node, frame)
        callee = self.force(self.evaluate(node.func, frame))
        arguments = self.arguments(node, frame)
        if isinstance(callee, Function):
            made = LazyCall(callee, arguments, self.at(node, frame))
            if self.speaks_of_celery(callee):
                return self.finish_call(made)
            self.put_off.append(made)
            return made
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
        made = binary(node.op, before, value, self.written(node, frame), at)
        if isinstance(before, Items):
            self._replace_list(before, made, frame)
        self.assign(node.target, made, at, frame)

    def _run_delete(self, node: ast.Delete, frame: Frame) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.write(self.home(target.id, frame), target.id, None)
            elif isinstance(target, ast.Subscript):
                table, key = self.forced(target.value, frame), self.forced(target.slice, frame)
                if isinstance(table, Table) and table.kind == "dict" and isinstance(key, Constant):
                    self.write(table, key.value, None)

    def assign(self, target: ast.expr, value: Abstract, at: Location | None, frame: Frame) -> None:
        """``target = value``."""
        if isinstance(target, ast.Name):
            slot = Slot(value, at, self.at(target, frame))
            self.write(self.home(target.id, frame), target.id, slot)
        elif isinstance(target, ast.Attribute):
            key_at = self._attribute_name_at(target, frame)
            self.set_attribute(self.forced(target.value, frame), target.attr, Slot(value, at, key_at))
        elif isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
            owner, key = self.forced(target.value, frame), self.forced(target.slice, frame)
            self.set_item(owner, key, Slot(value, at, self.at(target.slice, frame)))
        elif isinstance(target, ast.Starred):
            self.assign(target.value, Dynamic(Cause("the rest of an assignment"), at), at, frame)
        elif isinstance(target, (ast.Tuple, ast.List)):
            known = self.elements(value)
            fits = known is not None and len(known) == len(target.elts) and not starred(target)
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
        if owner == External("os.environ"):
            self.set_variable(key, slot.value, slot.at, only_default=False)
        elif isinstance(owner, Table) and not self.special_write(owner, key, slot):
            self.set_key(owner, key, slot.value, slot.at, slot.key_at)
        elif isinstance(owner, Dynamic) and isinstance(key, Constant):
            self._set_on_options(owner, key, slot)

    def _set_on_options(self, owner: Dynamic, key: Constant | str, slot: Slot) -> None:
        for option in owner.options:
            table = self.force(option)
            if isinstance(table, Table):
                maybe = replace(slot, value=Dynamic(owner.cause, owner.at, slot.value))
                if not self.special_write(table, key, maybe):
                    self.write(table, key.value if isinstance(key, Constant) else key, maybe)

    @abstractmethod
    def special_write(self, owner: Table, key: Abstract | str, slot: Slot) -> bool:
        """Write to an object that is known by its kind; False when it is written like any other."""


def _foreign(value: Abstract) -> bool:
    """Whether a value was made by something that the project does not have."""
    return isinstance(value, Dynamic) or (isinstance(value, Table) and value.kind == "object")


def _leaves(node: ast.AST) -> bool:
    """Whether a statement may end the block it stands in."""
    return any(isinstance(inner, (ast.Return, ast.Break, ast.Continue)) for inner in own_nodes(node))


def _together(causes: Sequence[Cause]) -> Cause:
    """Why one of several statements may fail."""
    return replace(causes[0].joined(causes[1:]), text=_MAY_FAIL.text, kind="other", word=None)
