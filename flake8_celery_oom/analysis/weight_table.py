"""What idle workers weigh that were measured: Celery alone, and with one of the libraries that weigh much.

The weights of a Python on which a library was not measured are those of Celery alone there, and the least that the
library added elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from functools import cache

from flake8_celery_oom.core.weights import Weights
from flake8_celery_oom.quantity import MIB

ENDED = frozenset({"3.10"})
"""Pythons of Celery 5 that get no releases any more: they count only where a file names them."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What an idle worker of one Celery on one Python weighs; ``imports`` is empty for Celery alone."""

    celery: str
    python: str
    imports: str
    weights: Weights

    @property
    def celery_major(self) -> int:
        """The first number of the version of Celery."""
        return int(self.celery.partition(".")[0])


def _row(celery: str, python: str, imports: str, *mebibytes: float) -> Baseline:
    main_rss, main_alone, child_rss, child_own, one_process = (round(amount * MIB) for amount in mebibytes)
    return Baseline(celery, python, imports, Weights(main_rss, main_alone, child_rss, child_own, one_process))


BASELINES: tuple[Baseline, ...] = (
    _row("4.4.7", "3.8", "", 34.0, 19.2, 26.2, 11.6, 22.2),
    _row("4.4.7", "3.8", "django", 49.0, 26.4, 40.5, 19.3, 36.7),
    _row("4.4.7", "3.8", "numpy", 48.3, 25.2, 34.2, 13.7, 30.1),
    _row("4.4.7", "3.8", "pandas", 73.6, 36.5, 52.5, 20.4, 48.3),
    _row("5.7.0", "3.10", "", 45.9, 26.4, 37.4, 17.7, 33.4),
    _row("5.7.0", "3.10", "django", 60.5, 32.9, 51.2, 25.9, 47.2),
    _row("5.7.0", "3.10", "numpy", 56.4, 30.3, 43.5, 19.5, 38.8),
    _row("5.7.0", "3.10", "pandas", 89.0, 43.9, 64.0, 26.7, 59.3),
    _row("5.7.0", "3.11", "", 51.0, 29.4, 42.2, 20.0, 37.9),
    _row("5.7.0", "3.11", "django", 67.8, 36.6, 58.0, 29.4, 53.7),
    _row("5.7.0", "3.11", "numpy", 61.5, 33.4, 48.7, 21.9, 43.4),
    _row("5.7.0", "3.11", "pandas", 94.8, 49.8, 73.7, 30.7, 68.4),
    _row("5.7.0", "3.11", "boto3", 58.9, 33.8, 50.9, 25.0, 46.7),
    _row("5.7.0", "3.11", "litellm", 219.0, 104.9, 198.8, 102.4, 194.4),
    _row("5.7.0", "3.11", "opentelemetry", 51.4, 29.8, 43.6, 21.1, 39.3),
    _row("5.7.0", "3.11", "scipy", 61.6, 33.2, 48.7, 21.8, 43.4),
    _row("5.7.0", "3.11", "sentry_sdk", 53.3, 31.0, 45.4, 21.8, 41.1),
    _row("5.7.0", "3.11", "sklearn", 131.3, 65.6, 98.0, 37.9, 91.3),
    _row("5.7.0", "3.11", "sqlalchemy", 60.8, 33.5, 52.2, 26.0, 47.9),
    _row("5.7.0", "3.11", "tensorflow", 513.9, 136.1, 209.4, 80.4, 203.8),
    _row("5.7.0", "3.11", "torch", 231.6, 122.1, 164.8, 51.5, 159.9),
    _row("5.7.0", "3.11", "transformers", 79.2, 42.5, 66.0, 31.1, 60.7),
    _row("5.7.0", "3.11", "matplotlib", 76.9, 39.6, 59.7, 26.5, 54.4),
    _row("5.7.0", "3.11", "playwright", 57.1, 31.6, 48.1, 23.7, 43.7),
    _row("5.7.0", "3.11", "rest_framework", 69.5, 37.7, 60.7, 31.0, 56.3),
    _row("5.7.0", "3.12", "", 51.0, 27.5, 41.7, 19.5, 37.1),
    _row("5.7.0", "3.12", "django", 67.7, 34.4, 57.5, 29.1, 52.8),
    _row("5.7.0", "3.12", "numpy", 60.6, 31.4, 47.2, 21.2, 42.4),
    _row("5.7.0", "3.12", "pandas", 93.1, 46.9, 71.3, 30.0, 66.5),
    _row("5.7.0", "3.13", "", 51.0, 25.8, 42.2, 21.8, 37.3),
    _row("5.7.0", "3.13", "django", 68.9, 33.0, 59.3, 32.4, 54.3),
    _row("5.7.0", "3.13", "numpy", 61.5, 30.5, 48.5, 23.5, 43.5),
    _row("5.7.0", "3.13", "pandas", 92.3, 44.0, 71.4, 33.0, 66.4),
    _row("5.7.0", "3.13", "boto3", 59.7, 30.6, 51.7, 27.2, 46.9),
    _row("5.7.0", "3.13", "litellm", 213.9, 90.8, 193.8, 109.3, 188.9),
    _row("5.7.0", "3.13", "scipy", 61.5, 30.3, 48.6, 23.7, 43.6),
    _row("5.7.0", "3.13", "sentry_sdk", 54.2, 28.2, 46.3, 23.7, 41.4),
    _row("5.7.0", "3.13", "sklearn", 127.8, 59.0, 95.3, 40.8, 89.1),
    _row("5.7.0", "3.13", "sqlalchemy", 61.6, 30.4, 53.0, 28.2, 48.1),
)
"""MiB, the median of three, on Linux with Redis as the broker; ``python -m tests.lab.measure`` weighs again.

Django 4.2 on Python 3.8, 5.2 on 3.10 and 3.11, 6.1 later; numpy 1.24 to 2.5; pandas 2.0 to 3.1. The others, the median
of two: boto3 1.44.8, djangorestframework 3.18.3 (``rest_framework`` installed in Django), litellm 1.110.2, matplotlib
3.11.2, opentelemetry-api 1.45.2, playwright 1.65.2, scipy 1.17.1 and 1.18.1, sentry-sdk 2.75.0, scikit-learn 1.9.1,
SQLAlchemy 2.1.9, tensorflow-cpu 2.21.0, torch 2.13.0 (CPU), transformers 5.24.0 without torch. Each is imported by its
name and nothing else of it (``opentelemetry.trace``, ``playwright.sync_api``), so a part that loads more weighs more.
"""

