"""What the value of a Python expression can be known to be without running it, and arithmetic on such values.

A value is known (:class:`Constant`, :class:`Items`, a :class:`Table` of attributes or keys), comes from outside the
project (:class:`External`), or is :class:`Dynamic`: known only to the running system, perhaps with a default.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from flake8_celery_oom.model import HostCpus, Known, Location, Setting, Unknown

MAX_BITS = 4096
MAX_LENGTH = 100_000
MAX_OPTIONS = 6


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, text, bytes, bool, None, or the number of CPUs of the host."""

    value: int | float | str | bytes | bool | complex | HostCpus | None


@dataclass(frozen=True, slots=True)
class Dynamic:
    """A value that only the running system knows.

    ``default`` is what it is when the environment says nothing, None when that is not known. ``text`` means that what
    the environment sets arrives as str. ``options`` are all values it can be, where they can be listed.
    """

    reason: str
    at: Location | None = None
    default: Abstract | None = None
    text: bool = False
    options: tuple[Abstract, ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """A list, tuple or set. ``open`` says why there may be more or other items."""

    values: tuple[Abstract, ...]
    kind: str = "list"
    open: Dynamic | None = None


@dataclass(frozen=True, slots=True)
class External:
    """Something that no file of the project defines, by its dotted name: ``os.environ``, ``celery.Celery``."""

    name: str


@dataclass(frozen=True, slots=True)
class Lazy:
    """A module of the project, or a name of one, that is looked at only when needed."""

    path: str
    name: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of the project. ``bound`` is its first argument when it was reached as a method."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    module: Table
    enclosing: tuple[Table, ...]
    defaults: Mapping[str, Abstract]
    decorators: tuple[str, ...] = ()
    bound: Abstract | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """A method of something whose class is not in the project: ``update`` of a dict, ``config_from_object``."""

    receiver: Abstract
    name: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A value with the place it was written at (``at``) and the place of its name (``key_at``)."""

    value: Abstract
    at: Location | None = None
    key_at: Location | None = None


class Table:
    """Something with names or keys: a module, class, instance, dict, the locals of a function, a Celery app.

    ``links`` hold what never changes (an instance's class, a class' bases). Only the evaluator writes ``slots``.
    """

    __slots__ = ("at", "kind", "links", "name", "serial", "slots")

    def __init__(self, kind: str, name: str, serial: int, at: Location | None = None) -> None:
        self.kind = kind
        self.name = name
        self.serial = serial
        self.at = at
        self.slots: dict[object, Slot] = {}
        self.links: dict[str, Abstract] = {}

    @property
    def open(self) -> Dynamic | None:
        """Why the table may hold names that are not in ``slots``."""
        slot = self.slots.get(OPEN)
        return slot.value if slot is not None and isinstance(slot.value, Dynamic) else None

    def keys(self) -> list[str]:
        """The names that are text, in the order they were written."""
        return [key for key in self.slots if isinstance(key, str)]

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}: {', '.join(map(str, self.keys()))}>"


Abstract: TypeAlias = "Constant | Dynamic | Items | External | Lazy | Function | Method | Table"

OPEN: Final = ("open",)
"""The key of the slot that says why a table is open."""

NONE: Final = Constant(None)


@dataclass(slots=True)
class Arguments:
    """The arguments of a call. ``open`` says why there may be more."""

    positional: list[Slot] = field(default_factory=list)
    keywords: dict[str, Slot] = field(default_factory=dict)
    open: Dynamic | None = None

    def slot(self, index: int, name: str = "") -> Slot | None:
        """The argument at ``index`` or called ``name``."""
        if 0 <= index < len(self.positional):
            return self.positional[index]
        return self.keywords.get(name)

    def get(self, index: int, name: str = "") -> Abstract | None:
        """The value of the argument at ``index`` or called ``name``."""
        slot = self.slot(index, name)
        return None if slot is None else slot.value


# --- looking at values ------------------------------------------------------------------------------------------------


def same(left: Abstract | None, right: Abstract | None) -> bool:
    """Whether two values are the same; 1, 1.0 and True differ."""
    if left is right:
        return True
    if isinstance(left, Constant) and isinstance(right, Constant):
        return type(left.value) is type(right.value) and left.value == right.value
    if isinstance(left, Items) and isinstance(right, Items):
        return (
            left.kind == right.kind
            and left.open == right.open
            and len(left.values) == len(right.values)
            and all(map(same, left.values, right.values))
        )
    return type(left) is type(right) and not isinstance(left, (Constant, Items)) and left == right


def truth(value: Abstract) -> bool | None:
    """Whether the value counts as true, None when that is not known."""
    if isinstance(value, Constant):
        return True if isinstance(value.value, HostCpus) else bool(value.value)
    if isinstance(value, Items):
        return bool(value.values) if value.open is None else (True if value.values else None)
    if isinstance(value, Table):
        if value.kind == "dict":
            certain = any(not isinstance(slot.value, Dynamic) for key, slot in value.slots.items() if key is not OPEN)
            return True if certain else (None if value.slots else False)
        return True if value.kind in {"module", "class", "instance", "app"} else None
    return True if isinstance(value, (Function, Method)) else None


def default_of(value: Abstract) -> Abstract | None:
    """The value itself, or the default of a dynamic one; None when it has none."""
    while isinstance(value, Dynamic):
        if value.default is None:
            return None
        value = value.default
    return value


def join(
    values: Sequence[Abstract | None], why: str, at: Location | None = None, default: Abstract | None = None
) -> Abstract:
    """The value that is one of ``values``; None among them means that nothing is set on that way."""
    first = values[0]
    if first is not None and all(same(first, value) for value in values[1:]):
        return first
    options: list[Abstract] = []
    listed = True
    for value in values:
        found = (value.options or (value,)) if isinstance(value, Dynamic) else (value,)
        for option in found:
            if option is None or (isinstance(option, Dynamic) and not option.options):
                listed = False
            elif not any(same(option, other) for other in options):
                options.append(option)
    text = any(isinstance(value, Dynamic) and value.text for value in values)
    if not listed or len(options) > MAX_OPTIONS:
        options = []
    dynamic = next((value for value in values if isinstance(value, Dynamic)), None)
    return Dynamic(
        dynamic.reason if dynamic is not None else why,
        dynamic.at if dynamic is not None else at,
        default_of(default) if default is not None else None,
        text=text,
        options=tuple(options),
    )


def as_setting(value: Abstract, at: Location | None) -> Known[Setting] | Unknown[Setting]:
    """The value as a setting of Celery: known in whole, or unknown, perhaps with a default."""
    if isinstance(value, Dynamic):
        default = default_of(value)
        known = None if default is None else as_setting(default, at)
        return Unknown(
            value.reason, value.at or at, known.value if isinstance(known, Known) else None, origin="settings"
        )
    try:
        return Known(_plain(value), at, origin="settings")
    except _NotPlainError as error:
        return Unknown(str(error), at, origin="settings")


class _NotPlainError(Exception):
    """The value cannot be written as plain data; says why."""


def _plain(value: Abstract, depth: int = 0) -> Setting:
    if depth > 20:
        raise _NotPlainError("nested too deeply")
    if isinstance(value, Constant):
        return value.value
    if isinstance(value, Items) and value.open is None:
        items = [_plain(item, depth + 1) for item in value.values]
        return tuple(items) if value.kind == "tuple" else items
    if isinstance(value, Table) and value.kind == "dict" and value.open is None:
        return {key: _plain(slot.value, depth + 1) for key, slot in value.slots.items()}
    if isinstance(value, Dynamic):
        raise _NotPlainError(value.reason)
    raise _NotPlainError("computed when the program runs")


# --- arithmetic -------------------------------------------------------------------------------------------------------

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
        first.reason, first.at or at, None if default is None else default_of(default), text=False, options=options
    )


def unclear(written: str, at: Location | None) -> Dynamic:
    """A value that is computed in a way that is not followed."""
    shown = " ".join(written.split())
    return Dynamic(f"computed: {shown if len(shown) <= 60 else shown[:57] + '...'}", at)


def binary(kind: ast.operator, left: Abstract, right: Abstract, written: str, at: Location | None) -> Abstract:
    """``left + right`` and the like."""

    def compute(values: Sequence[Abstract]) -> Abstract:
        a, b = values
        if isinstance(a, Items) and isinstance(b, Items) and isinstance(kind, ast.Add) and a.kind == b.kind:
            return Items(a.values + b.values, a.kind, a.open or b.open)
        if not isinstance(a, Constant) or not isinstance(b, Constant):
            return unclear(written, at)
        if isinstance(a.value, HostCpus) or isinstance(b.value, HostCpus):
            return _with_cpus(kind, a, b, written, at)
        return _constant(_BINARY.get(type(kind)), a.value, b.value, kind, unclear(written, at))

    return over([left, right], compute, at)


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

    return over(values, compute, at)


def formatted(parts: Iterable[Abstract], written: str, at: Location | None) -> Abstract:
    """The text of an f-string or of joined pieces."""

    def compute(known: Sequence[Abstract]) -> Abstract:
        pieces = [value.value for value in known if isinstance(value, Constant)]
        if len(pieces) < len(known) or any(isinstance(piece, HostCpus) for piece in pieces):
            return replace(unclear(written, at), text=True)
        text = "".join(map(str, pieces))
        return Constant(text) if len(text) <= MAX_LENGTH else replace(unclear(written, at), text=True)

    result = over(list(parts), compute, at)
    return replace(result, text=True) if isinstance(result, Dynamic) else result
