"""How functions of templates are written down: each takes values and the place of the action, and gives a value.

A function that cannot say what it comes to raises :class:`Undecided`; the action then is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from flake8_celery_oom.resolve.helm.ropes import Rope, Spot
from flake8_celery_oom.resolve.helm.values import Items, Number, Table, Unknown, Value, printed

LONGEST = 500_000
"""Characters; longer results are not made."""


class Undecided(Exception):  # noqa: N818  no error of the program: the chart does not say it
    """The value is not known, or Helm would refuse it."""


Built: TypeAlias = Callable[[list[Value], Spot], Value]
Plain: TypeAlias = object
"""A value as Python has it: None, bool, int, float, str, list or dict."""

FUNCTIONS: dict[str, Built] = {}
"""All functions by name."""


def function(*names: str) -> Callable[[Built], Built]:
    """Register a function under its names."""

    def register(built: Built) -> Built:
        for name in names:
            FUNCTIONS[name] = built
        return built

    return register


def plainly(*names: str) -> Callable[[Callable[..., Plain]], Callable[..., Plain]]:
    """Register a function of Python values; its result stands at the action."""

    def register(computed: Callable[..., Plain]) -> Callable[..., Plain]:
        def built(arguments: list[Value], spot: Spot) -> Value:
            values = [plain(argument) for argument in arguments]
            try:
                return made(computed(*values), spot)
            except (TypeError, ValueError, IndexError, ArithmeticError) as error:
                raise Undecided(str(error)) from error

        function(*names)(built)
        return computed

    return register


def plain(value: Value) -> Plain:
    """A value as Python has it; raises when a piece of it is unknown."""
    match value:
        case None:
            return None
        case Number(number):
            return number
        case Rope():
            text = value.known
            if text is None:
                raise Undecided
            return text
        case Items(items):
            return [plain(item) for item in items]
        case Table():
            if value.rest is None:
                return {key: plain(item) for key, item in value.entries.items()}
            raise Undecided
        case Unknown():
            raise Undecided


def made(computed: Plain, spot: Spot) -> Value:
    """A value of Python that stands at a place."""
    if computed is None:
        return None
    if isinstance(computed, (bool, int, float)):
        return Number(computed)
    if isinstance(computed, str):
        if len(computed) > LONGEST:
            raise Undecided
        return Rope.at(spot, computed)
    if isinstance(computed, dict):
        return Table({str(key): made(item, spot) for key, item in computed.items()})
    if isinstance(computed, Iterable):
        return Items([made(item, spot) for item in computed])
    raise Undecided


def rope_of(value: Value, spot: Spot) -> Rope:
    """A value as text for functions that keep the places; unknown values raise."""
    text = printed(value, spot)
    if isinstance(text, Unknown):
        raise Undecided
    return text


def text_of(value: Value) -> str:
    """A known text; Helm refuses other values."""
    if not isinstance(value, Rope) or value.known is None:
        raise Undecided
    return value.known


def integer_of(value: Value) -> int:
    """A number as sprig's ``int`` reads it: texts in Go's notation, what is none counts as 0."""
    match value:
        case Unknown():
            raise Undecided
        case Number(number):
            return int(number)
        case Rope():
            return _integer(text_of(value))
        case Items() | Table() | None:
            return 0


def _integer(text: str) -> int:
    try:
        octal = len(text.lstrip("+-")) > 1 and text.lstrip("+-").startswith("0") and text.lstrip("+-").isdigit()
        return int(text, 8 if octal else 0)
    except ValueError:
        return 0


def table_of(value: Value) -> Table:
    """A map whose keys are all known to be there or not."""
    if not isinstance(value, Table):
        raise Undecided
    return value


def items_of(value: Value) -> list[Value]:
    """The elements of a list."""
    if not isinstance(value, Items):
        raise Undecided
    return value.items
