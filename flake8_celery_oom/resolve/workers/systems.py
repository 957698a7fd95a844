"""The operating system that a worker runs on, by what starts it."""

from __future__ import annotations

import posixpath

from flake8_celery_oom.resolve.python.systems import System
from flake8_celery_oom.resolve.trace.started import Started

_LINUX = frozenset(
    """
    ansible app_desc celeryd cf_manifest compose dockerfile ebextensions ecs execline fly helm heroku kubernetes
    kustomize nomad procfile railway render systemd terraform
    """.split()  # noqa: SIM905
)
"""Kinds of files that containers, platforms and init systems of Linux read."""
_UNIX = frozenset(
    """
    circus jenkinsfile justfile launchd makefile monit shell supervisor template uwsgi workflow
    written
    """.split()  # noqa: SIM905
)
"""Kinds of files that programs of Linux and of macOS read; all others are read on Windows as well."""


def system_of(started: Started) -> System:
    """Where a worker runs, by the kind of file that starts it."""
    launch = started.launch
    if _is_batch(started):
        return "windows"
    if launch is not None and launch.in_container:
        return "linux"
    kind = launch.kind if launch is not None else started.kind
    return "linux" if kind in _LINUX else "unix" if kind in _UNIX else "any"


def _is_batch(started: Started) -> bool:
    places = (started.site, *started.via)
    return started.kind == "batch" or any(posixpath.splitext(at.path)[1].lower() in {".bat", ".cmd"} for at in places)
