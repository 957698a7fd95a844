"""What the value of a Python expression can be known to be without running it.

A value is known (:class:`Constant`, :class:`Items`, a :class:`Table` of attributes or keys), comes from outside the
project (:class:`External`), or is :class:`Dynamic`: known only to the running system, perhaps with a default.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import HostCpus, Setting
from flake8_celery_oom.core.value import Known, Unknown

MAX_OPTIONS = 6
MAX_COMPARED_DEPTH = 10
MAX_PLAIN_VALUES = 20_000
"""Of how many values a setting may consist."""


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

    cause: Cause
    at: Location | None = None
    default: Abstract | None = None
    text: bool = False
    options: tuple[Abstract, ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """A list, tuple, set, or an iterator (kind "iterator"). ``open`` says why there may be more or other items."""

    values: tuple[Abstract, ...]
    kind: str = "list"
    open: Dynamic | None = None


@dataclass(frozen=True, slots=True)
class External:
    """Something that no file of the project defines, by its dotted name: ``os.environ``, ``celery.Celery``."""

    name: str


@dataclass(frozen=True, slots=True)
class ProjectPath:
    """A file or folder of the project, relative to its root; "" is the root."""

    path: str


@dataclass(frozen=True, slots=True)
class Lazy:
    """A module of the project, or a name of one, that is looked at only when needed."""

    path: str
    name: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LazyCall:
    """A call of a function of the project that is only followed when its result is needed."""

    function: Function
    arguments: Arguments
    at: Location | None


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of the project. ``bound`` is its first argument when it was reached as a method."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    module: Table
    enclosing: tuple[Table, ...]
    defaults: Mapping[str, Abstract]
    decorators: tuple[str, ...] = ()
    bound: Abstract | None = None

    @property
    def name(self) -> str:
        """The name it is defined under."""
        return "lambda" if isinstance(self.node, ast.Lambda) else self.node.name


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

    def names(self) -> list[str]:
        """The names that are text, in the order they were written."""
        return [key for key in self.slots if isinstance(key, str)]

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}: {', '.join(self.names())}>"


Abstract: TypeAlias = (
    "Constant | Dynamic | Items | External | ProjectPath | Lazy | LazyCall | Function | Method | Table"
)

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


def same(left: Abstract | None, right: Abstract | None, depth: int = 0) -> bool:
    """Whether two values are the same; 1, 1.0 and True differ, and so does what is nested too deeply to be compared."""
    if left is right:
        return True
    if depth > MAX_COMPARED_DEPTH:
        return False
    if isinstance(left, Constant) and isinstance(right, Constant):
        return type(left.value) is type(right.value) and left.value == right.value
    if isinstance(left, Items) and isinstance(right, Items):
        return (
            left.kind == right.kind
            and left.open == right.open
            and len(left.values) == len(right.values)
            and all(same(one, other, depth + 1) for one, other in zip(left.values, right.values, strict=True))
        )
    return type(left) is type(right) and not isinstance(left, (Constant, Items)) and left == right


def is_pair(value: Abstract) -> bool:
    """Whether a value is a list of two."""
    return isinstance(value, Items) and len(value.values) == 2 and value.open is None


def harmless_base(name: str) -> bool:
    """Whether a class from outside the project is known to define no settings of Celery."""
    return name.split(".")[0] in {
        "abc",
        "builtins",
        "collections",
        "dataclasses",
        "enum",
        "typing",
        "typing_extensions",
    } or (name.rsplit(".", 1)[-1] in {"BaseModel", "BaseSettings", "Configuration", "Celery", "Thread"})


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
    return True if isinstance(value, (Function, Method, ProjectPath)) else None


def default_of(value: Abstract) -> Abstract | None:
    """The value itself, or the default of a dynamic one; None when it has none."""
    while isinstance(value, Dynamic):
        if value.default is None:
            return None
        value = value.default
    return value


def join(
    values: Sequence[Abstract | None], why: Cause, at: Location | None = None, default: Abstract | None = None
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
    dynamic = [value for value in values if isinstance(value, Dynamic)]
    likely = [None if value is None else default_of(value) for value in values]
    if default is None and likely[0] is not None and all(same(likely[0], one) for one in likely[1:]):
        default = likely[0]
    return Dynamic(
        dynamic[0].cause.joined([*(value.cause for value in dynamic[1:]), why]) if dynamic else why,
        dynamic[0].at if dynamic else at,
        default_of(default) if default is not None else None,
        text=text,
        options=tuple(options),
    )


def updates_with_one_of(
    table: Table, choices: Sequence[Table], why: Dynamic, at: Location | None
) -> dict[object, Slot]:
    """What ``table.update(choice)`` writes for one of several dicts: what they agree on is known."""
    likely = default_of(why)
    written: dict[object, Slot] = {}
    for key in dict.fromkeys(key for one in choices for key in one.slots):
        before = table.slots.get(key)
        slots = [one.slots.get(key, before) for one in choices]
        usual = likely.slots.get(key, before) if isinstance(likely, Table) else None
        values = [None if slot is None else slot.value for slot in slots]
        value = join(values, why.cause, at, None if usual is None else usual.value)
        place = usual or next(slot for slot in slots if slot is not None)
        written[key] = Slot(value, place.at, place.key_at)
    return written


def as_setting(value: Abstract, at: Location | None) -> Known[Setting] | Unknown[Setting]:
    """The value as a setting of Celery: known in whole, or unknown, perhaps with a default."""
    if isinstance(value, Dynamic):
        default = default_of(value)
        known = None if default is None else as_setting(default, at)
        return Unknown(
            value.cause, value.at or at, known.value if isinstance(known, Known) else None, origin="settings"
        )
    try:
        return Known(_Plain().of(value), at, origin="settings")
    except _NotPlainError as error:
        return Unknown(error.cause, at, origin="settings")


class _NotPlainError(Exception):
    """The value cannot be written as plain data; ``cause`` says why."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.text)
        self.cause = cause


class _Plain:
    """Writes a value as plain data, as long as that does not grow too large."""

    def __init__(self) -> None:
        self._left = MAX_PLAIN_VALUES

    def of(self, value: Abstract, depth: int = 0) -> Setting:
        self._left -= 1
        if depth > 20 or self._left < 0:
            raise _NotPlainError(Cause("nested too deeply" if depth > 20 else "too large"))
        if isinstance(value, Constant):
            return value.value
        if isinstance(value, Items) and value.open is None and value.kind != "iterator":
            items = [self.of(item, depth + 1) for item in value.values]
            return tuple(items) if value.kind == "tuple" else items
        if isinstance(value, Table) and value.kind == "dict" and value.open is None:
            return {key: self.of(slot.value, depth + 1) for key, slot in value.slots.items()}
        if isinstance(value, Dynamic):
            raise _NotPlainError(value.cause.said(value.cause.text))
        raise _NotPlainError(Cause("computed when the program runs"))
