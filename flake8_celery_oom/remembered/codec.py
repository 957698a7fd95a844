"""Data classes of this program as bytes, and back. What is read may be anything: it makes data, and runs nothing.

The bytes are JSON: the names of the classes with their fields, and a table. An entry of the table is a plain value, or
a list that begins with a number: which container or class it is. What follows are the numbers of the entries it is made
of, all further up, so the last entry is the whole. What several hold is one entry, and the same object after reading.
Fields that are declared ``int``, and lists of numbers, hold the numbers themselves.

A class is only taken from this package, and only if it is a data class; none of its code runs, ``__init__`` included. A
field whose metadata are ``NOT_STORED`` is left out, and has its default after reading.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import IntEnum
from importlib import import_module
from typing import Any, TypeAlias, TypeVar

from flake8_celery_oom.core.source import SourceText

_PACKAGE = "flake8_celery_oom."
_ROOMS = frozenset({"analysis", "celery", "core", "discover", "reliance", "remembered", "resolve", "sources", "syntax"})
"""Where in the package data classes are taken from: importing what lies there does nothing but define."""
_BROKEN = (
    *(ValueError, TypeError, LookupError, AttributeError, ImportError, ArithmeticError, RecursionError, re.error),
)
"""What reading bytes of any content may end in."""
T = TypeVar("T")
Entry: TypeAlias = Any
"""A plain value, or a list of numbers (of texts too, for a text that is encoded as a whole)."""


class CodecError(ValueError):
    """Something cannot be encoded, or is no encoding of what this version of the program knows."""


class _Kind(IntEnum):
    """What an entry that is a list makes; from CLASSES on it is an object of a class."""

    TUPLE = 0
    LIST = 1
    DICT = 2
    SET = 3
    FROZEN_SET = 4
    RANGE = 5
    PATTERN = 6
    SOURCE = 7
    TEXT = 8
    BYTES = 9
    NUMBERS = 10
    CLASSES = 11


_CONTAINERS: Mapping[type, int] = {
    tuple: int(_Kind.TUPLE),
    list: int(_Kind.LIST),
    set: int(_Kind.SET),
    frozenset: int(_Kind.FROZEN_SET),
}
_PLAIN = frozenset({str, int, float, bool, type(None)})


class _Layout:
    """How objects of one class are encoded: the fields that are numbers first, then the others by reference."""

    def __init__(self, kind: object) -> None:
        if not isinstance(kind, type) or not is_dataclass(kind) or not kind.__module__.startswith(_PACKAGE):
            raise CodecError(f"{kind} is no data class of this program")
        self.kind: type = kind
        stored = [field for field in fields(kind) if field.metadata.get("stored", True)]
        self.numbers = tuple(field.name for field in stored if field.type == "int")
        self.others = tuple(field.name for field in stored if field.type != "int")
        self.names = (*self.numbers, *self.others)
        self.defaults = [
            (field.name, field.default, field.default_factory)
            for field in fields(kind)
            if field.name not in self.names and (field.default is not MISSING or field.default_factory is not MISSING)
        ]

    @property
    def described(self) -> list[str]:
        """The class and its fields as they stand in the bytes."""
        return [self.kind.__module__.removeprefix(_PACKAGE), self.kind.__name__, *self.names]

    @classmethod
    def of(cls, module: str, name: str, *names: str) -> _Layout:
        """The layout that bytes describe. Raises CodecError where the program has no such class, or another layout."""
        if module.partition(".")[0] not in _ROOMS:
            raise CodecError(f"{module} holds no data")
        import_module(_PACKAGE + module)
        made = cls(getattr(sys.modules[_PACKAGE + module], name))
        if made.names != names:
            raise CodecError(f"{name} has other fields")
        return made

    def make(self, parts: list[Any], made: list[object]) -> object:
        """An object, out of numbers and references to what is ``made`` already; no code of its class runs."""
        count = len(self.numbers)
        values = [*parts[:count], *[made[part] for part in parts[count:]]]
        one: object = object.__new__(self.kind)
        put = object.__setattr__
        for name, value in zip(self.names, values, strict=True):
            put(one, name, value)
        for name, default, factory in self.defaults:
            put(one, name, default if factory is MISSING else factory())
        return one


class _Encoder:
    """One table in the making. ``paths`` are those of the texts that the reader has by itself, by identity."""

    def __init__(self, paths: Mapping[int, str]) -> None:
        self.paths = paths
        self.table: list[Entry] = []
        self.layouts: dict[type, tuple[int, _Layout]] = {}
        self._by_identity: dict[int, int] = {}
        self._by_value: dict[tuple[type, object], int] = {}
        self._alive: list[object] = []
        """What was encoded: an identity counts as long as its object lives."""
        self._open: set[int] = set()

    def add(self, one: object) -> int:
        """The number of the entry that a value has."""
        kind = type(one)
        if kind in _PLAIN:
            known = self._by_value.get((kind, one))
            if known is None:
                known = self._by_value[kind, one] = len(self.table)
                self.table.append(one)
            return known
        known = self._by_identity.get(id(one))
        if known is not None:
            return known
        if id(one) in self._open:
            raise CodecError(f"{kind.__name__} holds itself")
        self._open.add(id(one))
        entry = self._entry(one, kind)
        self._open.remove(id(one))
        self._alive.append(one)
        known = self._by_identity[id(one)] = len(self.table)
        self.table.append(entry)
        return known

    def _entry(self, one: Any, kind: type) -> Entry:
        add = self.add
        container = _CONTAINERS.get(kind)
        if container is not None:
            if kind is list and all(type(part) is int for part in one):
                return [int(_Kind.NUMBERS), *one]
            return [container, *[add(part) for part in one]]
        if isinstance(one, SourceText):
            path = self.paths.get(id(one))
            if path is not None:
                return [int(_Kind.SOURCE), add(path)]
            return [int(_Kind.TEXT), add(one.path), add(one.text), add(one.bom), add(one.encoding)]
        if kind is dict:
            return [int(_Kind.DICT), *[add(part) for pair in one.items() for part in pair]]
        if kind is range:
            return [int(_Kind.RANGE), one.start, one.stop, one.step]
        if kind is re.Pattern:
            return [int(_Kind.PATTERN), add(one.pattern), add(one.flags)]
        if kind is bytes:
            return [int(_Kind.BYTES), add(one.decode("latin-1"))]
        number, layout = self._layout(kind)
        numbers = [getattr(one, name) for name in layout.numbers]
        return [number, *numbers, *[add(getattr(one, name)) for name in layout.others]]

    def _layout(self, kind: type) -> tuple[int, _Layout]:
        known = self.layouts.get(kind)
        if known is None:
            known = self.layouts[kind] = (_Kind.CLASSES + len(self.layouts), _Layout(kind))
        return known


def encode(one: object, texts: Mapping[str, SourceText | None]) -> bytes:
    """A value as bytes. ``texts`` are those that the reader will have, by path; other texts are encoded as a whole.

    Raises CodecError for what is no data (a function), or holds itself.
    """
    encoder = _Encoder({id(source): path for path, source in texts.items() if source is not None})
    try:
        encoder.add(one)
        classes = [layout.described for _, layout in encoder.layouts.values()]
        return json.dumps([classes, encoder.table], separators=(",", ":")).encode("ascii")
    except (RecursionError, TypeError) as error:
        raise CodecError(str(error)) from error


def decode(data: bytes, text_of: Callable[[str], SourceText | None]) -> object:
    """What :func:`encode` was given; ``text_of`` gives the texts that the reader has. Raises CodecError."""
    try:
        classes, table = json.loads(data)
        layouts = [_Layout.of(*described) for described in classes]
        made: list[object] = []
        for entry in table:
            if type(entry) is not list:
                made.append(entry)
            elif entry[0] >= _Kind.CLASSES:
                made.append(layouts[entry[0] - _Kind.CLASSES].make(entry[1:], made))
            else:
                made.append(_made(entry[0], entry[1:], made, text_of))
        return made[-1]
    except _BROKEN as error:
        raise CodecError(str(error)) from error


def _made(kind: int, parts: list[int], made: list[object], text_of: Callable[[str], SourceText | None]) -> object:
    match kind:
        case _Kind.NUMBERS:
            return parts
        case _Kind.RANGE:
            return range(*parts)
        case _:
            pass
    values = [made[part] for part in parts]
    match kind:
        case _Kind.TUPLE:
            return tuple(values)
        case _Kind.LIST:
            return values
        case _Kind.DICT:
            return dict(zip(values[::2], values[1::2], strict=True))
        case _Kind.SET:
            return set(values)
        case _Kind.FROZEN_SET:
            return frozenset(values)
        case _Kind.PATTERN:
            return re.compile(_as(str, values[0]), _as(int, values[1]))
        case _Kind.SOURCE:
            source = text_of(_as(str, values[0]))
            if source is None:
                raise CodecError(f"{values[0]} has no text")
            return source
        case _Kind.TEXT:
            path, text, bom, encoding = values
            return SourceText(_as(str, path), _as(str, text), bom=_as(bool, bom), encoding=_as(str, encoding))
        case _Kind.BYTES:
            return _as(str, values[0]).encode("latin-1")
        case _:
            raise CodecError(f"{kind} is no kind of entry")


def _as(kind: type[T], one: object) -> T:
    if type(one) is not kind:
        raise CodecError(f"{one} is no {kind.__name__}")
    return one
