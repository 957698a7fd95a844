"""From what a rule finds to what it wishes for, with a number and how safe it is to write."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import App, Worker
from flake8_celery_oom.core.value import Known, Unknown
from flake8_celery_oom.core.wishes import Advise, NumberOption, Respell, Safety, SetOption, SetSetting, SetValue, Wish
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.rules.lacking import Lacking
from flake8_celery_oom.rules.places import Place

SEVERAL = 3
"""From so many commands on, the app's configuration is the place to mend them; one or two are mended at each."""
_PLAIN = re.compile(r"[\w./:=,@+-]+")


@dataclass(frozen=True, slots=True)
class Number:
    """A number for an option, whether it is safe to write, and why not (``doubt``, for people)."""

    option: NumberOption
    value: int
    safety: Safety
    doubt: str = ""


Amount: TypeAlias = Number | Advise
"""A number to write, or what to do where none helps."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something that workers lack is to be written: at their command or, with ``app``, in its settings."""

    at: Location
    workers: tuple[Worker, ...]
    app: App | None = None


def spot(place: Place, config: Config, lacks: Lacking) -> Spot:
    """The place that the user prefers: the settings only where every worker of the application ``lacks`` it."""
    app = place.workers[0].app
    if config.fix_place != "command" and app is not None:
        own = lacks.of_app(app)
        if own.all_lack and (own.commands >= SEVERAL or config.fix_place == "settings"):
            return Spot(place.at, own.every, app)
    return Spot(place.at, place.workers)


def set_at(where: Spot, number: Amount) -> Wish:
    """The wish that workers get an option which none of them has."""
    if isinstance(number, Advise):
        return number
    if where.app is not None:
        name = f"worker_{number.option}"
        return SetSetting(where.app, name, number.value, number.safety, where.workers, number.doubt)
    return SetOption(where.workers, number.option, number.value, where.at, number.safety, number.doubt)


def set_in(app: App, number: Amount) -> Wish:
    """The wish that an application without a worker gets a setting."""
    if isinstance(number, Advise):
        return number
    return SetSetting(app, f"worker_{number.option}", number.value, number.safety, doubt=number.doubt)


def replaced(workers: Sequence[Worker], at: Location, number: Amount) -> Wish:
    """The wish that a value which workers take becomes another one, where it is written."""
    if isinstance(number, Advise):
        return number
    value = getattr(workers[0], number.option)
    if isinstance(value, (Known, Unknown)) and value.origin in {"cli", "autoscale"}:
        return SetOption(tuple(workers), number.option, number.value, at, number.safety, number.doubt)
    return SetValue(at, number.value, number.safety, number.option, tuple(workers), doubt=number.doubt)


def replaced_in(app: App, at: Location | None, number: Amount) -> Wish | None:
    """The wish that a setting of an application without a worker becomes another; None where it stands nowhere."""
    if at is None or isinstance(number, Advise):
        return None
    return SetValue(at, number.value, number.safety, number.option, apps=(app,), doubt=number.doubt)


def moved_before_sub_command(worker: Worker, option: Word) -> Wish | None:
    """The wish that ``-A shop`` stands before the word ``worker``; None where the words are not all plain text.

    The words keep their places and change what they say, so that no notation matters.
    """
    words = worker.words
    start = next((index for index, word in enumerate(words) if word.text == "worker" and index), None)
    index = next((index for index, word in enumerate(words) if word is option), None)
    if start is None or index is None or index < start or option.text is None:
        return None
    is_joined = "=" in option.text if option.text.startswith("--") else len(option.text) > 2
    stop = index + (1 if is_joined else 2)
    old, new = words[start:stop], [*words[index:stop], *words[start:index]]
    if not all(word.at is not None and word.text and _PLAIN.fullmatch(word.text) for word in old):
        return None
    spellings = [
        (before.at, before.text or "", after.text or "")
        for before, after in zip(old, new, strict=True)
        if before.at is not None and before.text != after.text
    ]
    return Respell(tuple(spellings), "safe", f"put {option.text} before worker", everywhere=False)
