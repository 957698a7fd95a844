from __future__ import annotations

import pytest

from flake8_celery_oom.core.results import App, CeleryVersion
from flake8_celery_oom.rules.comments import said_instead
from tests.rules.workers import at


def said(kib: int, comment: str) -> int | None:
    place = at()
    return said_instead(
        kib, App("shop", place, place, CeleryVersion(), {}, comments={"worker_max_memory_per_child": comment})
    )


@pytest.mark.parametrize(
    ("kib", "comment", "meant"),
    [
        (200, "200MB", 200_000),
        (200, "# 200 MiB", 204_800),
        (200_000_000, "200 MB", 200_000),
        (209_715_200, "restart a child above 200MB", 200_000),
        (150_000, "200 MB", 200_000),
        (150_000, "about 200MB per child", 200_000),
        (12_000, "max. 1.5GB for each worker process", 1_500_000),
        (2_000_000_000, "2 gigabytes, then a new one", 2_000_000),
        (1, "1G", 1_000_000),
    ],
)
def test_comments_that_contradict(kib: int, comment: str, meant: int) -> None:
    assert said(kib, comment) == meant


@pytest.mark.parametrize(
    ("kib", "comment"),
    [
        (200_000, "200MB"),
        (204_800, "200MB"),
        (195_312, "200 MB"),
        (200_000, "200 MiB"),
        (12_000, "12MB"),
        (150_000, "the container has 512MB"),
        (150_000, "4 x 150MB in 1GB"),
        (150_000, "in KiB"),
        (150_000, "200 tasks"),
        (150_000, "every 5 m"),
        (0, "200MB"),
        (150_000, ""),
    ],
)
def test_comments_that_agree_or_say_something_else(kib: int, comment: str) -> None:
    assert said(kib, comment) is None


def test_no_app_says_nothing() -> None:
    assert said_instead(200, None) is None
