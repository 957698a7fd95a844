"""Real workers of real apps are weighed."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from pathlib import Path

import pytest

from flake8_celery_oom.analysis import budget
from flake8_celery_oom.config import from_table, read_config
from flake8_celery_oom.core.weights import Weights
from flake8_celery_oom.frontends import arguments, cli
from flake8_celery_oom.frontends.weigh import _lines, _weighed
from flake8_celery_oom.quantity import MIB
from flake8_celery_oom.weighing.processes import children_of
from flake8_celery_oom.weighing.running import RunningWorker, Subject, Task, WeighingError
from tests.weighing import apps

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="weighing needs /proc of Linux"),
    pytest.mark.skipif(importlib.util.find_spec("redis") is None, reason="the package redis is not installed"),
]


def weigh(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = cli.main(["weigh", "-A", "shop", "--project", str(folder), *words])
    said = capsys.readouterr()
    return status, said.out, said.err


def weights(document: dict[str, dict[str, float]], stage: str) -> Weights:
    table = {key: amount / MIB for key, amount in document[stage].items()}
    ((_, found),) = from_table({"weights": {"shop": table}}, "here").weights
    return found


def close_to_what_is_known(found: Weights, *imports: str) -> None:
    for field in ("main_rss", "main_alone", "child_rss", "child_own", "one_process"):
        known = [
            getattr(row, field) for row in budget.baselines(budget.Plan(imports=frozenset(imports), celery_major=5))
        ]
        assert 0.85 * min(known) < getattr(found, field) < 1.2 * max(known), field


@pytest.mark.parametrize("name", ["django", "pandas"])
def test_an_app_weighs_what_is_known_of_its_imports(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip(name)
    apps.write(tmp_path, apps.APPS[name])
    status, out, err = weigh(tmp_path, capsys, "--run", "--format", "json")
    assert (status, err.count("weighing a worker")) == (0, 4), err
    close_to_what_is_known(weights(json.loads(out), "idle"), name)


def test_a_task_counts_and_the_lines_can_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    apps.write(tmp_path, apps.APPS["bare"])
    options = cli_options("--run", "--task", "shop.keep", "--args", "[40]", "--limit", "1g", "--project", str(tmp_path))
    found = _weighed(options, Task("shop.keep", [40]))
    capsys.readouterr()
    idle, used = found.idle, found.used
    assert used is not None
    close_to_what_is_known(idle)
    assert 36 * MIB < used.child_rss - idle.child_rss < 44 * MIB
    assert 36 * MIB < used.child_own - idle.child_own < 44 * MIB
    assert abs(used.main_alone - idle.main_alone) < 6 * MIB
    assert 0 < found.first_child < idle.child_own + 4 * MIB
    lines = list(_lines(options, found))
    assert lines[0] == "app shop, an idle worker after the task shop.keep:"
    (table,) = (line for line in lines if line.startswith("1 GiB"))
    assert table.split()[2:4] == [str(room // 1000 * 1000) for room in fitting(used, 1, 2)]
    (tmp_path / "pyproject.toml").write_text("\n".join(lines[lines.index("[tool.celery-oom.weights]") :]))
    ((name, read),) = read_config(tmp_path).weights
    assert name == "shop"
    assert abs(read.child_own - used.child_own) < MIB // 10


def test_every_child_does_a_task_that_takes_no_time(tmp_path: Path) -> None:
    apps.write(tmp_path, apps.APPS["bare"])
    with RunningWorker(subject(tmp_path), 3) as worker:
        before = worker.weighed().children
        worker.do(Task("shop.keep", [40]))
        after = worker.weighed().children
    assert all(36 * MIB < then.rss - now.rss < 44 * MIB for now, then in zip(before, after, strict=True))


def fitting(found: Weights, *counts: int) -> list[int]:
    plans = [budget.Plan(concurrency=count, weights=found) for count in counts]
    return [budget.largest_max_memory(plan, 1024 * MIB * 80 // 100) or 0 for plan in plans]


def cli_options(*words: str) -> argparse.Namespace:
    return arguments.parser().parse_args(["weigh", "-A", "shop", *words])


def subject(folder: Path, app: str = "shop", seconds: float = 60.0) -> Subject:
    return Subject(app, folder, sys.executable, folder, folder, seconds, dict(os.environ))


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    apps.write(tmp_path, apps.APPS["bare"])
    with RunningWorker(subject(tmp_path), 2) as worker:
        process = worker._process.pid
        children = children_of(process)
        assert len(children) == 2
    assert not any(Path(f"/proc/{one}").exists() for one in (process, *children))


@pytest.mark.parametrize(
    ("files", "app", "said"),
    [
        ({}, "shop", "the worker ended by itself (status 1)\n"),
        ({"shop.py": "raise RuntimeError('not today')\n"}, "shop", "RuntimeError: not today"),
        ({"shop.py": "value = 1\n"}, "shop:value", "the worker ended by itself"),
        ({"shop.py": "import time\ntime.sleep(60)\n"}, "shop", "the worker was not ready within 2 seconds"),
    ],
)
def test_an_app_that_does_not_start(tmp_path: Path, files: dict[str, str], app: str, said: str) -> None:
    apps.write(tmp_path, files)
    with (
        pytest.raises(WeighingError) as error,
        RunningWorker(subject(tmp_path, app, seconds=2 if "sleep" in str(files) else 60), 1),
    ):
        pass
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (Task("shop.keep", [1], {"fail": True}), "the task ended as FAILURE"),
        (Task("shop.keep", []), "the task ended as FAILURE"),
        (Task("shop.unknown"), "the worker did not do its tasks within 5 seconds"),
    ],
)
def test_a_task_that_fails(tmp_path: Path, task: Task, said: str) -> None:
    apps.write(tmp_path, apps.APPS["bare"])
    with RunningWorker(subject(tmp_path, seconds=5.0), 1) as worker, pytest.raises(WeighingError) as error:
        worker.do(task)
    assert str(error.value).startswith(said)


def test_a_python_that_is_not_there(tmp_path: Path) -> None:
    lost = Subject("shop", tmp_path, str(tmp_path / "python"), tmp_path, tmp_path, 5.0, {})
    with pytest.raises(WeighingError, match="cannot be started"), RunningWorker(lost, 1):
        pass
