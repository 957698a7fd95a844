"""The table of settings against the installed Celery, and which spelling reaches which setting."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest
from celery.app import defaults

from flake8_celery_oom.celery.settings import (
    NEW_NAMES,
    NEW_TO_OLD,
    OLD_TO_NEW,
    SETTINGS,
    UNSURE,
    canonical,
    exists,
    flavours,
    lookup_keys,
    meant,
    namespaced,
)
from flake8_celery_oom.celery.settings_table import ONLY_IN_3, REMOVED_IN_5
from flake8_celery_oom.core.results import CeleryVersion

V57, V56, V50, V4, V3 = (CeleryVersion(f"=={number}") for number in ("5.7.0", "5.6.3", "5.0.5", "4.4.7", "3.1.26"))
ANY = CeleryVersion()


def test_the_table_is_that_of_the_installed_celery() -> None:
    assert set(SETTINGS) == set(defaults.SETTING_KEYS)
    assert {info.old: name for name, info in SETTINGS.items()} == defaults._TO_NEW_KEY
    options = dict(defaults.flatten(defaults.NAMESPACES))
    for name, info in SETTINGS.items():
        default = defaults.DEFAULTS[name]
        if isinstance(default, datetime.timedelta):
            default = default.total_seconds()
        plain = list(default) if isinstance(default, (tuple, set, frozenset)) else default
        assert info.default == plain, name
        assert options[name].type in (info.type, defaults.Option.typemap.get(info.type)), name


RECORDED = json.loads((Path(__file__).parents[1] / "data" / "settings.json").read_text("utf-8"))
"""What Celery 3.1 to 5.7 have (tools/record_settings.py): for each name the old one, the first and the last release."""


@pytest.mark.parametrize("release", RECORDED["releases"])
def test_settings_of_every_release(release: str) -> None:
    order = RECORDED["releases"]
    has = {
        name: old
        for name, (old, first, last) in RECORDED["settings"].items()
        if order.index(first) <= order.index(release) <= order.index(last)
    }
    assert {name for name in NEW_NAMES if exists(name, CeleryVersion(f"=={release}"))} == has.keys()
    assert {name: NEW_TO_OLD[name] for name in has} == has


def test_first_releases() -> None:
    first = {name: ".".join(row[1].split(".")[:2]) for name, row in RECORDED["settings"].items() if name in SETTINGS}
    assert {name: info.since for name, info in SETTINGS.items()} == first


def test_settings_of_3() -> None:
    names = set(RECORDED["only old names"])
    assert {OLD_TO_NEW[name] for name in names - ONLY_IN_3} == {name for name in NEW_NAMES if exists(name, V3)}
    assert names >= ONLY_IN_3


def test_names_are_one_to_one() -> None:
    assert len(NEW_TO_OLD) == len(OLD_TO_NEW) == len(NEW_NAMES) == len(SETTINGS) + len(REMOVED_IN_5)
    assert not set(OLD_TO_NEW) & ONLY_IN_3


@pytest.mark.parametrize(
    ("key", "namespace", "before", "now"),
    [
        ("worker_concurrency", None, "worker_concurrency", "worker_concurrency"),
        ("CELERYD_CONCURRENCY", None, "worker_concurrency", "worker_concurrency"),
        ("CELERY_WORKER_CONCURRENCY", None, None, None),
        ("WORKER_CONCURRENCY", None, None, None),
        ("CELERY_WORKER_CONCURRENCY", "CELERY", "worker_concurrency", "worker_concurrency"),
        ("CELERYD_CONCURRENCY", "CELERY", None, "worker_concurrency"),
        ("CELERY_TASK_RESULT_EXPIRES", "CELERY", None, "result_expires"),
        ("CELERY_RESULT_BACKEND", "CELERY", "result_backend", "result_backend"),
        ("CELERY_RESULT_BACKEND", None, "result_backend", "result_backend"),
        ("CELERY_TIMEZONE", "CELERY", "timezone", "timezone"),
        ("CELERY_TIMEZONE", None, "timezone", "timezone"),
        ("BROKER_URL", "CELERY", None, "broker_url"),
        ("BROKER_URL", None, "broker_url", "broker_url"),
        ("worker_concurrency", "CELERY", "worker_concurrency", "worker_concurrency"),
        ("celery_worker_concurrency", "CELERY", None, None),
        ("celery_worker_concurrency", "celery", "worker_concurrency", "worker_concurrency"),
        ("CELERY_WORKER_CONCURRENCY", "celery", None, None),
        ("CELERY_WORKER_CONCURRENCY", "CELERY_", "worker_concurrency", "worker_concurrency"),
        ("Celery_worker_concurrency", "Celery", None, None),
        ("celery_worker_concurrency", "Celery", "worker_concurrency", "worker_concurrency"),
        ("CELERY_CELERYD_CONCURRENCY", "CELERY", None, None),
        ("CELERY_CONCURRENCY", "CELERY", None, None),
        ("task_acks_late", "task", "task_acks_late", "task_acks_late"),
        ("DEBUG", None, None, None),
    ],
)
def test_which_key_sets_which_setting(key: str, namespace: str | None, before: str | None, now: str | None) -> None:
    assert canonical(key, namespace, V57) == now
    for version in (V56, V50, V4, CeleryVersion(">=4.2,<5.7")):
        assert canonical(key, namespace, version) == before
    assert canonical(key, namespace, ANY) == (now if before == now else UNSURE)


def test_celery_3_knows_old_names_only() -> None:
    assert canonical("CELERYD_CONCURRENCY", None, V3) == "worker_concurrency"
    assert canonical("worker_concurrency", None, V3) is None
    assert canonical("CELERYD_MAX_MEMORY_PER_CHILD", None, V3) is None
    assert canonical("CELERY_QUEUE_HA_POLICY", None, V3) == "task_queue_ha_policy"
    assert canonical("CELERY_RIAK_BACKEND_SETTINGS", None, V3) is None


def test_release_lines_that_read_alike() -> None:
    assert flavours(V3) == ("3.1",)
    assert flavours(V4) == flavours(V50) == ("4.0",)
    assert flavours(V56) == flavours(CeleryVersion("==5.1.2")) == ("5.1",)
    assert flavours(V57) == ("5.7",)
    assert flavours(ANY) == flavours(CeleryVersion(">=3")) == ("4.0", "5.1", "5.7")
    assert flavours(CeleryVersion(">=5.2,<6")) == ("5.1", "5.7")


def test_settings_that_a_release_lacks() -> None:
    assert exists("worker_concurrency", V3) is True
    assert exists("worker_max_memory_per_child", V3) is False
    assert exists("worker_max_memory_per_child", ANY) is True
    assert exists("worker_eta_task_limit", V50) is False
    assert exists("worker_eta_task_limit", V57) is True
    assert exists("worker_eta_task_limit", ANY) is None
    assert exists("task_retry_on_worker_lost", V56) is False
    assert exists("riak_backend_settings", V4) is True
    assert exists("riak_backend_settings", V50) is False
    assert exists("worker_autoscale", V57) is False


def test_spelling_in_a_namespace() -> None:
    assert namespaced("worker_pool", "CELERY") == "CELERY_WORKER_POOL"
    assert namespaced("worker_pool", "my_") == "my_worker_pool"
    assert namespaced("worker_pool", None) == "worker_pool"
    assert lookup_keys("worker_pool", "CELERY", "5.7") == ("CELERY_WORKER_POOL", "worker_pool", "CELERYD_POOL")
    assert lookup_keys("worker_pool", "CELERY", "5.1") == ("CELERY_WORKER_POOL", "worker_pool")
    assert lookup_keys("worker_pool", None, "4.0") == ("worker_pool", "CELERYD_POOL")
    assert lookup_keys("worker_pool", None, "3.1") == ("CELERYD_POOL",)


@pytest.mark.parametrize(
    ("key", "settings"),
    [
        ("CELERY_MAX_TASKS_PER_CHILD", ("worker_max_tasks_per_child",)),
        ("CELERY_CONCURRENCY", ("worker_concurrency",)),
        ("max_memory_per_child", ("worker_max_memory_per_child",)),
        ("CELERYD_WORKER_CONCURRENCY", ("worker_concurrency",)),
        ("CELERYD_CONCURRENCY", ("worker_concurrency",)),
        ("CELERY_WORKER_MAX_MEMORY_PER_CHLID", ("worker_max_memory_per_child",)),
        ("worker_max_task_per_child", ("worker_max_tasks_per_child",)),
        ("CELERY_MY_OWN_LIMIT", ()),
        ("DEBUG", ()),
    ],
)
def test_what_a_dead_key_means(key: str, settings: tuple[str, ...]) -> None:
    assert meant(key)[: len(settings) or 1] == settings
