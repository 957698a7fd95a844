"""Calls of Python's own functions: ``len``, ``range``, ``sorted``, ``getattr`` and the like."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import HostCpus
from flake8_celery_oom.resolve.python.arithmetic import binary, cast, extreme, over
from flake8_celery_oom.resolve.python.methods import Methods
from flake8_celery_oom.resolve.python.objects import Frame
from flake8_celery_oom.resolve.python.values import (
    NONE,
    Abstract,
    Arguments,
    Constant,
    Dynamic,
    External,
    Items,
    Slot,
    Table,
    truth,
)

_OF_ITEMS = frozenset({"sorted", "reversed", "isinstance", "any", "all", "sum"})

_ITERATING = frozenset({"range", "enumerate"})

_TYPES: dict[str, type] = {
    "builtins.int": int,
    "builtins.float": float,
    "builtins.str": str,
    "builtins.bytes": bytes,
    "builtins.bool": bool,
    "builtins.list": list,
    "builtins.tuple": tuple,
    "builtins.set": set,
    "builtins.dict": dict,
}

_OF_PAIRS = frozenset({"zip", "map", "filter", "iter", "next", "divmod", "dict.fromkeys"})
MOST_CALLED = 200
"""How many times ``map`` and ``filter`` call their function before nothing is said of them."""
_EMPTY: Mapping[str, Constant] = {
    "int": Constant(0),
    "float": Constant(0.0),
    "str": Constant(""),
    "bool": Constant(value=False),
}


class BuiltinCalls(Methods):
    """Evaluates calls of builtin functions."""

    def _make_dict(self, arguments: Arguments, at: Location) -> Table:
        made = self.table("dict", "dict", at)
        for slot in arguments.positional:
            self.update(made, slot.value, slot.at)
        for key, slot in arguments.keywords.items():
            self.write(made, key, slot)
        if arguments.open is not None:
            self.open_up(made, arguments.open)
        return made

    def call_builtin(self, name: str, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract | None:
        """A call of a builtin function; None when nothing is known of it."""
        at, written = self.at(node, frame), self.written(node, frame)
        values = [self.force(slot.value) for slot in arguments.positional]
        if name in {"int", "float", "str", "bool", "round", "abs"}:
            if not values:
                return _EMPTY.get(name)
            return (
                cast(name, values[0], written, at) if len(values) == 1 or name == "round" else self.unclear(node, frame)
            )
        if name in {"max", "min"}:
            known = self.elements(values[0]) if len(values) == 1 else values
            return self.unclear(node, frame) if known is None else extreme(name, known, written, at)
        if name == "len" and len(values) == 1:
            return self._length(values[0], node, frame)
        if name in {"list", "tuple", "set", "frozenset"}:
            known = self.elements(values[0]) if values else []
            kind = "set" if name == "frozenset" else name
            return Items(tuple(known or ()), kind, None if known is not None else self.unclear(node, frame))
        if name == "dict":
            return self._make_dict(arguments, at)
        if name in _OF_ITEMS and values:
            return self._of_items(name, values, arguments, node, frame)
        if name in _ITERATING and values:
            return self._iterating(name, values, node, frame)
        if name in {"getattr", "hasattr", "setattr"} and len(values) >= 2:
            return self._attribute_call(name, values, arguments, node, frame)
        if name in {"globals", "locals", "vars", "dir"}:
            return self._names_call(name, values, frame)
        if name in _OF_PAIRS and values and not arguments.keywords and arguments.open is None:
            return self._of_pairs(name, values, node, frame)
        if name == "print":
            return NONE
        if name == "exec" and isinstance(node, ast.Call):
            self.execute(node, frame)
            return NONE
        return None

    def _of_pairs(self, name: str, values: list[Abstract], node: ast.expr, frame: Frame) -> Abstract:
        """``zip``, ``map``, ``filter``, ``iter``, ``next``, ``divmod`` and ``dict.fromkeys`` of what is known."""
        if name == "divmod":
            return self._quotient(values, node, frame)
        if name == "dict.fromkeys":
            return self._from_keys(values, node, frame)
        if name in {"map", "filter"}:
            return self._applied(name, values, node, frame)
        columns = [self.elements(value) for value in (values[:1] if name == "next" else values)]
        known = [column for column in columns if column is not None]
        if len(known) < len(columns):
            return self.unclear(node, frame)
        if name == "next":
            fresh = isinstance(node, ast.Call) and isinstance(node.args[0], (ast.Call, ast.GeneratorExp))
            found = known[0][0] if known[0] else values[1] if len(values) > 1 else None
            return found if fresh and found is not None else self.unclear(node, frame)
        if name == "iter":
            return Items(tuple(known[0]), "iterator")
        return Items(tuple(Items(row, "tuple") for row in zip(*known, strict=False)), "iterator")

    def _applied(self, name: str, values: list[Abstract], node: ast.expr, frame: Frame) -> Abstract:
        """``map`` and ``filter``: their function is called for each item."""
        columns = [self.elements(value) for value in values[1:]]
        known = [column for column in columns if column is not None]
        rows = list(zip(*known, strict=False)) if known and len(known) == len(columns) else None
        if rows is None or len(rows) > MOST_CALLED:
            return self.unclear(node, frame)
        function = values[0]
        made = [
            row[0] if function == NONE else self.call(function, Arguments([Slot(one) for one in row]), node, frame)
            for row in rows
        ]
        if name == "map":
            return Items(tuple(made), "iterator")
        truths = [truth(self.force(one)) for one in made]
        if None in truths:
            return self.unclear(node, frame)
        return Items(tuple(row[0] for row, kept in zip(rows, truths, strict=True) if kept), "iterator")

    def _quotient(self, values: list[Abstract], node: ast.expr, frame: Frame) -> Abstract:
        if len(values) != 2:
            return self.unclear(node, frame)
        written, at = self.written(node, frame), self.at(node, frame)
        both = (binary(kind, values[0], values[1], written, at) for kind in (ast.FloorDiv(), ast.Mod()))
        return Items(tuple(both), "tuple")

    def _from_keys(self, values: list[Abstract], node: ast.expr, frame: Frame) -> Abstract:
        keys = self.elements(values[0])
        if keys is None:
            return self.unclear(node, frame)
        at = self.at(node, frame)
        made = self.table("dict", "dict", at)
        for key in keys:
            self.set_key(made, self.force(key), values[1] if len(values) > 1 else NONE, at, at)
        return made

    def _of_items(
        self, name: str, values: list[Abstract], arguments: Arguments, node: ast.expr, frame: Frame
    ) -> Abstract:
        """Builtins that look at all items of what they are given, and ``isinstance``."""
        if name in {"sorted", "reversed"}:
            return self._ordered(name, values[0], arguments, node, frame)
        if name == "isinstance" and len(values) == 2:
            return self._is_instance(values[0], values[1], node, frame)
        if name in {"any", "all", "sum"} and len(values) == 1:
            return self._reduced(name, values[0], node, frame)
        return self.unclear(node, frame)

    def _is_instance(self, value: Abstract, kinds: Abstract, node: ast.expr, frame: Frame) -> Abstract:
        """``isinstance`` of plain data and builtin types."""
        named = kinds.values if isinstance(kinds, Items) else (kinds,)
        types = [_TYPES.get(one.name) for one in map(self.force, named) if isinstance(one, External)]
        known = [kind for kind in types if kind is not None]

        def compute(values: Sequence[Abstract]) -> Abstract:
            (one,) = values
            if len(known) < len(named):
                return self.unclear(node, frame)
            if isinstance(one, Constant) and not isinstance(one.value, HostCpus):
                return Constant(isinstance(one.value, tuple(known)))
            if isinstance(one, Items):
                return Constant(_TYPES.get(f"builtins.{one.kind}") in known)
            if isinstance(one, Table) and one.kind == "dict":
                return Constant(dict in known)
            return self.unclear(node, frame)

        return over([value], compute, self.at(node, frame))

    def _reduced(self, name: str, value: Abstract, node: ast.expr, frame: Frame) -> Abstract:
        """``any``, ``all`` and ``sum`` of what is known."""
        known = self.elements(value)
        if known is None:
            return self.unclear(node, frame)
        held = [self.force(one) for one in known]
        if name == "sum":
            total: Abstract = Constant(0)
            for one in held:
                total = binary(ast.Add(), total, one, self.written(node, frame), self.at(node, frame))
            return total
        truths = [truth(one) for one in held]
        deciding = name == "any"
        if deciding in truths:
            return Constant(deciding)
        return self.unclear(node, frame) if None in truths else Constant(not deciding)

    def _ordered(self, name: str, value: Abstract, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract:
        """``sorted(...)`` and ``reversed(...)`` of what is known."""
        known = self.elements(value)
        if known is None or len(arguments.positional) > 1 or arguments.keywords or arguments.open is not None:
            return Items((), "list", self.unclear(node, frame))
        if name == "reversed":
            return Items(tuple(reversed(known)), "iterator")
        held = [self.force(one) for one in known]
        texts = [one.value for one in held if isinstance(one, Constant) and isinstance(one.value, str)]
        numbers = [one.value for one in held if isinstance(one, Constant) and isinstance(one.value, (int, float))]
        if len(texts) == len(held):
            return Items(tuple(Constant(text) for text in sorted(texts)))
        if len(numbers) == len(held):
            return Items(tuple(Constant(number) for number in sorted(numbers)))
        return Items((), "list", self.unclear(node, frame))

    def _iterating(self, name: str, values: list[Abstract], node: ast.expr, frame: Frame) -> Abstract:
        """``range(...)`` and ``enumerate(...)`` of what is known."""
        if name == "range":
            bounds = [value.value for value in values if isinstance(value, Constant) and isinstance(value.value, int)]
            if len(bounds) == len(values) < 4 and 0 not in bounds[2:] and len(range(*bounds)) <= 1000:
                return Items(tuple(Constant(number) for number in range(*bounds)))
            return self.unclear(node, frame)
        known = self.elements(values[0])
        if known is None:
            return self.unclear(node, frame)
        return Items(tuple(Items((Constant(index), item), "tuple") for index, item in enumerate(known)), "iterator")

    def _length(self, value: Abstract, node: ast.expr, frame: Frame) -> Abstract:
        if isinstance(value, Constant) and isinstance(value.value, HostCpus):
            return value
        if isinstance(value, Constant) and isinstance(value.value, (str, bytes)):
            return Constant(len(value.value))
        known = self.elements(value)
        return self.unclear(node, frame) if known is None else Constant(len(known))

    def _attribute_call(
        self, name: str, values: list[Abstract], arguments: Arguments, node: ast.expr, frame: Frame
    ) -> Abstract:
        owner, key = values[0], values[1]
        if not isinstance(key, Constant) or not isinstance(key.value, str):
            if name == "setattr" and isinstance(owner, Table):
                self.open_up(owner, self.unclear(node, frame))
            return self.unclear(node, frame)
        if name == "setattr" and len(values) == 3:
            slot = arguments.positional[2]
            self.set_attribute(owner, key.value, replace(slot, key_at=arguments.positional[1].at))
            return NONE
        held = self.holds(owner, key.value, frame.module.path)
        if name == "hasattr":
            return self.unclear(node, frame) if held is None else Constant(held)
        if held is False and len(values) == 3:
            return values[2]
        found = self.force(self.attribute(owner, key.value, self.at(node, frame)))
        if held is None and len(values) == 3 and not isinstance(found, Dynamic):
            return replace(self.unclear(node, frame), default=values[2]) if isinstance(found, External) else found
        if held is None and len(values) == 3 and isinstance(found, Dynamic) and found.default is None:
            return replace(found, default=values[2])
        return found

    def holds(self, owner: Abstract, name: str, near: str) -> bool | None:
        """Whether an object has an attribute, asked in the module ``near``; None when that is not known."""
        if not isinstance(owner, Table) or owner.kind not in {"module", "class", "instance"}:
            return None
        if name in owner.slots:
            return True
        if owner.open is not None or self.special_attribute(owner, name, None) is not None:
            return None
        if owner.kind == "module":
            return False
        for table in self.family(owner.links.get("class", owner)):
            if isinstance(table, Dynamic) or table.open is not None:
                return None
            if name in table.slots:
                return True
        return False

    def _names_call(self, name: str, values: list[Abstract], frame: Frame) -> Abstract | None:
        owner: Abstract = frame.globals if name == "globals" else frame.names
        if values:
            owner = values[0]
        if name != "dir":
            return owner if isinstance(owner, Table) else None
        if not isinstance(owner, Table) or owner.kind not in {"module", "class"}:
            return None
        return Items(tuple(Constant(key) for key in sorted(owner.names())), "list", owner.open)
