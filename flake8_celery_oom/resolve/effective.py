"""What a worker runs with (skeleton: the signatures are final)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flake8_celery_oom.celery.command_line import CeleryCommand, Entry
from flake8_celery_oom.model import CeleryVersion, HostCpus, Setting, Value, Word


@dataclass(frozen=True, slots=True)
class Effective:
    """What a worker runs with; the fields are those of ``model.Worker``."""

    pool: Value[str]
    concurrency: Value[int | HostCpus]
    autoscale: Value[tuple[int, int]]
    max_tasks_per_child: Value[int]
    max_memory_per_child: Value[int]
    prefetch_multiplier: Value[int]
    beat: Value[bool]


def effective(
    command: CeleryCommand,
    environment: Mapping[str, Word],
    environment_open: str | None,
    setting: Callable[[str], Value[Setting]],
    version: CeleryVersion,
    entry: Entry | None = None,
) -> Effective:
    """Command line, environment, settings, default: what each of a worker's values is. ``entry``: the command's own."""
    raise NotImplementedError
