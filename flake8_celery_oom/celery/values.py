"""Which values the options of the worker accept, per version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from flake8_celery_oom.celery import pools
from flake8_celery_oom.celery.options import Option
from flake8_celery_oom.celery.settings import OLD_TO_NEW, exists
from flake8_celery_oom.celery.settings_table import ONLY_IN_3
from flake8_celery_oom.celery.versions import holds, may_hold, shown
from flake8_celery_oom.core.results import CeleryVersion, Setting

_CLICK_LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "FATAL"})
_LOGGING_LEVELS = _CLICK_LEVELS | {"WARN", "NOTSET", ""}


def integer(text: str) -> int | None:
    """The number that Python's ``int`` makes of the text; None when it refuses."""
    try:
        return int(text)
    except ValueError:
        return None


AUTO_SINCE = "5.7"
"""The first release line that knows the concurrency ``auto``."""


def is_auto(text: str) -> bool:
    """Whether the text is the ``auto`` of Celery 5.7 (``celery/utils/sysinfo.py``)."""
    return text.strip().lower() == "auto"


def autoscale_bounds(text: str, version: CeleryVersion) -> tuple[int, int] | None:
    """The maximum and minimum of ``--autoscale``; None when the text is none, or versions disagree on it.

    5.x sorts the two numbers; before, the first is the maximum. ``8`` alone has the minimum 0.
    """
    numbers = [integer(piece) for piece in text.split(",")]
    if len(numbers) == 2 and numbers[1] is None and not text.partition(",")[2] and not holds(version, ">=5.0"):
        numbers[1] = 0
    if len(numbers) == 1:
        numbers.append(0)
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        return None
    first, second = numbers[0], numbers[1]
    if first >= second or holds(version, ">=5.0") is False:
        return first, second
    return (second, first) if holds(version, ">=5.0") else None


def _int(text: str, _: CeleryVersion) -> str | None:
    return None if integer(text) is not None else "a whole number"


def _float(text: str, _: CeleryVersion) -> str | None:
    try:
        float(text)
    except ValueError:
        return "a number"
    return None


def _concurrency(text: str, version: CeleryVersion) -> str | None:
    since_auto = may_hold(version, f">={AUTO_SINCE}")
    if since_auto and (not text or is_auto(text)):
        return None
    number = integer(text)
    if number is None:
        return 'a whole number or "auto"' if holds(version, f">={AUTO_SINCE}") else "a whole number"
    if number < 0 and holds(version, ">=5.7"):
        return "a number that is not negative"
    return None


def _autoscale(text: str, version: CeleryVersion) -> str | None:
    numbers = [integer(piece) for piece in text.split(",")]
    lenient = may_hold(version, "<5.0")
    if lenient and not text:
        return None
    if lenient and len(numbers) == 2 and text.endswith(","):
        numbers = numbers[:1]
    return None if len(numbers) <= 2 and None not in numbers else "one or two whole numbers (maximum,minimum)"


def _pool(text: str, version: CeleryVersion) -> str | None:
    return None if pools.accepts(text, version) else f"one of {', '.join(pools.aliases(version))}"


def _loglevel(text: str, version: CeleryVersion) -> str | None:
    levels = _LOGGING_LEVELS if may_hold(version, "<5.0") else _CLICK_LEVELS
    return None if text.upper() in levels else f"one of {', '.join(sorted(levels - {''}))}"


def _optimization(text: str, version: CeleryVersion) -> str | None:
    return None if text in {"default", "fair"} or may_hold(version, "<5.0") else "one of default, fair"


def _start_method(text: str, _: CeleryVersion) -> str | None:
    return None if text in {"fork", "spawn"} else "one of fork, spawn"


def _app(text: str, version: CeleryVersion) -> str | None:
    return "the name of a module" if text.startswith("=") and holds(version, ">=5.0") else None


_CHECKS: dict[str, Callable[[str, CeleryVersion], str | None]] = {
    "int": _int,
    "float": _float,
    "concurrency": _concurrency,
    "autoscale": _autoscale,
    "pool": _pool,
    "loglevel": _loglevel,
    "optimization": _optimization,
    "start-method": _start_method,
    "app": _app,
}


