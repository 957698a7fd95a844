"""The option that is meant by one that no release has."""

from __future__ import annotations

import pytest

from flake8_celery_oom.celery.nearest import nearest
from flake8_celery_oom.celery.options import table
from flake8_celery_oom.core.results import CeleryVersion


@pytest.mark.parametrize(
    ("spelling", "meant"),
    [
        ("--polo", "--pool"),
        ("--concurrecny", "--concurrency"),
        ("--concurency", "--concurrency"),
        ("--workers", "--concurrency"),
        ("--worker_max_tasks_per_child", "--max-tasks-per-child"),
        ("--pool-size", None),
        ("--olop", None),
        ("-x", None),
    ],
)
def test_the_nearest_option(spelling: str, meant: str | None) -> None:
    found = nearest(spelling, table(CeleryVersion("==5.4.0"), with_worker=True, with_global=True))
    assert (found[0] if found is not None else None) == meant