IMPORTS = frozenset(row.imports for row in BASELINES) - {""}
"""The packages whose weight is known."""
MEASURED = frozenset(row.python for row in BASELINES if row.celery_major >= 5)


def rows(
    imports: Collection[str], celery_major: int | None, python: str = "", *, ended: bool = False
) -> tuple[Baseline, ...]:
    """For each Celery and Python that a worker may run on, the row of its heaviest import.

    ``imports`` are top-level packages. A ``python`` that was not measured is as good as none. With ``ended`` also
    Pythons count that get no releases any more.
    """
    named = python in MEASURED
    found = []
    for group in _groups().values():
        bare = group[""]
        other_python = bare.python != python if named else bare.python in ENDED and not ended
        if celery_major not in {None, bare.celery_major} or (bare.celery_major >= 5 and other_python):
            continue
        own = [group.get(name) or _with(bare, name) for name in imports if name in group or name in _added()]
        found.append(max([bare, *own], key=lambda row: (row.weights.child_rss, row.imports)))
    return tuple(found)


@cache
def _groups() -> dict[tuple[str, str], dict[str, Baseline]]:
    groups: dict[tuple[str, str], dict[str, Baseline]] = {}
    for row in BASELINES:
        groups.setdefault((row.celery, row.python), {})[row.imports] = row
    return groups


@cache
def _added() -> dict[str, Weights]:
    """By import: the least that it added to each weight where it was measured."""
    found: dict[str, list[Weights]] = {}
    for group in _groups().values():
        for name, row in group.items():
            if name:
                found.setdefault(name, []).append(_each(row.weights, group[""].weights, -1))
    return {name: _least(every) for name, every in found.items()}


def _with(bare: Baseline, name: str) -> Baseline:
    return Baseline(bare.celery, bare.python, name, _each(bare.weights, _added()[name], 1))


def _each(left: Weights, right: Weights, sign: int) -> Weights:
    amounts = ((getattr(left, one.name) or 0) + sign * (getattr(right, one.name) or 0) for one in fields(Weights))
    return Weights(*(max(0, amount) for amount in amounts))


def _least(every: Iterable[Weights]) -> Weights:
    columns = zip(*([getattr(one, field.name) for field in fields(Weights)] for one in every), strict=True)
    return Weights(*(min(column) for column in columns))
