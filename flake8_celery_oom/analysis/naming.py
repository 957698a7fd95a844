"""How workers are called in messages and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from flake8_celery_oom.core.results import App, Worker

NAMES_SHOWN = 2
LONGEST_NAME = 32

_FILLED_IN = re.compile(r"\{\{.*?\}\}")


def subject(workers: Iterable[Worker]) -> str:
    """The workers for people: ``worker `web```, ``workers `mail`, `web```; without own names ``this worker``."""
    names = list(dict.fromkeys(called(worker) for worker in workers if worker.name and _is_own(worker)))
    if not names:
        return "this worker"
    if len(names) == 1:
        return f"worker `{names[0]}`"
    few = NAMES_SHOWN if sum(map(len, names[:NAMES_SHOWN])) <= LONGEST_NAME else 1
    shown = ", ".join(f"`{name}`" for name in names[:few])
    more = len(names) - few
    return f"workers {shown} and {more} more" if more > 0 else f"workers {shown}"


def app_called(app: App) -> str:
    """What people call an app; of a long dotted name the end."""
    return app.name if len(app.name) <= LONGEST_NAME else ".".join(app.name.split(".")[-2:])


def called(worker: Worker) -> str:
    """What people call a worker: without what a template fills in, else by its file; empty for one without a name.

    Of a long name that has parts the file counts, or the object of Kubernetes.
    """
    name = _called(worker)
    if len(name) > LONGEST_NAME and "/" in name:
        name = name.rpartition("/")[2] if worker.kind == "shell" else name.partition("/")[0]
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 3]}..."


def _called(worker: Worker) -> str:
    if "{{" not in worker.name:
        return worker.name
    parts = (part.strip("-_. ") for part in _FILLED_IN.sub("", worker.name).split("/"))
    return "/".join(dict.fromkeys(filter(None, parts))) or PurePosixPath(worker.at.path).stem


def _is_own(worker: Worker) -> bool:
    """Whether somebody gave the worker its name: scripts are called by their path, Python code by what it calls."""
    return worker.kind != "python" and worker.name != worker.at.path
