"""What Celery makes of the values of its settings, which it takes as they are: numbers, strings, None, zero.

Source: ``celery/bin/worker.py`` and ``celery/worker/worker.py``; 3.1 and 4.x pass settings through their option parser,
which makes numbers of strings, 5.x does not.
"""

from __future__ import annotations

from typing import TypeAlias

from flake8_celery_oom.celery.values import integer, is_auto, trouble
from flake8_celery_oom.celery.versions import holds
from flake8_celery_oom.core.cause import Cause, from_word
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.quoting import quoted, value_called
from flake8_celery_oom.core.results import CeleryVersion, HostCpus, Setting
from flake8_celery_oom.core.value import Known, Origin, Unknown, Unset, Value, or_default
from flake8_celery_oom.core.word import Word

Concurrency: TypeAlias = "int | HostCpus"

VERSION_DEPENDENT = Cause("versions of Celery disagree on it, and the version is not known")
_AUTO = Cause('"auto" is as many as the CPUs that the container may use')


def not_known(word: Word) -> Cause:
    """Why the value of a word is unknown."""
    return from_word(word, f"{' '.join(word.shown.split())} is not known")


def auto(text: str, at: Location | None, version: CeleryVersion, origin: Origin) -> Value[Concurrency]:
    """``auto``: 5.7 looks at the CPUs that the container may use; before, the worker does not start."""
    since = holds(version, ">=5.7")
    if since is False:
        return Known(HostCpus(text), at, origin)
    return Unknown(_AUTO if since else VERSION_DEPENDENT, at, origin=origin)


def concurrency_of_setting(value: Value[Setting], version: CeleryVersion, *, typed: bool = False) -> Value[Concurrency]:
    """``worker_concurrency``; ``typed``: Celery has made a number of the text already (``worker.concurrency=3``).

    0 is the CPUs of the machine, from 5.0 on "" too, and with 5.7 every other text that is no number. A string of
    digits is a number for 4.x and 5.7; 5.0 to 5.6 fail to start.
    """
    match value:
        case Unset() | Known(None):
            return Unset()
        case Unknown(cause, at, default):
            meant = concurrency_of_setting(Known(default, at), version, typed=typed)
            return Unknown(cause, at, meant.value if isinstance(meant, Known) else None, "settings")
        case Known(HostCpus() as cpus, at):
            return Known(cpus, at, "settings")
        case Known(bool() as flag, at):
            if not flag:
                return Known(HostCpus("False"), at, "settings")
            return Unknown(Cause("True is no number"), at, origin="settings")
        case Known(int() as number, at):
            return Known(number or HostCpus("0"), at, "settings")
        case Known(str() as text, at):
            return _concurrency_of_text(text, at, version, typed=typed)
        case Known(other, at):
            return Unknown(Cause(f"{_shown(other)} is no whole number"), at, _whole(other), "settings")


def _concurrency_of_text(text: str, at: Location | None, version: CeleryVersion, *, typed: bool) -> Value[Concurrency]:
    if not text and trouble("worker_concurrency", text, version) is None:
        return Known(HostCpus("''"), at, "settings")
    if is_auto(text):
        return auto(text, at, version, "settings")
    number = integer(text)
    if number is None and holds(version, ">=5.7"):
        return Known(HostCpus(repr(text)), at, "settings")
    if number is None:
        return Unknown(Cause(f"{value_called(text)} is no number"), at, origin="settings")
    if typed or holds(version, ">=5.7") or holds(version, "<5.0"):
        return Known(number or HostCpus(text), at, "settings")
    cause = Cause(f"{value_called(text)} is a string, with which Celery 5.0 to 5.6 does not start")
    return Unknown(cause, at, number, "settings")


def limit_of_setting(value: Value[Setting], version: CeleryVersion, *, whole: bool) -> Value[int]:
    """``worker_max_tasks_per_child`` (``whole``: Celery refuses fractions) and ``worker_max_memory_per_child``.

    None is Unset, zero is kept. A string is a number for 4.x only; with 5.x no child outlives its first task.
    """
    match value:
        case Unset() | Known(None):
            return Unset()
        case Unknown(cause, at, default):
            meant = limit_of_setting(Known(default, at), version, whole=whole)
            return Unknown(cause, at, or_default(meant), "settings")
        case Known(bool() as flag, at):
            return Unknown(Cause(f"{flag} is no number"), at, origin="settings")
        case Known(int() as number, at):
            return Known(number, at, "settings")
        case Known(str() as text, at) if (digits := integer(text)) is not None:
            if holds(version, "<5.0"):
                return Known(digits, at, "settings")
            return Unknown(
                Cause(f"{value_called(text)} is a string, where Celery needs a number"), at, digits, "settings"
            )
        case Known(other, at):
            rounded = _whole(other)
            if rounded is not None and not whole:
                return Known(rounded, at, "settings")
            return Unknown(Cause(f"{_shown(other)} is no whole number"), at, rounded, "settings")


def multiplier_of_setting(value: Value[Setting]) -> Value[int]:
    """``worker_prefetch_multiplier``: every version calls ``int`` on it."""
    match value:
        case Unset() | Known(None):
            return Unset()
        case Unknown(cause, at, default):
            return Unknown(cause, at, or_default(multiplier_of_setting(Known(default, at))), "settings")
        case Known(str() as text, at) if (digits := integer(text)) is not None:
            return Known(digits, at, "settings")
        case Known(int() as number, at):
            return Known(int(number), at, "settings")
        case Known(other, at):
            rounded = _whole(other)
            if rounded is None:
                return Unknown(Cause(f"{_shown(other)} is no whole number"), at, origin="settings")
            return Known(rounded, at, "settings")


def number_of_word(value: Value[Word]) -> Value[int]:
    """A word as the whole number that it is, or by default is."""
    match value:
        case Known(word, at, origin):
            if word.text is None:
                return Unknown(not_known(word), at, integer(word.default_text or ""), origin)
            number = integer(word.text)
            if number is None:
                return Unknown(Cause(f"{value_called(word.text)} is no whole number"), at, origin=origin)
            return Known(number, at, origin)
        case Unknown(cause, at, default, origin):
            text = default.default_text if default is not None else None
            return Unknown(cause, at, integer(text or ""), origin)
        case Unset():
            return value


def _whole(value: Setting) -> int | None:
    """The whole part of a float of bearable size."""
    return int(value) if isinstance(value, float) and abs(value) < 1e18 else None


def _shown(value: Setting) -> str:
    text = quoted(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
