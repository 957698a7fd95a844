"""The operating system that a worker runs on, by what starts it."""

from __future__ import annotations

import posixpath

from flake8_celery_oom.resolve.python.systems import System
from flake8_celery_oom.resolve.trace.started import Started

_ANYWHERE = frozenset({"python", "package_json", "tox", "vscode", "dotenv", "taskfile"})
"""Kinds of files that are read on Windows as well."""
_UNIX = frozenset({"shell", "makefile", "justfile"})
"""Kinds of files that people run by hand on Linux and on macOS."""


def system_of(started: Started) -> System:
    """Where a worker runs; containers, init systems and supervisors are those of Linux."""
    launch = started.launch
    if launch is not None and launch.in_container:
        return "linux"
    if _is_batch(started):
        return "windows"
    kind = launch.kind if launch is not None else started.kind
    if kind in _ANYWHERE or kind == "powershell":
        return "any"
    return "unix" if kind in _UNIX else "linux"


def _is_batch(started: Started) -> bool:
    places = (started.site, *started.via)
    return started.kind == "batch" or any(posixpath.splitext(at.path)[1].lower() in {".bat", ".cmd"} for at in places)
