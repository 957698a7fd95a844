"""From what a rule finds to what it wishes for, with a number and how safe it is to write."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import App, Project, Worker
from flake8_celery_oom.core.value import Known, Unknown
from flake8_celery_oom.core.wishes import NumberOption, Respell, Safety, SetOption, SetSetting, SetValue, Wish
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.rules.places import Place

_PLAIN = re.compile(r"[\w./:=,@+-]+")


@dataclass(frozen=True, slots=True)
class Number:
    """A number for an option, and whether it is safe to write."""

    option: NumberOption
    value: int
    safety: Safety


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something that workers lack is to be written: at their command or, with ``app``, in its settings."""

    at: Location
    workers: tuple[Worker, ...]
    app: App | None = None


def spot(place: Place, project: Project, config: Config, lacks: Callable[[Worker], bool]) -> Spot:
    """The place that the user prefers: the settings only where every worker of the application ``lacks`` it."""
    app = place.workers[0].app
    if config.fix_place == "settings" and app is not None:
        every = tuple(worker for worker in project.workers if worker.app is not None and worker.app.at == app.at)
        if all(map(lacks, every)):
            return Spot(place.at, every, app)
    return Spot(place.at, place.workers)


def set_at(where: Spot, number: Number) -> Wish:
    """The wish that workers get an option which none of them has."""
    if where.app is not None:
        return SetSetting(where.app, f"worker_{number.option}", number.value, number.safety, where.workers)
    return SetOption(where.workers, number.option, number.value, where.at, number.safety)


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
