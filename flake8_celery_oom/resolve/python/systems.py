"""The operating system that a program runs on, as the standard library names it.

The names are those that CPython 3 gives on Linux, macOS and Windows (``sys.platform``, ``os.name``,
``platform.system()``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from flake8_celery_oom.core.cause import OPERATING_SYSTEM, Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.resolve.python.values import Abstract, Constant, Dynamic

System: TypeAlias = Literal["linux", "unix", "windows", "any"]
"""Where a program runs: "unix" is Linux or macOS, "any" may be Windows too."""

_LINUX, _MACOS, _WINDOWS = range(3)
_SYSTEMS: Mapping[System, tuple[int, ...]] = {
    "linux": (_LINUX,),
    "unix": (_LINUX, _MACOS),
    "windows": (_WINDOWS,),
    "any": (_LINUX, _MACOS, _WINDOWS),
}
"""The usual one first."""
_NAMES: Mapping[str, tuple[str, str, str]] = {
    "sys.platform": ("linux", "darwin", "win32"),
    "os.name": ("posix", "posix", "nt"),
}
_CALLS: Mapping[str, tuple[str, str, str]] = {"platform.system": ("Linux", "Darwin", "Windows")}


def attribute(name: str, system: System, at: Location | None) -> Abstract | None:
    """``sys.platform`` or ``os.name`` on a system; None for any other name."""
    names = _NAMES.get(name)
    return _one_of(name, names, system, at) if names is not None else None


def called(name: str, system: System, at: Location | None) -> Abstract | None:
    """``platform.system()`` on a system; None for any other function."""
    names = _CALLS.get(name)
    return _one_of(f"{name}()", names, system, at) if names is not None else None


def _one_of(shown: str, names: tuple[str, str, str], system: System, at: Location | None) -> Abstract:
    options = tuple(dict.fromkeys(Constant(names[one]) for one in _SYSTEMS[system]))
    if len(options) == 1:
        return options[0]
    cause = Cause(f"depends on {shown}", variables=frozenset({OPERATING_SYSTEM}), is_closed=True)
    return Dynamic(cause, at, options[0], options=options)
