"""Functions of single values: defaults, choices, comparisons, arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable

from flake8_celery_oom.resolve.helm.calling import (
    Plain,
    Undecided,
    function,
    integer_of,
    plain,
    rope_of,
    text_of,
)
from flake8_celery_oom.resolve.helm.ropes import Rope, Spot
from flake8_celery_oom.resolve.helm.values import (
    UNKNOWN,
    Number,
    Unknown,
    Value,
    printed,
    truthy,
)

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


@function("default")
def _default(arguments: list[Value], spot: Spot) -> Value:
    fallback, value = arguments if len(arguments) > 1 else (arguments[0], None)
    filled = truthy(value)
    if filled is not None:
        return value if filled else fallback
    if not isinstance(value, Unknown):
        return UNKNOWN
    text = printed(fallback, spot)
    default = text.known if isinstance(text, Rope) else None
    return Unknown(value.source, value.name, value.default or default)


@function("coalesce")
def _coalesce(arguments: list[Value], spot: Spot) -> Value:
    for value in arguments:
        filled = truthy(value)
        if filled is None:
            raise Undecided
        if filled:
            return value
    return None


@function("ternary")
def _ternary(arguments: list[Value], spot: Spot) -> Value:
    chosen = arguments[2]
    if not isinstance(chosen, Number) or not isinstance(chosen.value, bool):
        raise Undecided
    return arguments[0] if chosen.value else arguments[1]


@function("empty")
def _empty(arguments: list[Value], spot: Spot) -> Value:
    return Number(not _decided(arguments[0]))


@function("not")
def _not(arguments: list[Value], spot: Spot) -> Value:
    return Number(not _decided(arguments[0]))


def _decided(value: Value) -> bool:
    filled = truthy(value)
    if filled is None:
        raise Undecided
    return filled


@function("and")
def _and(arguments: list[Value], spot: Spot) -> Value:
    return _connected(arguments, stops_at=False)


@function("or")
def _or(arguments: list[Value], spot: Spot) -> Value:
    return _connected(arguments, stops_at=True)


def _connected(arguments: list[Value], *, stops_at: bool) -> Value:
    """The first argument that decides, else the last. One that decides may stand behind one that is not known."""
    unsure = False
    for argument in arguments:
        filled = truthy(argument)
        if filled is None:
            unsure = True
        elif filled is stops_at:
            if unsure and stops_at:
                return _some_truth(argument)
            return argument
    if unsure:
        raise Undecided
    return arguments[-1] if arguments else None


def _some_truth(argument: Value) -> Value:
    """``or unknown true``: true either way, but only a truth value is the same value either way."""
    if isinstance(argument, Number) and argument.value is True:
        return argument
    raise Undecided


@function("required")
def _required(arguments: list[Value], spot: Spot) -> Value:
    value = arguments[1]
    if value is None or (isinstance(value, Rope) and not value.pieces):
        raise Undecided
    return value


@function("eq")
def _eq(arguments: list[Value], spot: Spot) -> Value:
    first = plain(arguments[0])
    return Number(any(_equal(first, plain(other)) for other in arguments[1:]))


@function("ne")
def _ne(arguments: list[Value], spot: Spot) -> Value:
    return Number(not _equal(plain(arguments[0]), plain(arguments[1])))


def _equal(one: Plain, other: Plain) -> bool:
    """Go compares values of one kind; nil is equal to nothing but nil."""
    if one is None or other is None:
        return one is other
    if type(one) is not type(other) or isinstance(one, (list, dict)):
        raise Undecided
    return one == other


def _comparison(name: str, compare: Callable[[Plain, Plain], bool]) -> None:
    def built(arguments: list[Value], spot: Spot) -> Value:
        one, other = (plain(argument) for argument in arguments)
        if type(one) is not type(other) or not isinstance(one, (int, float, str)) or isinstance(one, bool):
            raise Undecided
        return Number(compare(one, other))

    function(name)(built)


_comparison("lt", lambda one, other: one < other)  # type: ignore[operator]
_comparison("le", lambda one, other: one <= other)  # type: ignore[operator]
_comparison("gt", lambda one, other: one > other)  # type: ignore[operator]
_comparison("ge", lambda one, other: one >= other)  # type: ignore[operator]


# --- numbers ----------------------------------------------------------------------------------------------------------


@function("int", "int64")
def _int(arguments: list[Value], spot: Spot) -> Value:
    (value,) = arguments
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Number):
        return Number(int(value.value), value.written)
    return Number(integer_of(value), value if isinstance(value, Rope) else Rope())


@function("atoi")
def _atoi(arguments: list[Value], spot: Spot) -> Value:
    text = text_of(arguments[0])
    return Number(int(text) if text.lstrip("+-").isdigit() else 0, rope_of(arguments[0], spot))


@function("float64")
def _float64(arguments: list[Value], spot: Spot) -> Value:
    return Number(_float(arguments[0]))


def _float(value: Value) -> float:
    match value:
        case Number(number):
            return float(number)
        case Rope():
            try:
                return float(text_of(value))
            except ValueError:
                return 0.0
        case None:
            return 0.0
        case _:
            raise Undecided


def _whole(name: str, count: Callable[..., int], least: int = 1) -> None:
    def built(arguments: list[Value], spot: Spot) -> Value:
        if len(arguments) < least:
            raise Undecided
        result = count(*(integer_of(argument) for argument in arguments))
        if not _SMALLEST <= result <= _LARGEST:
            raise Undecided
        return Number(result)

    function(name)(built)


def _divided(one: int, other: int) -> int:
    """Go's division cuts towards zero."""
    if other == 0:
        raise Undecided
    return abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)


