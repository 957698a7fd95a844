"""From what a rule finds to what it wishes for, with a number and how safe it is to write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flake8_celery_oom.model import (
    App,
    Known,
    Location,
    NumberOption,
    Safety,
    SetOption,
    SetSetting,
    SetValue,
    Unknown,
    Wish,
    Worker,
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number for an option, and whether it is safe to write."""

    option: NumberOption
    value: int
    safety: Safety


def set_on(workers: Sequence[Worker], at: Location, number: Number) -> Wish:
    """The wish that workers get an option which none of them has; ``at`` is the place of the finding."""
    return SetOption(tuple(workers), number.option, number.value, at, number.safety)


def set_in(app: App, number: Number) -> Wish:
    """The wish that an application without a worker gets a setting."""
    return SetSetting(app, f"worker_{number.option}", number.value, number.safety)


def replaced(workers: Sequence[Worker], at: Location, number: Number) -> Wish:
    """The wish that a value which workers take becomes another one, where it is written."""
    value = getattr(workers[0], number.option)
    if isinstance(value, (Known, Unknown)) and value.origin in {"cli", "autoscale"}:
        return SetOption(tuple(workers), number.option, number.value, at, number.safety)
    return SetValue(at, number.value, number.safety, number.option, tuple(workers))


def replaced_in(app: App, at: Location | None, number: Number) -> Wish | None:
    """The wish that a setting of an application without a worker becomes another; None where it stands nowhere."""
    if at is None:
        return None
    return SetValue(at, number.value, number.safety, number.option, apps=(app,))
