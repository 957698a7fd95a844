"""No file makes a check slow or large: budgets in every evaluator, and time in proportion to what is read.

The promise is 2 seconds and 300 MiB for any file below 2,000,000 bytes; ``python -m tests.hostile.measure`` shows the
figures. The bound of the test leaves room for a machine that does other things as well.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import FrameType

import pytest

from flake8_celery_oom.frontends import cli
from tests.files import write_files
from tests.hostile.shapes import GROWING, SHAPES, Files, runs_in_all_kinds

ROOT = Path(__file__).parents[2]
SECONDS = 8
MEBIBYTES = 300
LARGE = {
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
"""Shapes that take some seconds of the processor each."""
FEW = {
    "python_apps": 15,
    "dotenv": 500,
    "here_documents": 300,
    "ignores": 200,
    "makefile_variables": 500,
    "requirements": 1000,
}
"""How many more of something a shape has first, where that is not 30: of what is read fast it takes many."""

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


@pytest.mark.parametrize("part", range(2))
def test_shapes_stay_within_their_bounds(part: int) -> None:
    assert not _beyond(sorted({*SHAPES} - LARGE)[part::2])


@pytest.mark.skipif("CELERY_OOM_LONG" not in os.environ, reason="set CELERY_OOM_LONG=1: they take a minute")
def test_large_shapes_stay_within_their_bounds() -> None:
    assert not _beyond(sorted(LARGE))


@pytest.mark.parametrize("name", sorted(GROWING))
def test_work_grows_with_the_number_of_what_a_file_holds(name: str, tmp_path: Path) -> None:
    """Four times as many of something take four times as many calls of functions, besides what any run takes."""
    few = FEW.get(name, 30)
    _calls(GROWING[name](1), tmp_path / "first")  # what is imported, or made once in a process
    fixed, once, often = (_calls(GROWING[name](number), tmp_path / str(number)) for number in (1, 1 + few, 1 + 4 * few))
    assert often - fixed < 4.13 * (once - fixed)


def _calls(files: Files, folder: Path) -> int:
    """How many functions a check of a project calls, of Python and built in."""
    write_files(folder, files)
    (folder / ".git").mkdir()
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    with redirect_stdout(io.StringIO()):
        before = sys.getprofile()
        sys.setprofile(count)
        try:
            cli.main(["check", "--no-cache", "--format", "json", str(folder)])
        finally:
            sys.setprofile(before)
    return calls


@pytest.mark.skipif("CELERY_OOM_LONG" not in os.environ, reason="set CELERY_OOM_LONG=1: a long run of one character")
def test_runs_of_one_character_stay_within_their_bounds() -> None:
    assert not _beyond(list(runs_in_all_kinds()))


def test_a_shape_beyond_its_bounds_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "SECONDS", 0)
    assert _beyond(["python_nested_loops"])
