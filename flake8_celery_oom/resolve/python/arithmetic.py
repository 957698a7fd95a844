"""Arithmetic, comparisons and casts on values that may be known only to the running system."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import NoneType
from typing import Final

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import HostCpus
from flake8_celery_oom.resolve.python.values import (
    NONE,
    Abstract,
    Constant,
    Dynamic,
    External,
    Items,
    Lazy,
    Table,
    default_of,
    same,
    truth,
)

MAX_BITS = 4096
MAX_LENGTH = 100_000
MAX_ITEMS = 10_000

_BINARY: Mapping[type[ast.operator], Callable[[object, object], object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
}

_COMPARE: Mapping[type[ast.cmpop], Callable[..., object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}

_GROWING = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Pow)


def over(
    values: Sequence[Abstract], compute: Callable[[Sequence[Abstract]], Abstract], at: Location | None
) -> Abstract:
    """``compute`` on ``values``; when some are dynamic, on their defaults and on what they can be."""
    dynamic = [value for value in values if isinstance(value, Dynamic)]
    if not dynamic:
        return compute(values)
    first = dynamic[0]
    defaults = [default_of(value) for value in values]
    known = [value for value in defaults if value is not None]
    default = compute(known) if len(known) == len(values) else None
    options: tuple[Abstract, ...] = ()
    if len(dynamic) == 1 and first.options:
        options = tuple(compute([option if value is first else value for value in values]) for option in first.options)
        if any(isinstance(option, Dynamic) for option in options):
            options = ()
        elif all(same(options[0], option) for option in options[1:]):
            return options[0]
    return Dynamic(
        first.cause.joined(value.cause for value in dynamic[1:]),
        first.at or at,
        None if default is None else default_of(default),
        text=False,
        options=options,
    )


def unclear(written: str, at: Location | None) -> Dynamic:
    """A value that is computed in a way that is not followed."""
    shown = " ".join(written.split())
    return Dynamic(Cause(f"computed: {shown if len(shown) <= 60 else shown[:57] + '...'}"), at)


def binary(kind: ast.operator, left: Abstract, right: Abstract, written: str, at: Location | None) -> Abstract:
    """``left + right`` and the like."""

    def compute(values: Sequence[Abstract]) -> Abstract:
        a, b = values
        if isinstance(a, Items) and isinstance(b, Items) and isinstance(kind, ast.Add) and a.kind == b.kind:
            if len(a.values) + len(b.values) > MAX_ITEMS:
                return Dynamic(Cause(f"more than {MAX_ITEMS} items"), at)
            return Items(a.values + b.values, a.kind, a.open or b.open)
        if isinstance(kind, ast.Mult) and (isinstance(a, Items) or isinstance(b, Items)):
            return _repeated(a, b) or unclear(written, at)
        if not isinstance(a, Constant) or not isinstance(b, Constant):
            return unclear(written, at)
        if isinstance(a.value, HostCpus) or isinstance(b.value, HostCpus):
            return _with_cpus(kind, a, b, written, at)
        return _constant(_BINARY.get(type(kind)), a.value, b.value, kind, unclear(written, at))

    return over([left, right], compute, at)


def _repeated(left: Abstract, right: Abstract) -> Items | None:
    """``["a"] * 2``; None for anything else, and for what gets too long."""
    items, count = (left, right) if isinstance(left, Items) else (right, left)
    if not isinstance(items, Items) or items.open is not None or items.kind not in {"list", "tuple"}:
        return None
    if (
        not isinstance(count, Constant)
        or not isinstance(count.value, int)
        or count.value * len(items.values) > MAX_ITEMS
    ):
        return None
    return Items(items.values * count.value, items.kind)


def _with_cpus(kind: ast.operator, left: Constant, right: Constant, written: str, at: Location | None) -> Abstract:
    swapped = not isinstance(left.value, HostCpus)
    other = left if swapped else right
    positive = isinstance(other.value, (int, float, HostCpus)) and (
        isinstance(other.value, HostCpus) or other.value > 0
    )
    minus = isinstance(kind, ast.Sub) and not swapped
    if isinstance(kind, _GROWING if not swapped else (ast.Add, ast.Mult)) and (positive or minus):
        return Constant(HostCpus(" ".join(written.split())))
    return unclear(written, at)


def _constant(
    function: Callable[[object, object], object] | None,
    left: object,
    right: object,
    kind: ast.operator,
    otherwise: Dynamic,
) -> Abstract:
    if function is None or not _small(left, right, kind):
        return otherwise
    try:
        return _wrap(function(left, right)) or otherwise
    except (ArithmeticError, TypeError, ValueError, MemoryError):
        return otherwise


def _small(left: object, right: object, kind: ast.operator) -> bool:
    if isinstance(kind, ast.Pow):
        return isinstance(right, (int, float)) and abs(right) <= 64 and not _huge(left)
    if isinstance(kind, ast.LShift):
        return isinstance(right, int) and 0 <= right <= 256
    if isinstance(kind, ast.Mult):
        for text, count in ((left, right), (right, left)):
            if isinstance(text, (str, bytes)) and isinstance(count, int) and len(text) * count > MAX_LENGTH:
                return False
    if isinstance(kind, ast.Mod) and isinstance(left, (str, bytes)):
        return len(left) < 200 and not any(char in left for char in ("*", "0") if isinstance(left, str))
    return not _huge(left) and not _huge(right)


def _huge(value: object) -> bool:
    if isinstance(value, int):
        return value.bit_length() > MAX_BITS
    return isinstance(value, (str, bytes)) and len(value) > MAX_LENGTH


def _wrap(value: object) -> Abstract | None:
    if value is None or isinstance(value, (int, float, str, bytes, complex)):
        return Constant(value)
    return None


def compare(kind: ast.cmpop, left: Abstract, right: Abstract, written: str, at: Location | None) -> Abstract:
    """``left == right`` and the like."""

    def compute(values: Sequence[Abstract]) -> Abstract:
        a, b = values
        if isinstance(kind, (ast.In, ast.NotIn)):
            return _contains(kind, a, b, unclear(written, at))
        if isinstance(a, Constant) and isinstance(b, Constant):
            if isinstance(a.value, HostCpus) or isinstance(b.value, HostCpus):
                return Constant(isinstance(kind, (ast.IsNot, ast.NotEq))) if b.value is None else unclear(written, at)
            try:
                return Constant(bool(_COMPARE[type(kind)](a.value, b.value)))
            except TypeError:
                return unclear(written, at)
        if isinstance(kind, (ast.Is, ast.IsNot)) and NONE in {_none(a), _none(b)}:
            if isinstance(a, (External, Lazy)) or isinstance(b, (External, Lazy)):
                return unclear(written, at)
            return Constant(isinstance(kind, ast.IsNot))
        if isinstance(kind, (ast.Eq, ast.NotEq)) and _listed(a) and _listed(b):
            return Constant(same(a, b) is isinstance(kind, ast.Eq))
        return unclear(written, at)

    return over([left, right], compute, at)


def _listed(value: Abstract) -> bool:
    return isinstance(value, Items) and value.open is None and all(isinstance(item, Constant) for item in value.values)


def _none(value: Abstract) -> Abstract | None:
    return NONE if isinstance(value, Constant) and value.value is None else None


def _contains(kind: ast.cmpop, item: Abstract, container: Abstract, otherwise: Dynamic) -> Abstract:
    found: bool | None = None
    if isinstance(item, Constant) and isinstance(container, Constant):
        if isinstance(item.value, str) and isinstance(container.value, str):
            found = item.value in container.value
    elif isinstance(item, Constant) and isinstance(container, Items):
        if any(same(item, value) for value in container.values):
            found = True
        elif container.open is None and all(isinstance(value, Constant) for value in container.values):
            found = False
    elif isinstance(item, Constant) and isinstance(container, Table) and container.kind == "dict":
        slot = container.slots.get(item.value)
        if slot is not None and not isinstance(slot.value, Dynamic):
            found = True
        elif slot is None and container.open is None:
            found = False
    return otherwise if found is None else Constant(found is isinstance(kind, ast.In))


def unary(kind: ast.unaryop, value: Abstract, written: str, at: Location | None) -> Abstract:
    """``-value``, ``not value``."""

    def compute(values: Sequence[Abstract]) -> Abstract:
        (a,) = values
        if isinstance(kind, ast.Not):
            is_true = truth(a)
            return unclear(written, at) if is_true is None else Constant(not is_true)
        if isinstance(a, Constant) and isinstance(a.value, (int, float)):
            if isinstance(kind, ast.USub):
                return Constant(-a.value)
            if isinstance(kind, ast.UAdd):
                return Constant(+a.value)
            if isinstance(a.value, int):
                return Constant(~a.value)
        return unclear(written, at)

    return over([value], compute, at)


def cast(name: str, value: Abstract, written: str, at: Location | None) -> Abstract:
    """``int(value)``, ``float``, ``str``, ``bool``, ``round``, ``abs``."""

    def compute(values: Sequence[Abstract]) -> Abstract:
        (a,) = values
        if name == "bool":
            is_true = truth(a)
            return unclear(written, at) if is_true is None else Constant(is_true)
        if not isinstance(a, Constant):
            return unclear(written, at)
        if isinstance(a.value, HostCpus):
            return a if name in {"int", "float", "round", "abs"} else unclear(written, at)
        if _huge(a.value):
            return unclear(written, at)
        try:
            return _wrap(_CASTS[name](a.value)) or unclear(written, at)
        except (TypeError, ValueError, OverflowError):
            return unclear(written, at)

    result = over([value], compute, at)
    return replace(result, text=True) if isinstance(result, Dynamic) and name == "str" else result


_CASTS: Mapping[str, Callable[..., object]] = {"int": int, "float": float, "str": str, "round": round, "abs": abs}

TRUE_WORDS: Final = frozenset({"true", "t", "yes", "y", "on", "ok", "1"})


def as_flag(value: Abstract, written: str, at: Location | None) -> Abstract:
    """A bool as libraries that read the environment make it of text: "true", "on", "1" and the like are true."""

    def compute(values: Sequence[Abstract]) -> Abstract:
        (a,) = values
        if isinstance(a, Constant) and isinstance(a.value, str):
            return Constant(a.value.strip().lower() in TRUE_WORDS)
        return cast("bool", a, written, at)

    return over([value], compute, at)


def extreme(name: str, values: Sequence[Abstract], written: str, at: Location | None) -> Abstract:
    """``max(...)`` or ``min(...)``: a maximum with the CPU count grows with it, a minimum is bounded."""

    def compute(known: Sequence[Abstract]) -> Abstract:
        constants = [value for value in known if isinstance(value, Constant)]
        if len(constants) < len(known) or not constants:
            return unclear(written, at)
        numbers = [value.value for value in constants if isinstance(value.value, (int, float))]
        cpus = [value.value for value in constants if isinstance(value.value, HostCpus)]
        if len(numbers) + len(cpus) < len(constants):
            return unclear(written, at)
        if not cpus:
            return Constant(max(numbers) if name == "max" else min(numbers))
        if name == "max" or not numbers:
            return Constant(HostCpus(" ".join(written.split())))
        return replace(unclear(written, at), default=Constant(min(numbers)))

    found = over(values, compute, at)
    if name == "min" and isinstance(found, Dynamic) and found.cause.kind == "host-memory":
        return replace(found, cause=replace(found.cause, kind="other"))
    return found


def formatted(parts: Iterable[Abstract], written: str, at: Location | None) -> Abstract:
    """The text of an f-string or of joined pieces."""

    def compute(known: Sequence[Abstract]) -> Abstract:
        pieces = [value.value for value in known if isinstance(value, Constant)]
        if len(pieces) < len(known) or any(isinstance(piece, HostCpus) for piece in pieces):
            return replace(unclear(written, at), text=True)
        texts = list(map(str, pieces))
        fits = sum(map(len, texts)) <= MAX_LENGTH
        return Constant("".join(texts)) if fits else replace(unclear(written, at), text=True)

    result = over(list(parts), compute, at)
    return replace(result, text=True) if isinstance(result, Dynamic) else result


_LONG_WIDTH = re.compile(r"\d{4}")


def with_spec(value: Abstract, spec: str, *, as_repr: bool, written: str, at: Location | None) -> Abstract:
    """``f"{value!r:>4}"``: one piece of an f-string with a conversion or a format."""

    def compute(values: Sequence[Abstract]) -> Abstract:
        (a,) = values
        plain = isinstance(a, Constant) and isinstance(a.value, (int, float, str, NoneType)) and not _huge(a.value)
        if not plain or not isinstance(a, Constant) or _LONG_WIDTH.search(spec):
            return replace(unclear(written, at), text=True)
        try:
            return Constant(format(repr(a.value) if as_repr else a.value, spec))
        except (TypeError, ValueError, OverflowError):
            return replace(unclear(written, at), text=True)

    return over([value], compute, at)
