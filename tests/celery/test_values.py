"""Values of settings that keep a worker from starting, or its children from living."""

from __future__ import annotations

import pytest

from flake8_celery_oom.celery.options import WORKER_OPTIONS
from flake8_celery_oom.celery.values import expected, trouble
from flake8_celery_oom.core.results import CeleryVersion, Setting

V447, V505, V563, V570, ANY = "==4.4.7", "==5.0.5", "==5.6.3", "==5.7.0", ""
DOWN, LOSES = "stays-down", "loses-children"


# Workers of these four releases were started with these values: prefork, one child, six tasks.
@pytest.mark.parametrize(
    ("setting", "value", "found"),
    [
        ("concurrency", 3, {V447: None, V505: None, V563: None, V570: None, ANY: None}),
        ("concurrency", -2, {V447: DOWN, V505: DOWN, V563: DOWN, V570: DOWN, ANY: DOWN}),
        ("concurrency", 3.0, {V447: DOWN, V505: DOWN, V563: DOWN, V570: DOWN, ANY: DOWN}),
        ("concurrency", True, {V505: None, V570: DOWN, ANY: None}),
        ("concurrency", False, {V447: None, V570: None}),
        ("concurrency", "5", {V447: None, V505: DOWN, V563: DOWN, V570: None, ANY: None}),
        ("concurrency", "auto", {V447: DOWN, V505: DOWN, V563: DOWN, V570: None, ANY: None}),
        ("concurrency", "two", {V447: DOWN, V505: DOWN, V563: DOWN, V570: None, ANY: None}),
        ("concurrency", "", {V447: DOWN, V563: None, V570: None, ANY: None}),
        ("max_tasks_per_child", 100, {V447: None, V570: None, ANY: None}),
        ("max_tasks_per_child", 0, {V447: DOWN, V505: DOWN, V563: DOWN, V570: DOWN, ANY: DOWN}),
        ("max_tasks_per_child", 2.0, {V447: DOWN, V505: DOWN, V563: DOWN, V570: DOWN, ANY: DOWN}),
        ("max_tasks_per_child", True, {V447: DOWN, V505: DOWN, V563: DOWN, V570: DOWN, ANY: DOWN}),
        ("max_tasks_per_child", False, {V447: DOWN, V570: DOWN}),
        ("max_tasks_per_child", "100", {V447: None, V505: DOWN, V563: DOWN, V570: DOWN, ANY: None}),
        ("max_tasks_per_child", "", {V447: DOWN, V505: DOWN, V563: DOWN, V570: DOWN}),
        ("max_memory_per_child", 200_000, {V447: None, V570: None}),
        ("max_memory_per_child", 200_000.5, {V447: None, V505: None, V563: None, V570: None}),
        ("max_memory_per_child", 0, {V447: None, V505: None, V563: None, V570: None}),
        ("max_memory_per_child", -5, {V447: None, V505: None, V563: None, V570: None}),
        ("max_memory_per_child", True, {V447: None, V505: None, V570: DOWN, ANY: None}),
        ("max_memory_per_child", False, {V447: None, V570: DOWN}),
        ("max_memory_per_child", "200000", {V447: None, V505: LOSES, V563: LOSES, V570: LOSES, ANY: None}),
        ("max_memory_per_child", "", {V447: DOWN, V563: None, V570: None}),
        ("max_memory_per_child", "200MB", {V447: DOWN, V570: LOSES, ANY: None}),
        ("prefetch_multiplier", "2", {V447: None, V570: None}),
    ],
)
def test_trouble(setting: str, value: Setting, found: dict[str, str | None]) -> None:
    assert {version: trouble(f"worker_{setting}", value, CeleryVersion(version)) for version in found} == found


@pytest.mark.parametrize(
    ("level", "version", "refused"),
    [
        ("NOTSET", V447, False),
        ("notset", V447, False),
        ("NOTSET", V570, True),
        ("WARN", V570, True),
        ("fatal", V570, False),
    ],
)
def test_log_levels(level: str, version: str, refused: bool) -> None:
    option = next(option for option in WORKER_OPTIONS if option.name == "loglevel")
    assert bool(expected(option, level, CeleryVersion(version))) is refused
