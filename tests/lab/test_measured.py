"""With measured weights, what a worker needs when it is idle is met within 5 %: below it is killed, above it works.

The longer run, over other apps: ``LAB_APPS="numpy=/venv/bin/python,pandas=/venv/bin/python"``, each a package with a
Python that has it, Celery and redis.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from flake8_celery_oom.analysis import budget
from flake8_celery_oom.core.weights import Weights
from flake8_celery_oom.weighing.running import Subject
from flake8_celery_oom.weighing.weigh import weigh
from tests.lab import servers
from tests.lab.cgroup import MemoryCgroup
from tests.weighing import apps

CHILDREN = 6
WITHIN = 0.05
STARTING = 90.0
SETTLED = 2.0
POOLS = {
    "prefork": ("-c", str(CHILDREN)),
    "solo": ("-P", "solo"),
}


def measured_apps() -> Iterator[tuple[str, str]]:
    """Names of what an app imports, each with the Python that has it."""
    yield from (("bare", sys.executable), ("django", sys.executable))
    for pair in filter(None, os.environ.get("LAB_APPS", "").split(",")):
        name, _, python = pair.partition("=")
        yield name, python


def write(name: str, folder: Path) -> None:
    apps.write(folder, apps.APPS.get(name) or {"shop.py": f"import {name}\n{apps.BARE}"})
    with (folder / "shop.py").open("a") as file:
        file.write("app.conf.update(worker_max_tasks_per_child=None, worker_max_memory_per_child=None)\n")


@cache
def weighed(name: str, python: str, folder: Path) -> Weights:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("CELERY", "DJANGO"))}
    return weigh(Subject("shop", folder, python, folder, folder, 120.0, environment)).imported


def survives(python: str, folder: Path, options: tuple[str, ...], limit: int) -> bool:
    """Whether the worker becomes ready under a limit, and stays."""
    command = [python, "-m", "celery", "-A", "shop", "-b", "BROKER", "worker", "-l", "INFO", *options]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with servers.redis() as broker, MemoryCgroup(limit) as cgroup:
        words = [broker if word == "BROKER" else word for word in command]
        with servers.worker(words, cgroup, folder, {"PYTHONDONTWRITEBYTECODE": ""}) as process:
            end = time.monotonic() + STARTING
            while time.monotonic() < end and not servers.ready(folder):
                if cgroup.oom_kills() or process.poll() is not None:
                    return False
                time.sleep(0.05)
            time.sleep(SETTLED)
            return servers.ready(folder) and cgroup.oom_kills() == 0 and process.poll() is None


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {}
    for name, _ in measured_apps():
        found[name] = tmp_path_factory.mktemp(name)
        write(name, found[name])
    return found


@pytest.mark.lab
@pytest.mark.usefixtures("turn")
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize(("name", "python"), list(measured_apps()))
def test_the_need_is_met_within_five_percent(name: str, python: str, pool: str, folders: dict[str, Path]) -> None:
    folder = folders[name]
    plan = budget.Plan(pool=pool, concurrency=CHILDREN, weights=weighed(name, python, folder), celery_major=5)
    needed = budget.need(plan).idle
    assert needed is not None
    assert survives(python, folder, POOLS[pool], round(needed * (1 + WITHIN)))
    assert not survives(python, folder, POOLS[pool], round(needed * (1 - WITHIN)))
