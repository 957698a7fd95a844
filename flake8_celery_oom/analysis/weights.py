"""Which weights count for a worker: those of its application, where the configuration gives them.

An application is meant by any of the names that ``-A`` may have: ``shop``, ``shop.celery``, ``shop.celery:app``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flake8_celery_oom.analysis import budget
from flake8_celery_oom.analysis.budget import Plan
from flake8_celery_oom.core.results import App, Project, Worker
from flake8_celery_oom.core.weights import Weights
from flake8_celery_oom.quantity import KIB

SHOWN = {
    "django": "Django",
    "opentelemetry": "OpenTelemetry",
    "rest_framework": "Django REST framework",
    "sentry_sdk": "sentry-sdk",
    "sklearn": "scikit-learn",
    "sqlalchemy": "SQLAlchemy",
}
_CERTAIN = 0.97
"""A newborn child of the lightest baseline has surely this part of it: runs differ by less."""


@dataclass(frozen=True, slots=True)
class Weight:
    """KiB, and what was counted, for people."""

    kib: int
    counted: str


def with_weights(project: Project, weights: Iterable[tuple[str, Weights]]) -> Project:
    """The project, its workers and apps with the weights that are given for them."""
    given = _by_name(weights)
    if not given:
        return project

    def app_with(app: App) -> App:
        return replace(app, weights=given.get(_plain(app.name)))

    def worker_with(worker: Worker) -> Worker:
        app = app_with(worker.app) if worker.app is not None else None
        own = given.get(_plain(worker.app_name)) if worker.app_name else None
        return replace(worker, app=app, weights=own or (app.weights if app is not None else None))

    return replace(project, workers=tuple(map(worker_with, project.workers)), apps=tuple(map(app_with, project.apps)))


def weights_for(name: str, weights: Iterable[tuple[str, Weights]]) -> Weights | None:
    """The weights that are given for the app of this name."""
    return _by_name(weights).get(_plain(name))


def _by_name(weights: Iterable[tuple[str, Weights]]) -> dict[str, Weights]:
    return {_plain(name): one for name, one in weights}


def _plain(name: str) -> str:
    """The name of an application without the parts that ``-A`` finds by itself."""
    return name.partition(":")[0].removesuffix(".app").removesuffix(".celery")


def counted(plan: Plan) -> str:
    """What was weighed to judge a worker, for people: ``Celery 5 with Django``; ``this app`` where that was."""
    if plan.weights is not None:
        return "this app"
    heaviest = budget.counted_import(plan)
    name = f"Celery {plan.celery_major}" if plan.celery_major else "Celery"
    return f"{name} with {SHOWN.get(heaviest, heaviest)}" if heaviest else f"{name} alone"


def born(plan: Plan) -> Weight | None:
    """The least that a child has in memory before its first task; None where it cannot be told."""
    lightest = min((row.child_rss for row in budget.baselines(plan, ended=True)), default=None)
    if lightest is None:
        return None
    certain = lightest if plan.weights is not None else int(lightest * _CERTAIN)
    return Weight(certain // KIB // 100 * 100, counted(plan))