def expected(option: Option, text: str, version: CeleryVersion) -> str | None:
    """What ``version`` certainly wants instead of ``text`` as the option's value; None when it may accept the text."""
    check = _CHECKS.get(option.kind)
    return check(text, version) if check else None


_INT_SETTINGS = frozenset(
    {"worker_max_tasks_per_child", "worker_max_memory_per_child", "worker_prefetch_multiplier", "worker_concurrency"}
)


Trouble: TypeAlias = Literal["stays-down", "loses-children"]
"""A worker that does not start, and one whose children die after their first task."""


def trouble(name: str, value: Setting, version: CeleryVersion) -> Trouble | None:
    """What certainly becomes of a prefork worker with this value of a setting ("worker_concurrency").

    Nothing is converted but texts: 4.x makes numbers of them, as its command line does; 5.7 does for the concurrency.
    Started with each kind of value: workers of 4.4.7, 5.0.5, 5.6.3 and 5.7.0.
    """
    if isinstance(value, str):
        return _trouble_with_text(name, value, version)
    if isinstance(value, bool):
        refused = name == "worker_max_tasks_per_child" or holds(version, ">=5.7") is True
        return "stays-down" if refused and (value or name != "worker_concurrency") else None
    if name == "worker_max_tasks_per_child" and isinstance(value, (int, float)):
        return "stays-down" if isinstance(value, float) or value <= 0 else None
    if name == "worker_concurrency" and isinstance(value, (int, float)):
        return "stays-down" if (isinstance(value, float) and value) or value < 0 else None
    return None


def _trouble_with_text(name: str, text: str, version: CeleryVersion) -> Trouble | None:
    if name not in _INT_SETTINGS - {"worker_prefetch_multiplier"}:
        return None
    if holds(version, "<5.0"):
        return "stays-down" if integer(text) is None else None
    if name == "worker_concurrency":
        return "stays-down" if text and holds(version, ">=5.0,<5.7") else None
    if not holds(version, ">=5.0") or (not text and name == "worker_max_memory_per_child"):
        return None
    return "loses-children" if name == "worker_max_memory_per_child" else "stays-down"


_WITHOUT_NAMESPACE = frozenset(
    {"accept_content", "enable_utc", "imports", "include", "result_accept_content", "timezone"}
)
_WITHOUT_NAMESPACE_IN_3 = frozenset({"ADMINS", "SERVER_EMAIL"})
"""Settings that no ``key=value`` word can give: Celery looks for a namespace in front of the name."""


def setting_name(key: str, version: CeleryVersion) -> str | None:
    """The setting that ``key`` of a ``key=value`` word means, under its new name; None where Celery refuses the key.

    ``worker.x``, ``worker_x`` and, in 5.x, ``.x`` are the setting ``worker_x``; Celery 3.1 says ``celeryd.x``. Names
    that it does not know are refused.
    """
    name = key.lower().replace(".", "_")
    if name.startswith("_"):
        name = f"worker{name}" if may_hold(version, ">=5.0") else f"celery{name}"
    if holds(version, "<4.0"):
        return _old_setting_name(name.upper(), version)
    return name if exists(name, version) is not False and name not in _WITHOUT_NAMESPACE else None


def _old_setting_name(name: str, version: CeleryVersion) -> str | None:
    if name in ONLY_IN_3:
        return name.lower() if name not in _WITHOUT_NAMESPACE_IN_3 else None
    new = OLD_TO_NEW.get(name)
    return new if new is not None and exists(new, version) else None


def setting_expected(name: str, text: str, version: CeleryVersion) -> str | None:
    """What Celery wants instead of ``text`` for a setting given on the command line; None when it may accept it."""
    if name not in _INT_SETTINGS or integer(text) is not None:
        return None
    if name == "worker_concurrency" and may_hold(version, ">=5.7"):
        return None
    return f"a whole number ({shown(version)})"
