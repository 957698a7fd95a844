"""What the files of a deployment say becomes of its worker, and what really becomes of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from flake8_celery_oom.analysis import budget
from flake8_celery_oom.analysis.loads import plan_of
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.workspace import Workspace
from tests.lab import running
from tests.lab.deployments import DEPLOYMENTS, MIB, Deployment

DISTANCE = 0.08
"""How far a limit must be from the predicted need: nearer, a real worker is killed in one run and not in the next."""


def needed(deployment: Deployment, folder: Path) -> budget.Need:
    """What the workers of a deployment need under its load, as far as its files tell."""
    running.write(deployment, folder)
    workers = Workspace(folder, Config()).project().workers
    assert workers
    for worker in workers:
        assert isinstance(worker.memory_limit, Known)
        assert worker.memory_limit.value == deployment.limit
    growth = deployment.load.mebibytes * MIB
    return budget.together(budget.need(replace(plan_of(worker), task_growth=growth)) for worker in workers)


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=str)
def test_the_files_say_what_becomes_of_the_worker(deployment: Deployment, tmp_path: Path) -> None:
    need = needed(deployment, tmp_path)
    boundary = need.tight if need.tight is not None else need.idle
    assert boundary is not None
    assert abs(deployment.limit / boundary - 1) >= DISTANCE
    assert (budget.verdict(need, deployment.limit) == "exceeds") is deployment.killed


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=str)
def test_the_rules_say_it(deployment: Deployment, tmp_path: Path) -> None:
    running.write(deployment, tmp_path)
    found = Workspace(tmp_path, Config()).findings()
    assert tuple(finding.code for finding in found if finding.code.startswith("CO3")) == deployment.codes


def test_every_verdict_is_put_to_the_proof(tmp_path: Path) -> None:
    verdicts = Counter(
        budget.verdict(needed(deployment, tmp_path / deployment.name), deployment.limit) for deployment in DEPLOYMENTS
    )
    assert verdicts["exceeds"] >= 8
    assert verdicts["fits"] >= 2
    assert verdicts["tight"] >= 4


@pytest.mark.parametrize("factor", [0.8, 1.2])
def test_a_formula_that_is_a_fifth_off_does_not_hold(factor: float, tmp_path: Path) -> None:
    wrong = []
    for deployment in DEPLOYMENTS:
        need = needed(deployment, tmp_path / deployment.name)
        idle, tight, safe = (None if one is None else round(one * factor) for one in (need.idle, need.tight, need.safe))
        if (budget.verdict(budget.Need(idle, tight, safe), deployment.limit) == "exceeds") is not deployment.killed:
            wrong.append(deployment.name)
    assert wrong


@pytest.mark.lab
@pytest.mark.usefixtures("turn")
@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=str)
def test_it_becomes_of_the_worker_what_the_command_says(deployment: Deployment, tmp_path: Path) -> None:
    running.write(deployment, tmp_path)
    workers = running.predicted(tmp_path)
    assert {worker["memory_limit"]["value"] for worker in workers} == {deployment.limit}
    verdicts = {worker["verdict"] for worker in workers}
    assert verdicts == {"exceeds"} if deployment.codes else "exceeds" not in verdicts
    outcome = running.run(deployment, tmp_path)
    assert outcome.killed is deployment.killed, outcome.log[-2000:]
    if verdicts == {"exceeds"}:
        assert outcome.killed
    if "fits" in verdicts:
        assert not outcome.killed
    if not deployment.killed:
        assert outcome.done == deployment.load.count, outcome.log[-2000:]
