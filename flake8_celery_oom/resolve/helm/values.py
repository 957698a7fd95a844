"""The values that a chart's templates compute with: what Go has, and Unknown.

Numbers of values files are floats as in Helm, which reads YAML by way of JSON; numbers that templates write are ints.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.resolve.helm.ropes import Frame, Rope, Spot
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that the chart does not say. ``source`` is how it is named, empty for "as the action is written".

    ``default`` is what applies when the one who installs the chart says nothing. ``name`` is the path (``.Values.a``).
    """

    source: str = ""
    name: str | None = None
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """A number or a truth value; ``written`` is its text in a file of values."""

    value: bool | int | float
    written: Rope = field(default_factory=Rope)


@dataclass(slots=True)
class Items:
    """A list."""

    items: list[Value] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """A map. ``rest`` is what keys that are not there come to: nothing, or unknown."""

    entries: dict[str, Value] = field(default_factory=dict)
    rest: Unknown | None = None

    def get(self, key: str) -> Value:
        """The value of a key."""
        if key in self.entries:
            return self.entries[key]
        if self.rest is None:
            return None
        name = f"{self.rest.name}.{key}" if self.rest.name else None
        return Unknown(f"{{{{ {name} }}}}" if name else "", name)


Value: TypeAlias = Rope | Number | Items | Table | Unknown | None
"""A value of Go; None is nil."""

UNKNOWN = Unknown()


def truthy(value: Value) -> bool | None:
    """Whether a template takes a value for true; None when that is not known."""
    match value:
        case None:
            return False
        case Unknown():
            return None
        case Number(number):
            return bool(number)
        case Rope():
            if any(not piece.hole and not piece.guards for piece in value.pieces):
                return True
            return None if value.pieces else False
        case Items(items):
            return bool(items)
        case Table():
            return True if value.entries else (None if value.rest is not None else False)


def same(one: Value, other: Value) -> bool:
    """Whether two values are known to be equal."""
    match one, other:
        case Rope(), Rope():
            return one.known is not None and one.known == other.known
        case Number(), Number():
            return one.value == other.value and isinstance(one.value, bool) == isinstance(other.value, bool)
        case Items(), Items():
            return len(one.items) == len(other.items) and all(map(same, one.items, other.items))
        case Table(), Table():
            if one.entries.keys() != other.entries.keys() or one.rest is not None or other.rest is not None:
                return False
            return all(same(value, other.entries[key]) for key, value in one.entries.items())
        case _:
            return one is None and other is None


def copied(value: Value) -> Value:
    """A deep copy, so that ``set`` and ``merge`` change nothing else."""
    if isinstance(value, Items):
        return Items([copied(item) for item in value.items])
    if isinstance(value, Table):
        return Table({key: copied(item) for key, item in value.entries.items()}, value.rest)
    return value


def known(value: Value) -> bool:
    """Whether nothing of a value is unknown."""
    match value:
        case Unknown():
            return False
        case Rope():
            return value.known is not None
        case Items(items):
            return all(known(item) for item in items)
        case Table():
            return value.rest is None and all(known(item) for item in value.entries.values())
        case Number() | None:
            return True


# --- as text ----------------------------------------------------------------------------------------------------------


def number_text(number: bool | float) -> str:
    """A number as Go's ``%v`` prints it: floats in the shortest form, with an exponent from a million on.

    Helm 4.1: ``{{ .Values.n }}`` prints 200000 for 200000 and 2e+06 for 2000000.
    """
    if isinstance(number, bool):
        return "true" if number else "false"
    if isinstance(number, int):
        return str(number)
    if number != number or number in (float("inf"), float("-inf")):
        return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[str(number)]
    digits, exponent = _digits(number)
    if -4 <= exponent < 6:
        return _plain(number)
    mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{'-' if number < 0 else ''}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def json_number(number: bool | float) -> str:
    """A number as Go's JSON writes it: with an exponent only below 1e-6 and from 1e21 on."""
    if isinstance(number, (bool, int)):
        return number_text(number)
    return _plain(number) if number == 0 or 1e-6 <= abs(number) < 1e21 else number_text(number)


def _digits(number: float) -> tuple[str, int]:
    """The shortest decimal digits that give the number, and the exponent of the first."""
    digits = re.sub(r"e.*", "", repr(abs(number))).replace(".", "").strip("0") or "0"
    return digits, int(f"{abs(number):.17e}".partition("e")[2]) if number else 0


