"""Pieces of messages, and the readings of a worker that several rules share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flake8_celery_oom.analysis.readings import is_assumed
from flake8_celery_oom.celery.settings import current_name, written_name
from flake8_celery_oom.celery.versions import shown
from flake8_celery_oom.core.results import App, CeleryVersion, HostCpus, Setting, Worker
from flake8_celery_oom.core.value import Unknown, Unset, Value

FILES_SHOWN = 3
NO_WORKER = "no command that starts a worker was found in this project"


def spoken(version: CeleryVersion) -> str:
    """The version in brackets, for the end of a message; empty when no version is known."""
    return f" ({shown(version)})" if version.specifier else ""


def unless(*values: Value[Any]) -> str:
    """The end of a message whose truth rests on a default that the environment may change; else empty."""
    return ", unless the environment sets it" if any(map(is_assumed, values)) else ""


def option_of(worker: Worker, option: str) -> str:
    """How a worker is told an option: ``--concurrency``, or the argument of ``app.Worker(...)``."""
    if worker.entry in {"keywords", "worker-class"}:
        return f"the argument {option}"
    return f"--{option.replace('_', '-')}"


def named(app: App, setting: str) -> str:
    """How the configuration of an app has to write a setting (new name): ``CELERY_WORKER_CONCURRENCY``."""
    return written_name(setting, app.version, app.namespace, old_names=app.old_names)


def nowhere(worker: Worker, value: Value[int] | Value[int | HostCpus], options: Sequence[str], setting: str) -> str:
    """Where a value was looked for in vain: ``no -c, no CELERY_WORKER_CONCURRENCY, no worker_concurrency in x.py``.

    For readers who ask where was looked: it is too long for a message.
    """
    looked_at = value.looked_at if isinstance(value, Unset) else ()
    looked = [f"no {name}" for name in (*options, *(place for place in looked_at if place.isupper()))]
    files = [place for place in looked_at if place.endswith(".py")]
    if worker.app:
        looked.append(
            f"no {current_name(setting, worker.version)} in {_some(files or [worker.app.configured_at.path])}"
        )
    elif worker.app_name:
        looked.append(f"and app `{worker.app_name}` is not in this project")
    return ", ".join(looked) + spoken(worker.version)


def _some(files: Sequence[str]) -> str:
    return ", ".join(files) if len(files) <= FILES_SHOWN else f"{files[0]} and {len(files) - 1} more files"


def variable_behind(setting: Value[Setting] | None) -> str | None:
    """The variable of the environment that a setting is read from, as far as that is its only source."""
    if not isinstance(setting, Unknown) or setting.cause.kind != "environment":
        return None
    return next(iter(setting.cause.variables)) if len(setting.cause.variables) == 1 else None
