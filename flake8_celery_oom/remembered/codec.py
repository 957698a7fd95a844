"""Data classes of this program as bytes, and back. What is read may be anything: it makes data, and runs nothing.

The bytes are JSON: the names of the classes with their fields, and a table. An entry of the table is a plain value, or a
list that begins with a number: which container or class it is. What follows are the numbers of the entries it is made
of, all further up, so the last entry is the whole. What several hold is one entry, and the same object after reading.

A class is only taken from this package, and only if it is a data class; none of its code runs, ``__init__`` included. A
field whose metadata are :data:`NOT_STORED` is left out and has its default after reading.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from importlib import import_module
from typing import TypeAlias, TypeVar

from flake8_celery_oom.core.source import SourceText

NOT_STORED = {"stored": False}
"""Metadata of a field that holds what can be worked out again, or lives in one process only."""
_PACKAGE = "flake8_celery_oom."
_ROOMS = ("analysis", "celery", "core", "discover", "reliance", "remembered", "resolve", "sources", "syntax")
"""Where in the package data classes are taken from."""

_TUPLE, _LIST, _DICT, _SET, _FROZEN_SET, _RANGE, _PATTERN, _SOURCE, _TEXT, _BYTES, _NUMBERS, _CLASSES = range(12)
_CONTAINERS = {tuple: _TUPLE, list: _LIST, set: _SET, frozenset: _FROZEN_SET}
_PLAIN = frozenset({str, int, float, bool, type(None)})
T = TypeVar("T")
Scalar: TypeAlias = str | int | float | bool | None
Entry: TypeAlias = Scalar | list[int | str]


class CodecError(ValueError):
    """Something cannot be encoded, or is no encoding of what this version of the program knows."""


class _Encoder:
    """One table in the making. ``paths`` are the texts that the reader has by itself, by identity."""

    def __init__(self, paths: Mapping[int, str]) -> None:
        self.paths = paths
        self.table: list[Entry] = []
        self.classes: dict[type, tuple[int, tuple[str, ...]]] = {}
        self._by_identity: dict[int, int] = {}
        self._by_value: dict[tuple[type, object], int] = {}
        self._alive: list[object] = []
        self._open: set[int] = set()

    def add(self, one: object) -> int:
        """The number of the entry that a value has."""
        kind = type(one)
        if kind in _PLAIN:
            key = (kind, one)
            known = self._by_value.get(key)
            if known is None:
                known = self._by_value[key] = len(self.table)
                self.table.append(one)  # type: ignore[arg-type]
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

    def _entry(self, one: object, kind: type) -> Entry:
        add = self.add
        container = _CONTAINERS.get(kind)
        if container == _LIST and len(one) > 2 and all(type(part) is int for part in one):
            return [_NUMBERS, *one]
        if container is not None:
            return [container, *[add(part) for part in one]]  # type: ignore[attr-defined]
        match one:
            case dict():
                return [_DICT, *[add(part) for pair in one.items() for part in pair]]
            case range():
                return [_RANGE, one.start, one.stop, one.step]
            case re.Pattern():
                return [_PATTERN, add(one.pattern), one.flags]
            case SourceText():
                path = self.paths.get(id(one))
                if path is not None:
                    return [_SOURCE, add(path)]
                return [_TEXT, add(one.path), add(one.text), int(one.bom), add(one.encoding)]
            case bytes():
                return [_BYTES, add(one.decode("latin-1"))]
            case _:
                number, names, ints = self._class(kind)
                return [number, *[getattr(one, name) for name in ints], *[add(getattr(one, name)) for name in names]]

    def _class(self, kind: type) -> tuple[int, tuple[str, ...]]:
        known = self.classes.get(kind)
        if known is None:
            _check(kind)
            known = self.classes[kind] = (_CLASSES + len(self.classes), _stored(kind), _ints(kind))
        return known


def encode(one: object, texts: Mapping[str, SourceText | None]) -> bytes:
    """A value as bytes. ``texts`` are those that the reader will have, by path; other texts are encoded as a whole.

    Raises CodecError for what is no data, as a function, or holds itself.
    """
    encoder = _Encoder({id(source): path for path, source in texts.items() if source is not None})
    try:
        encoder.add(one)
    except RecursionError:
        raise CodecError("nested too deeply") from None
    classes = [[kind.__module__.removeprefix(_PACKAGE), kind.__name__, *names] for kind, (_, names, _i) in encoder.classes.items()]
    return json.dumps([classes, encoder.table], separators=(",", ":"), allow_nan=True).encode("ascii")


def decode(data: bytes, text_of: Callable[[str], SourceText | None]) -> object:
    """What :func:`encode` was given; ``text_of`` gives the texts that the reader has. Raises CodecError."""
    try:
        classes, table = json.loads(data)
        makers = [_Maker(*described) for described in classes]
        return _objects(table, makers, text_of)[-1]
    except CodecError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError) as error:
        raise CodecError(str(error)) from error


class _Maker:
    """Makes objects of one class out of the values of its fields, without running any code of the class."""

    def __init__(self, module: str, name: str, *names: str) -> None:
        if module.partition(".")[0] not in _ROOMS:
            raise CodecError(f"{module} has no data")
        import_module(_PACKAGE + module)
        kind = getattr(sys.modules[_PACKAGE + module], name)
        _check(kind)
        if _stored(kind) != names:
            raise CodecError(f"{name} has other fields")
        self.kind: type = kind
        self.names = (*_ints(kind), *names)
        self.ints = len(_ints(kind))
        self.defaults = [(field.name, field.default, field.default_factory) for field in fields(kind) if not _is_stored(field.metadata)]

    def __call__(self, values: list[object]) -> object:
        made = object.__new__(self.kind)
        put = object.__setattr__
        for name, value in zip(self.names, values, strict=True):
            put(made, name, value)
        for name, default, factory in self.defaults:
            put(made, name, factory() if factory is not MISSING else default)
        return made


def _objects(table: list[Entry], makers: list[_Maker], text_of: Callable[[str], SourceText | None]) -> list[object]:
    made: list[object] = []
    for entry in table:
        if type(entry) is not list:
            made.append(entry)
            continue
        kind, *parts = entry
        if kind >= _CLASSES:
            maker = makers[kind - _CLASSES]
            n = maker.ints
            made.append(maker([*parts[:n], *[made[part] for part in parts[n:]]] if n else [made[part] for part in parts]))
        else:
            made.append(_container(kind, parts, made, text_of))
    return made


def _container(kind: int, parts: list[int], made: list[object], text_of: Callable[[str], SourceText | None]) -> object:
    match kind:
        case 0:
            return tuple([made[part] for part in parts])
        case 1:
            return [made[part] for part in parts]
        case 2:
            return {made[key]: made[value] for key, value in zip(parts[::2], parts[1::2], strict=True)}
        case 3:
            return {made[part] for part in parts}
        case 4:
            return frozenset([made[part] for part in parts])
        case 5:
            return range(*parts)
        case 6:
            return re.compile(_as(str, made[parts[0]]), parts[1])
        case 7:
            source = text_of(_as(str, made[parts[0]]))
            if source is None:
                raise CodecError("a text is not there")
            return source
        case 8:
            path, text, encoding = (_as(str, made[parts[at]]) for at in (0, 1, 3))
            return SourceText(path, text, bom=bool(parts[2]), encoding=encoding)
        case 10:
            return parts
        case 9:
            return _as(str, made[parts[0]]).encode("latin-1")
        case _:
            raise CodecError("no such kind of entry")


def _as(kind: type[T], one: object) -> T:
    if type(one) is not kind:
        raise CodecError(f"{kind.__name__} is expected")
    return one


def _stored(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if _is_stored(field.metadata) and field.type != "int")


def _ints(kind):
    return tuple(field.name for field in fields(kind) if field.type == "int")


def _is_stored(metadata: Mapping[str, object]) -> bool:
    return metadata.get("stored", True) is not False


def _check(kind: object) -> None:
    if not isinstance(kind, type) or not is_dataclass(kind) or not kind.__module__.startswith(_PACKAGE):
        raise CodecError(f"{kind} is no data class of this program")