_whole("add", lambda *numbers: sum(numbers))
_whole("add1", lambda number: number + 1)
_whole("sub", lambda one, other: one - other, 2)
_whole("mul", lambda *numbers: math.prod(numbers))
_whole("div", _divided, 2)
_whole("mod", lambda one, other: one - other * _divided(one, other), 2)
_whole("max", lambda *numbers: max(numbers))
_whole("biggest", lambda *numbers: max(numbers))
_whole("min", lambda *numbers: min(numbers))


def _real(name: str, count: Callable[..., float]) -> None:
    def built(arguments: list[Value], spot: Spot) -> Value:
        try:
            return Number(float(count(*(_float(argument) for argument in arguments))))
        except (ArithmeticError, ValueError, TypeError) as error:
            raise Undecided from error

    function(name)(built)


_real("floor", math.floor)
_real("ceil", math.ceil)
_real("mulf", lambda *numbers: math.prod(numbers))
_real("divf", lambda one, other: one / other)
_real("addf", lambda *numbers: math.fsum(numbers))
_real("subf", lambda one, other: one - other)
_real("maxf", lambda *numbers: max(numbers))
_real("minf", lambda *numbers: min(numbers))


@function("round")
def _round(arguments: list[Value], spot: Spot) -> Value:
    places = integer_of(arguments[1])
    if not 0 <= places <= 9:
        raise Undecided
    factor = 10.0**places
    number = _float(arguments[0])
    return Number(math.copysign(math.floor(abs(number) * factor + 0.5), number) / factor)


# --- reading YAML -----------------------------------------------------------------------------------------------------


@function("fromYaml", "fromJson", "fromYamlArray", "fromJsonArray", "mustFromJson")
def _from_yaml(arguments: list[Value], spot: Spot) -> Value:
    """A text as YAML; JSON is YAML, too. What was inserted into the text keeps its place as long as it is one value."""
    from flake8_celery_oom.resolve.helm.reading import value_of

    (value,) = arguments
    if isinstance(value, Unknown):
        return value
    if not isinstance(value, Rope):
        raise Undecided
    return value_of(value)
