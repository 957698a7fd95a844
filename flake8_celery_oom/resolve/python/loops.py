"""Loops: each round is run where what they go over is known."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.resolve.python.definitions import NEXT, Definitions, Outcome, own_nodes
from flake8_celery_oom.resolve.python.objects import Frame
from flake8_celery_oom.resolve.python.values import (
    Abstract,
    Dynamic,
    External,
    Items,
    Table,
    truth,
)

MAX_ROUNDS = 1_000


class Loops(Definitions):
    """Runs ``for`` and ``while``."""

    def _loop(self, statement: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> Outcome:
        listed = _listed_name(statement)
        if listed is not None:
            value = self.forced(listed, frame)
            modules = [self.force(option) for option in value.options] if isinstance(value, Dynamic) else []
            modules = [module for module in modules if not isinstance(module, External)]
            if isinstance(value, Dynamic) and modules and all(isinstance(module, Table) for module in modules):
                return self._loop_over_one_of(statement, listed, value, modules, frame)
        return self._plain_loop(statement, frame)

    def _loop_over_one_of(
        self,
        statement: ast.For | ast.AsyncFor | ast.While,
        listed: ast.Name,
        value: Dynamic,
        modules: Sequence[Abstract],
        frame: Frame,
    ) -> Outcome:
        """``for name in dir(module)`` of a module that is one of several: what they agree on holds."""
        at = self.at(statement, frame)

        def runner(module: Abstract) -> Callable[[], Outcome]:
            def run() -> Outcome:
                self.assign(listed, module, at, frame)
                return self._plain_loop(statement, frame)

            return run

        usual = self.force(value.default) if value.default is not None else None
        default = next((index for index, module in enumerate(modules) if module is usual), None)
        self.merge([self.trial(runner(module)) for module in modules], value.cause, at, default)
        self.assign(listed, value, at, frame)
        return NEXT

    def _plain_loop(self, statement: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> Outcome:
        if isinstance(statement, (ast.For, ast.AsyncFor)):
            known = self.elements(self.forced(statement.iter, frame))
            if known is not None and len(known) <= MAX_ROUNDS:
                trial = self.trial(lambda: self._rounds(statement, known, frame))
                if trial.result.kind != "unsure":
                    self.replay(trial)
                    return trial.result
            self._seen_rounds(statement, frame)
        else:
            trial = self.trial(lambda: self._while_known(statement, frame))
            if trial.result.kind != "unsure":
                self.replay(trial)
                return trial.result
        why = Cause(f"changed in a loop: {self.written(statement, frame).splitlines()[0]}")
        at = self.at(statement, frame)

        def once() -> Outcome:
            if isinstance(statement, (ast.For, ast.AsyncFor)):
                self._assign_item(statement, at, frame)
            return self.run_block(statement.body, frame)

        trial = self.trial(once)
        self.forget(trial, why, at)
        if trial.result.kind == "return" or (trial.result.kind == "unsure" and _returns(statement)):
            return Outcome("return", Dynamic(why, at))
        if statement.orelse and any(isinstance(inner, ast.Break) for inner in own_nodes(statement)):
            self.forget(self.trial(lambda: self.run_block(statement.orelse, frame)), why, at)
            return NEXT
        return self.run_block(statement.orelse, frame)

    def _while_known(self, statement: ast.While, frame: Frame) -> Outcome:
        """The rounds of ``while`` as long as its condition is known; "unsure" where it once is not."""
        for _ in range(MAX_ROUNDS):
            goes_on = truth(self.forced(statement.test, frame))
            if goes_on is None:
                return Outcome("unsure")
            if not goes_on:
                return self.run_block(statement.orelse, frame)
            outcome = self.run_block(statement.body, frame)
            if outcome.kind == "break":
                return NEXT
            if outcome.kind not in {"next", "continue"}:
                return outcome
        return Outcome("unsure")

    def _seen_rounds(self, statement: ast.For | ast.AsyncFor, frame: Frame) -> None:
        """The rounds that are seen of a list that may have more items: what they write is what holds without those."""
        value = self.forced(statement.iter, frame)
        if not isinstance(value, Items) or value.open is None or not 0 < len(value.values) <= MAX_ROUNDS:
            return
        trial = self.trial(lambda: self._rounds(statement, list(value.values), frame))
        if trial.result.kind == "next":
            self.replay(trial)

    def _assign_item(self, statement: ast.For | ast.AsyncFor, at: Location, frame: Frame) -> None:
        """Give the variables of a loop what they have in some round: ``zip`` and ``product`` pair what may be known."""
        why = Cause(f"an item of {self.written(statement.iter, frame)}")
        call, target = statement.iter, statement.target
        if isinstance(call, ast.Call) and isinstance(target, (ast.Tuple, ast.List)) and not starred(call, target):
            paired = ast.unparse(call.func).rsplit(".", 1)[-1] in {"zip", "product"} and not call.keywords
            if paired and len(call.args) == len(target.elts):
                for part, source in zip(target.elts, call.args, strict=True):
                    known = self.elements(self.forced(source, frame))
                    self.assign(part, Dynamic(why, at, options=tuple(known or ())), at, frame)
                return
        self.assign(target, Dynamic(why, at), at, frame)

    def _rounds(self, statement: ast.For | ast.AsyncFor, known: list[Abstract], frame: Frame) -> Outcome:
        for value in known:
            self.assign(statement.target, value, self.at(statement.iter, frame), frame)
            outcome = self.run_block(statement.body, frame)
            if outcome.kind == "break":
                return NEXT
            if outcome.kind not in {"next", "continue"}:
                return outcome
        return self.run_block(statement.orelse, frame)


def starred(*nodes: ast.Tuple | ast.List | ast.Call) -> bool:
    """Whether one of the parts is unpacked by a star."""
    items = [item for node in nodes for item in (node.args if isinstance(node, ast.Call) else node.elts)]
    return any(isinstance(item, ast.Starred) for item in items)


def pairs_of(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """The targets of ``a, b = 1, 2``, each with its own value."""
    if not isinstance(target, (ast.Tuple, ast.List)) or not isinstance(value, (ast.Tuple, ast.List)):
        return []
    if len(target.elts) != len(value.elts) or starred(target, value):
        return []
    return list(zip(target.elts, value.elts, strict=True))


def value_given(statement: ast.stmt) -> ast.expr | None:
    """What a statement returns or gives to names, where it does nothing else."""
    if isinstance(statement, ast.Assign) and not all(isinstance(one, ast.Name) for one in statement.targets):
        return None
    return statement.value if isinstance(statement, (ast.Assign, ast.Return)) else None


def _listed_name(statement: ast.stmt) -> ast.Name | None:
    """The name in ``for item in dir(name)``."""
    call = statement.iter if isinstance(statement, ast.For) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id != "dir":
        return None
    return call.args[0] if len(call.args) == 1 and isinstance(call.args[0], ast.Name) else None


def _returns(node: ast.AST) -> bool:
    return any(isinstance(inner, ast.Return) for inner in own_nodes(node))
