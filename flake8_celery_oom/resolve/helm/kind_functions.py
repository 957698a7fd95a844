"""Functions that ask what a value is, and which of two versions is newer."""

from __future__ import annotations

from flake8_celery_oom.resolve.helm.calling import Undecided, function, plain, text_of
from flake8_celery_oom.resolve.helm.ropes import Rope, Spot
from flake8_celery_oom.resolve.helm.values import Items, Number, Table, Unknown, Value


@function("kindOf")
def _kind_of(arguments: list[Value], spot: Spot) -> Value:
    return Rope.at(spot, _kind(arguments[0]))


@function("kindIs")
def _kind_is(arguments: list[Value], spot: Spot) -> Value:
    return Number(_kind(arguments[1]) == text_of(arguments[0]))


@function("typeIs")
def _type_is(arguments: list[Value], spot: Spot) -> Value:
    kind, wanted = _kind(arguments[1]), text_of(arguments[0])
    kind = {"map": "map[string]interface {}", "slice": "[]interface {}"}.get(kind, kind)
    return Number(kind == wanted)


@function("typeOf")
def _type_of(arguments: list[Value], spot: Spot) -> Value:
    kind = _kind(arguments[0])
    return Rope.at(spot, {"map": "map[string]interface {}", "slice": "[]interface {}"}.get(kind, kind))


def _kind(value: Value) -> str:
    match value:
        case None:
            return "invalid"
        case Rope():
            return "string"
        case Items():
            return "slice"
        case Table():
            return "map"
        case Number(bool()):
            return "bool"
        case Number(int()):
            return "int"
        case Number():
            return "float64"
        case Unknown():
            raise Undecided


@function("semverCompare")
def _semver_compare(arguments: list[Value], spot: Spot) -> Value:
    """One comparison of plain versions; what Masterminds' semver does with the rest is not known here."""
    constraint, version = str(plain(arguments[0])).replace(" ", ""), str(plain(arguments[1]))
    for sign in (">=", "<=", ">", "<", "="):
        if constraint.startswith(sign):
            wanted, given = _version(constraint[len(sign) :]), _version(version)
            return Number(
                {">=": given >= wanted, "<=": given <= wanted, ">": given > wanted, "<": given < wanted}.get(
                    sign, given == wanted
                )
            )
    raise Undecided


def _version(text: str) -> tuple[int, ...]:
    parts = text.removeprefix("v").split(".")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        raise Undecided
    return tuple(map(int, parts))
