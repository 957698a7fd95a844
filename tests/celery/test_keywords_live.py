"""Our reckoning of ``app.Worker(concurrency=3)`` against the workers that the installed Celery makes."""

from __future__ import annotations

import itertools
from importlib.metadata import version
from typing import Any

import pytest
from celery import Celery

from flake8_celery_oom.celery.command_line import read_commands
from flake8_celery_oom.core.results import CeleryVersion
from flake8_celery_oom.core.word import literal
from flake8_celery_oom.resolve.workers.effective import effective
from tests.celery.answers import CPUS, app_settings, plain

KEYWORDS: list[dict[str, Any]] = [
    {},
    {"concurrency": 3},
    {"concurrency": 0},
    {"pool": "prefork"},
    {"pool": "solo", "concurrency": 2},
    {"autoscale": "8,2"},
    {"autoscale": "2,8"},
    {"autoscale": "8"},
    {"prefetch_multiplier": 0},
    {"max_tasks_per_child": 7, "max_memory_per_child": 90_000},
]
SETTINGS: list[dict[str, Any]] = [
    {},
    {"concurrency": 5},
    {"pool": "solo"},
    {"prefetch_multiplier": 2, "max_tasks_per_child": 11},
    {"max_memory_per_child": 80_000},
]


@pytest.mark.parametrize(("keywords", "settings"), [*itertools.product(KEYWORDS, SETTINGS)])
def test_keywords(keywords: dict[str, Any], settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("celery.worker.worker.cpu_count", lambda: CPUS)
    monkeypatch.setattr("celery.apps.worker.check_privileges", lambda *_: None)
    app = Celery("x", broker="memory://", set_as_current=False)
    app.conf.update({f"worker_{name}": value for name, value in settings.items()})
    real = app.Worker(**keywords)

    words = ["worker", *(f"--{name.replace('_', '-')}={value}" for name, value in keywords.items())]
    (command,) = read_commands([literal(word) for word in words], CeleryVersion(), entry="keywords")
    release = CeleryVersion(f"=={version('celery')}")
    found = effective(command, {}, app_settings(settings), release)

    assert command.refusals == ()
    assert real.pool_cls.__module__ == f"celery.concurrency.{plain(found.pool)}"
    assert (real.max_tasks_per_child, real.max_memory_per_child) == (
        plain(found.max_tasks_per_child),
        plain(found.max_memory_per_child),
    )
    multiplier = plain(found.prefetch_multiplier)
    assert real.prefetch_multiplier == (4 if multiplier is None else multiplier)
    if real.autoscale:
        assert tuple(real.autoscale) == plain(found.autoscale)
    elif real.concurrency == CPUS:
        assert not isinstance(plain(found.concurrency), int)
    else:
        assert real.concurrency == plain(found.concurrency)
