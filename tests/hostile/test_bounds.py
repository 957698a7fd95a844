"""No file makes a check slow or large: budgets in every evaluator, and time in proportion to what is read.

The promise is 2 seconds and 300 MiB for any file below 2,000,000 bytes; ``python -m tests.hostile.measure`` shows the
figures. The bound of the test leaves room for a machine that does other things as well.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.shapes import SHAPES, runs_in_all_kinds

ROOT = Path(__file__).parents[2]
SECONDS = 8
MEBIBYTES = 300
PARTS = 4
LONG = {
    "compose_3000",
    "dockerfile_environment_20000",
    "dockerfile_runs_20000",
    "dotenv_50000",
    "here_documents_20000",
    "ignores_20000",
    "kubernetes_2000",
    "makefile_targets_5000",
    "multi_named_20000",
    "procfile_1000",
    "procfile_5000",
    "python_apps_2000",
    "python_tasks_10000",
    "requirements_50000",
    "settings_20000",
    "shell_2000",
    "shell_escaped_test",
    "supervisor_2000",
    "tox_2000",
}
"""Shapes of thousands of workers, apps or settings, which are slow by their number."""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the figures are those of forked processes")


def _measured(words: list[str]) -> list[dict[str, float | str]]:
    command = [sys.executable, "-m", "tests.hostile.measure", *words]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _beyond(words: list[str]) -> list[dict[str, float | str]]:
    measured = _measured(words)
    assert {one["shape"] for one in measured} >= set(words)
    return [
        one
        for one in measured
        if float(one["seconds"]) > SECONDS or float(one["MiB"]) > MEBIBYTES or one["status"] not in (0, 1)
    ]


@pytest.mark.parametrize("part", range(PARTS))
def test_shapes_stay_within_their_bounds(part: int) -> None:
    assert not _beyond(sorted({*SHAPES} - LONG)[part::PARTS])


@pytest.mark.skipif("HOSTILE" not in os.environ, reason="set HOSTILE=1: thousands of workers take minutes")
def test_long_shapes_stay_within_the_bound_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "SECONDS", 60)
    assert not _beyond(sorted(LONG))


def test_time_grows_with_the_number_of_workers() -> None:
    few, many = (float(_measured([f"procfile_{number}"])[0]["seconds"]) for number in (250, 1000))
    assert many < 7 * few


@pytest.mark.skipif("HOSTILE" not in os.environ, reason="set HOSTILE=1: a long run of one character in all kinds")
def test_runs_of_one_character_stay_within_their_bounds() -> None:
    assert not _beyond(list(runs_in_all_kinds()))


def test_a_shape_beyond_its_bounds_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "SECONDS", 0)
    assert _beyond(["python_nested_loops"])
