"""Which numbers cannot be the KiB that Celery takes them for."""

from __future__ import annotations

NOBODY_MEANS_BELOW = 5_000

NOBODY_MEANS_FROM = 40_000_000


def is_wrong_unit(kib: int) -> bool:
    """Whether nobody means this number of KiB."""
    return 0 < kib < NOBODY_MEANS_BELOW or kib >= NOBODY_MEANS_FROM