def _plain(number: float) -> str:
    if number.is_integer() and abs(number) < 1e21:
        return str(int(number))
    text = repr(number)
    return text if "e" not in text else f"{number:.20f}".rstrip("0")


def printed(value: Value, spot: Spot) -> Rope | Unknown:
    """A value as an action at ``spot`` prints it; nothing for nil."""
    match value:
        case None:
            return Rope()
        case Unknown():
            return value
        case Rope():
            return value
        case Number(number, written):
            text = number_text(number)
            return written if written.known == text else Rope.at(_place(written, spot), text)
        case Items() | Table():
            return Rope.at(spot, _go(value)) if known(value) else UNKNOWN


def _place(written: Rope, spot: Spot) -> Spot:
    if not written.pieces:
        return spot
    first, last = written.pieces[0], written.pieces[-1]
    return Spot(first.frame, first.offsets[0], last.offsets[-1])


def _go(value: Value) -> str:
    """A value inside a list or a map, as ``%v`` prints it."""
    match value:
        case None:
            return "<nil>"
        case Number(number):
            return number_text(number)
        case Rope():
            return value.text
        case Items(items):
            return f"[{' '.join(_go(item) for item in items)}]"
        case Table():
            return f"map[{' '.join(f'{key}:{_go(item)}' for key, item in sorted(value.entries.items()))}]"
        case Unknown():
            return ""


def hole_of(unknown: Unknown, spot: Spot) -> Rope:
    """An unknown value as an action at ``spot`` inserts it."""
    source = unknown.source or spot.written
    name = unknown.name if unknown.name is not None and unknown.name.startswith(".Values") else None
    return Rope.hole(spot, Hole(source, name, unknown.default, spot.at))


# --- from YAML --------------------------------------------------------------------------------------------------------

_INT = re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*|0)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_TRUE = frozenset(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"])
_FALSE = frozenset(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"])
_MOST = 100_000


def from_node(node: Node | None, frame: Frame) -> Value:
    """The value of a YAML node as Helm reads it (go-yaml, which takes ``yes`` and ``off`` for truth values)."""
    return _Reading(frame).value(node, 0)


class _Reading:
    """Reads one file; aliases that would blow up end in Unknown."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._count = 0

    def value(self, node: Node | None, depth: int) -> Value:
        self._count += 1
        if self._count > _MOST or depth > 100:
            return UNKNOWN
        if isinstance(node, Mapping):
            entries: dict[str, Value] = {}
            for name, item in node.items():
                entries[_key(name, node)] = self.value(item, depth + 1)
            return Table(entries, UNKNOWN if node.holes else None)
        if isinstance(node, Sequence):
            if node.holes:
                return UNKNOWN
            return Items([self.value(item, depth + 1) for item in node.items])
        return self._scalar(node) if node is not None else None

    def _scalar(self, node: Scalar) -> Value:
        rope = Rope.of(node.value, self._frame)
        if node.is_null:
            return None
        if node.value.holes or node.style != "plain" or (node.tag or "").endswith("str"):
            return rope
        number = scalar_number(node.value.text)
        return rope if number is None else Number(number, rope)


def _key(name: str, node: Mapping) -> str:
    """What a key is called in Helm: a plain ``n`` or ``on`` is a truth value, and then a text (Helm 4.1)."""
    if name not in _TRUE and name not in _FALSE:
        return name
    entry = node.entry(name)
    plain = entry is not None and entry.key is not None and entry.key.style == "plain" and not entry.key.tag
    return number_text(name in _TRUE) if plain else name


def scalar_number(text: str) -> bool | float | None:
    """What a plain scalar is when it is a number or a truth value; None for a text."""
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INT.fullmatch(text):
        return float(_integer(text.replace("_", "")))
    if _FLOAT.fullmatch(text):
        return float(text)
    return None


def _integer(text: str) -> int:
    sign, digits = (-1 if text.startswith("-") else 1), text.lstrip("+-")
    if re.fullmatch(r"0[0-7]+", digits):
        return sign * int(digits, 8)
    return sign * int(digits, 0)


def strings(value: Value) -> Iterator[str]:
    """The known texts of a list."""
    for item in value.items if isinstance(value, Items) else ():
        text = item.known if isinstance(item, Rope) else None
        if text is not None:
            yield text


def quoted(text: str) -> str:
    """A text in Go's double quotes, as ``%q`` writes it."""
    return json.dumps(text, ensure_ascii=False)
