"""Calls of Python's own functions: ``len``, ``range``, ``sorted``, ``getattr`` and the like."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace

from flake8_celery_oom.core.cause import Cause
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
        if name == "print":
            return NONE
        if name == "exec":
            self.open_up(frame.globals, Dynamic(Cause("exec() may set any name"), at))
            return NONE
        return None

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
                return Constant(_TYPES[f"builtins.{one.kind}"] in known)
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
            return Items(tuple(reversed(known)))
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
        return Items(tuple(Items((Constant(index), item), "tuple") for index, item in enumerate(known)))

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
        held = self._holds(owner, key.value)
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

    def _holds(self, owner: Abstract, name: str) -> bool | None:
        """Whether an object has an attribute; None when that is not known."""
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
