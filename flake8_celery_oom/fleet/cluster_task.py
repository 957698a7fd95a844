"""What runs on the workers of a scheduler: each of their threads has a process of its own that scans."""

from __future__ import annotations

import threading
from dataclasses import replace

from flake8_celery_oom.fleet.children import Children
from flake8_celery_oom.fleet.feed import Feed
from flake8_celery_oom.fleet.jobs import Job, Limits
from flake8_celery_oom.fleet.program import program


class OtherProgramError(Exception):
    """A worker has another version of this program than who asks."""


class _Held(threading.local):
    children: Children | None = None
    limits: Limits | None = None


_held = _Held()


def perform_on_worker(line: str, seconds: float, memory: int, wanted: str) -> str:
    """Do one job within these bounds; job and outcome are lines of JSON. Raises OtherProgramError."""
    if program() != wanted:
        raise OtherProgramError(f"a worker runs celery-oom {program()}, this is {wanted}")
    job, limits = Job.from_line(line), Limits(seconds, memory)
    if _held.children is None or _held.limits != limits:
        if _held.children is not None:
            _held.children.close()
        _held.children, _held.limits = Children(1, limits), limits
    (outcome,) = _held.children.run(Feed([replace(job, number=0)]))
    return replace(outcome, number=job.number).lines()
