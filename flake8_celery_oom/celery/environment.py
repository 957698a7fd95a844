"""Which variables of the environment set options of a worker, per version and way of starting it.

Source: ``celery/bin/celery.py`` of 5.0.5 to 5.7.0 (``auto_envvar_prefix="CELERY"``): only the program reads them,
neither ``app.worker_main`` nor ``app.start`` do; 3.1 and 4.x never do. Airflow has names of its own.
"""

from __future__ import annotations

from flake8_celery_oom.celery.versions import holds
from flake8_celery_oom.celery.worker_command import Entry
from flake8_celery_oom.core.results import CeleryVersion

_AIRFLOW_VARIABLES = {
    "concurrency": "AIRFLOW__CELERY__WORKER_CONCURRENCY",
    "autoscale": "AIRFLOW__CELERY__WORKER_AUTOSCALE",
    "prefetch_multiplier": "AIRFLOW__CELERY__WORKER_PREFETCH_MULTIPLIER",
    "pool": "AIRFLOW__CELERY__POOL",
}
_NEVER_READ_BY: frozenset[Entry] = frozenset(
    {"worker_main", "keywords", "worker-class", "start", "celeryd", "celeryd-multi"}
)
"""Ways to start a worker that never read ``CELERY_WORKER_*``."""
PREFIX = "CELERY_WORKER_"
BOUNDS = frozenset(
    PREFIX + name
    for name in (
        "AUTOSCALE",
        "CONCURRENCY",
        "MAX_MEMORY_PER_CHILD",
        "MAX_TASKS_PER_CHILD",
        "POOL",
        "PREFETCH_MULTIPLIER",
    )
)
"""Variables of Celery 5 that decide what a worker needs."""


def variable_name(option: str, entry: Entry, version: CeleryVersion) -> str | None:
    """The variable that may set an option ("concurrency") for a program; None when there is none."""
    if entry == "airflow":
        return _AIRFLOW_VARIABLES.get(option)
    if entry in _NEVER_READ_BY or holds(version, ">=5.0") is False:
        return None
    return f"{PREFIX}{option.upper()}"


def certain_variable_name(option: str, entry: Entry, version: CeleryVersion) -> str | None:
    """The variable that certainly sets an option for the program ``celery`` of a version; None otherwise."""
    return variable_name(option, entry, version) if entry == "celery" and holds(version, ">=5.0") else None
