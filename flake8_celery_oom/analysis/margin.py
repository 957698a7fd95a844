"""How much of a memory limit fixes may use, and whether a number that follows from a limit is certain."""

from __future__ import annotations

from collections.abc import Iterable

from flake8_celery_oom.analysis.company import company
from flake8_celery_oom.analysis.loads import enclosure
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import Project, Worker
from flake8_celery_oom.core.value import Known, Unset

NOBODY_CHOSE = "nobody chose this number"
NOT_WEIGHED = "what an idle process of this app weighs was not measured (`celery-oom weigh` does)"


def usable(limit: int, config: Config) -> int:
    """What of a limit in bytes a fix may use: it leaves the headroom free."""
    return limit * (100 - config.headroom) // 100


def doubt(workers: Iterable[Worker], project: Project, config: Config) -> str:
    """Why a number that follows from the memory limit of these workers is not certain; empty where it is."""
    for worker in workers:
        if worker.weights is None:
            return NOT_WEIGHED
        if not isinstance(worker.memory_limit, Known):
            return f"the memory limit of the {enclosure(worker)} may be another"
        chosen = isinstance(worker.concurrency, Unset) and config.concurrency is not None
        if not (chosen or (isinstance(worker.concurrency, Known) and isinstance(worker.concurrency.value, int))):
            return "the number of processes may be another"
        other = company(worker, project)
        if other:
            return f"{other} runs in the same {enclosure(worker)}, and what it weighs is not known"
    return ""
