"""What workers are called in tables, where those of one container are told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from flake8_celery_oom.analysis.naming import called
from flake8_celery_oom.analysis.readings import command_of
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.formats.text import printable

_LONGEST = 24


def shown_names(workers: Sequence[Worker]) -> list[str]:
    """A name for each worker of a container: of those with one name also its queues, its node, else its number."""
    plain = [_name(worker) for worker in workers]
    several = Counter(plain)
    names = [
        _with_own(name, worker) if several[name] > 1 else name for name, worker in zip(plain, workers, strict=True)
    ]
    still = Counter(names)
    return [f"{name} #{index}" if still[name] > 1 else name for index, name in enumerate(names, 1)]


def _name(worker: Worker) -> str:
    """What people call the worker: a script by its name alone, since its path is said beside it."""
    name = called(worker)
    return printable((PurePosixPath(name).name if name == worker.at.path else name) or worker.app_name or "-")


def _with_own(name: str, worker: Worker) -> str:
    command = command_of(worker)
    for option, letter in (("queues", "-Q"), ("hostname", "-n")) if command is not None else ():
        given = command.options.get(option) if command is not None else None
        text = given.value.text if isinstance(given, Known) else None
        if text and len(text) <= _LONGEST:
            return f"{name} {letter} {printable(text)}"
    return name
