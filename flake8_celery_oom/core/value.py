"""A value of a worker, and whether it is known: ``Known``, ``Unset`` and ``Unknown`` are three things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location

T = TypeVar("T")

Origin: TypeAlias = Literal["cli", "env", "settings", "autoscale", "default", "limit"]


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """Somebody wrote the value and it can be read."""

    value: T
    at: Location | None = None
    origin: Origin = "cli"


@dataclass(frozen=True, slots=True)
class Unset:
    """Every place that could set the value was read, and nobody does. The only value that may be called missing."""

    looked_at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown(Generic[T]):
    """The value is or may be set, but the files alone don't say to what. Rules stay silent on it.

    ``default`` is what applies when the environment says nothing (``${C:-4}`` has the default 4).
    """

    cause: Cause
    at: Location | None = None
    default: T | None = None
    origin: Origin = "cli"


Value: TypeAlias = Known[T] | Unset | Unknown[T]


def or_default(value: Value[T]) -> T | None:
    """What is known, or what applies when the environment does not say otherwise; None when neither can be told."""
    match value:
        case Known(known):
            return known
        case Unknown(default=default):
            return default
        case Unset():
            return None


def same(left: Value[T], right: Value[T]) -> bool:
    """Whether two values come to the same, wherever they are written. ``1``, ``1.0`` and ``True`` are three values."""
    if isinstance(left, Unset) or isinstance(right, Unset):
        return isinstance(left, Unset) and isinstance(right, Unset)
    if isinstance(left, Known) is not isinstance(right, Known):
        return False
    one, other = or_default(left), or_default(right)
    return type(one) is type(other) and one == other


def join(values: Sequence[Value[T]], usual: Sequence[bool], cause: Cause) -> Value[T]:
    """One value for several ways to the same thing: the same when all agree, else Unknown for ``cause``.

    The default is the value of the usual ways, when they agree. The place is the first by name of those that have one,
    so that it does not depend on the order of the ways.
    """
    first = values[0]
    if all(same(value, first) for value in values[1:]):
        return first
    usual_values = [value for value, is_usual in zip(values, usual, strict=True) if is_usual]
    agree = bool(usual_values) and all(same(value, usual_values[0]) for value in usual_values[1:])
    default = or_default(usual_values[0]) if agree else None
    written = [value for value in values if not isinstance(value, Unset)]
    shown = min(written, key=lambda value: (value.at is None, str(value.at), value.at and value.at.start))
    return Unknown(cause, shown.at, default, shown.origin)
