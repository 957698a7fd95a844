"""Generated justfiles and Taskfiles: what we read must agree with what just and Task start."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.oracles import real_shell
from tests.oracles.agreement import Tally, compare, workers_of
from tests.oracles.amount import BATCH, derandomized, examples
from tests.oracles.real_shell import Trial
from tests.oracles.task_files import program, trials

pytestmark = pytest.mark.skipif(not real_shell.available(), reason="needs bash, dash and the tools of a shell")
FILES = {"just": "justfile", "task": "Taskfile.yml"}
INPUTS = {"just": 96, "task": 48}
"""Task takes a third of a second to start something."""


def amount(kind: str) -> settings:
    return settings(
        max_examples=examples(INPUTS[kind]),
        deadline=None,
        database=None,
        derandomize=derandomized(),
        suppress_health_check=list(HealthCheck),
    )


def judged(batch: list[Trial], main: str) -> list[tuple[Trial, Tally]]:
    """Each trial with how we fare in it; one shell runs the program for all of them."""
    with tempfile.TemporaryDirectory() as folder:
        runs = real_shell.run(batch, Path(folder))
    with tempfile.TemporaryDirectory() as root:
        return [
            (trial, compare(workers_of(trial.files, Path(root)), calls, main=main))
            for trial, calls in zip(batch, runs, strict=True)
        ]


def hold(batch: list[Trial], main: str) -> None:
    for trial, tally in judged(batch, main):
        texts = [f"--- {path}\n{text}" for path, text in trial.files.items()]
        assert not tally.wrong, "\n".join([*tally.wrong, *texts])


@pytest.mark.skipif(program("just") is None, reason="needs just")
@amount("just")
@given(trials("just", BATCH))
def test_generated_justfiles(batch: list[Trial]) -> None:
    hold(batch, FILES["just"])


@pytest.mark.skipif(program("task") is None, reason="needs Task")
@amount("task")
@given(trials("task", BATCH))
def test_generated_taskfiles(batch: list[Trial]) -> None:
    hold(batch, FILES["task"])
