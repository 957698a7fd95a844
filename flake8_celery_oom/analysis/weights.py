"""What a prefork child weighs when it is born, measured on real workers (KiB of resident memory).

Celery 5.7.0 without a framework: 37,000 on Python 3.11, 45,000 on Python 3.13; 61,500 with Django 6.1, 50,500 with
numpy 2.5, 73,800 with pandas 3.1 (all on 3.13). Celery 4.4.7 on Python 3.8: 27,000. The numbers here are the lower
ends, so that a limit below them is below them everywhere.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from flake8_celery_oom.celery.versions import holds
from flake8_celery_oom.core.results import CeleryVersion

BARE_4 = 26_000
BARE_5 = 37_000
ADDED = {"pandas": 28_700, "django": 16_400, "numpy": 5_400}
"""What an import adds to a child, for Celery 5; pandas brings numpy along."""
SHOWN = {"django": "Django"}


@dataclass(frozen=True, slots=True)
class Weight:
    """KiB, and what was counted, for people."""

    kib: int
    counted: str


def born(version: CeleryVersion, imports: Collection[str]) -> Weight:
    """The least that a child of an app with these imports weighs before its first task."""
    if holds(version, ">=5.0") is not True:
        return Weight(BARE_4, "Celery alone")
    heaviest = max((name for name in ADDED if name in imports), key=ADDED.__getitem__, default=None)
    if heaviest is None:
        return Weight(BARE_5, "Celery 5 alone")
    return Weight(BARE_5 + ADDED[heaviest], f"Celery 5 with {SHOWN.get(heaviest, heaviest)}")
