"""Generated files in every notation: the options land where they belong, and no other byte changes.

``CELERY_OOM_EXAMPLES=400`` makes 400 files of each of the six kinds instead of 50.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flake8_celery_oom.workspace import Workspace
from tests.changes.celery_accepts import refusal
from tests.changes.generated import KINDS, MARK, Made
from tests.changes.projects import ADDED, NUMBERS, fix

EXAMPLES = int(os.environ.get("CELERY_OOM_EXAMPLES", "50"))


@pytest.mark.parametrize("kind", KINDS)
def test_generated(kind: str) -> None:
    root = Path(tempfile.mkdtemp())

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(KINDS[kind]())
    def hold(made: Made) -> None:
        check(root, made)

    hold()
    root.rmdir()


def check(root: Path, made: Made) -> None:
    before = made.text.replace(MARK, "")
    workspace = Workspace(root, NUMBERS, {made.path: before})
    missing = {finding.code for finding in workspace.findings()}
    assert {"CO101", "CO201"} <= missing, (missing, before)
    fixed = fix(root, {made.path: before}, "CO101", "CO201")
    added = "".join(made.between.replace("{}", option) for option in ADDED)
    assert fixed.texts[made.path] == made.text.replace(MARK, added), fixed.reasons
    for worker in fixed.workspace.project().workers:
        words = [word.text or word.shown for word in worker.words]
        assert refusal(words) == "", words


def test_strategies_are_examples() -> None:
    assert all(isinstance(make(), st.SearchStrategy) for make in KINDS.values())
