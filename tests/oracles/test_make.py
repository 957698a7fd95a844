"""Makefiles held against GNU make: what each ``celery`` of a recipe is really called with."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.oracles import real_shell
from tests.oracles.agreement import Tally, compare, workers_of
from tests.oracles.amount import BATCH, derandomized, examples
from tests.oracles.make_files import texts, trials
from tests.oracles.real_shell import Trial

pytestmark = pytest.mark.skipif(
    not real_shell.available() or shutil.which("make") is None, reason="needs make, bash, dash and the tools of a shell"
)


def judged(batch: list[Trial]) -> list[tuple[Trial, Tally]]:
    """Each trial with how we fare in it; one shell runs make for all of them."""
    with tempfile.TemporaryDirectory() as folder:
        runs = real_shell.run(batch, Path(folder))
    with tempfile.TemporaryDirectory() as root:
        return [
            (trial, compare(workers_of(trial.files, Path(root)), calls, main="Makefile"))
            for trial, calls in zip(batch, runs, strict=True)
        ]


@settings(
    max_examples=examples(),
    deadline=None,
    database=None,
    derandomize=derandomized(),
    suppress_health_check=list(HealthCheck),
)
@given(trials(BATCH))
def test_generated_makefiles(batch: list[Trial]) -> None:
    for trial, tally in judged(batch):
        assert not tally.wrong, "\n".join([*tally.wrong, *texts(trial)])
