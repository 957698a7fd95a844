from __future__ import annotations

import pytest
from celery.concurrency import ALIASES

from flake8_celery_oom.celery import pools
from flake8_celery_oom.core.results import CeleryVersion


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("prefork", "prefork"),
        ("processes", "prefork"),
        ("threads", "threads"),
        ("custom", "custom"),
        ("celery.concurrency.gevent:TaskPool", "gevent"),
        ("celery.concurrency.eventlet:TaskPool", "eventlet"),
        ("celery.concurrency.solo:TaskPool", "solo"),
        ("celery.concurrency.prefork.TaskPool", "prefork"),
        ("celery.concurrency.thread.TaskPool", "threads"),
        ("celery.concurrency.threads.TaskPool", "threads"),  # 3.1
        ("celery.concurrency.processes.TaskPool", "prefork"),
        ("my.pool:Pool", "my.pool:Pool"),
        ("Prefork", "Prefork"),
    ],
)
def test_canonical(name: str, expected: str) -> None:
    assert pools.canonical(name) == expected


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        ("prefork", "==3.1.26", True),
        ("threads", "==3.1.26", True),
        ("threads", "==4.3.1", False),
        ("threads", "==4.4.7", True),
        ("threads", ">=4.0", True),
        ("custom", "==5.2.7", False),
        ("custom", "==5.3.6", True),
        ("my.pool:Pool", "==5.0.5", True),
        ("my.pool:Pool", "==5.1.2", False),
        ("my.pool:Pool", "", True),
        ("=prefork", "==4.4.7", False),
        ("my.pool.Pool", "==4.4.7", True),
        ("1.5", "==4.4.7", False),
        ("my.", "==4.4.7", False),
        ("fork", "", False),
    ],
)
def test_accepts(name: str, version: str, expected: bool) -> None:
    assert pools.accepts(name, CeleryVersion(version)) is expected


def test_only_prefork_has_children_that_can_be_replaced() -> None:
    assert [pool.name for pool in pools.POOLS.values() if pool.recycles] == ["prefork"]
    assert [pool.name for pool in pools.POOLS.values() if pool.forks] == ["prefork"]


def test_what_autoscale_and_beat_work_with() -> None:
    assert {pool.name for pool in pools.POOLS.values() if pool.scales} == {"prefork", "gevent", "eventlet"}
    assert {pool.name for pool in pools.POOLS.values() if pool.crashes_scaling} == {"threads"}
    assert {pool.name for pool in pools.POOLS.values() if not pool.beat} == {"gevent", "eventlet"}
    assert {pool.package for pool in pools.POOLS.values()} == {None, "gevent", "eventlet"}


def test_aliases_are_those_of_the_installed_celery() -> None:
    assert {alias for alias, _, _ in pools.ALIASES} == ALIASES.keys()
    for alias, pool, _ in pools.ALIASES:
        assert pools.canonical(ALIASES[alias] or alias) == pool


def test_every_alias_is_a_pool_but_custom() -> None:
    assert {pool for _, pool, _ in pools.ALIASES} == {*pools.POOLS, "custom"}
    assert set(pools.IMPLEMENTATIONS.values()) == set(pools.POOLS)
