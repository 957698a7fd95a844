"""A value of a worker, and whether it is known: ``Known``, ``Unset`` and ``Unknown`` are three things."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

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

    reason: str
    at: Location | None = None
    default: T | None = None
    origin: Origin = "cli"


Value: TypeAlias = Known[T] | Unset | Unknown[T]
