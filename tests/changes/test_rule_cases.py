"""The laws of fixing hold for every little project of fixtures/rules, with all rules on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flake8_celery_oom.config import read_config
from flake8_celery_oom.rules import modules
from tests.changes.projects import fix
from tests.rules import cases

EVERY = [case for code in cases.codes() for case in cases.read_cases(code)]


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_laws(case: cases.Case, tmp_path: Path) -> None:
    cases.write(case, tmp_path)
    config = replace(read_config(tmp_path), select=(), extend_select=tuple(modules()))
    fixed = fix(tmp_path, case.files, config=config, unsafe=True)
    refused = [left.reason for left in fixed.outcome.left if "was not made" in left.reason]
    assert all("would be reported" in reason or "the edit would also change" in reason for reason in refused), refused
