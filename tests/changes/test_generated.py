"""Generated files in every notation: the options land where they belong, and no other byte changes.

``CELERY_OOM_EXAMPLES=60`` makes 60 files in each of the thirteen notations for each test instead of 8.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flake8_celery_oom.changes.fixing import Fixer, Outcome
from flake8_celery_oom.frontends.fix import write_files
from flake8_celery_oom.workspace import Workspace
from tests.changes.celery_accepts import refusal
from tests.changes.generated import NOTATIONS, Made, files
from tests.changes.projects import ADDED, NUMBERS

SCALE = "--autoscale=9,3"
EXAMPLES = int(os.environ.get("CELERY_OOM_EXAMPLES", "8"))


@pytest.mark.parametrize("notation", NOTATIONS)
def test_options_are_added(notation: str, tmp_path: Path) -> None:
    hold(notation, tmp_path, check_addition)


@pytest.mark.parametrize("notation", NOTATIONS)
def test_values_are_replaced(notation: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("celery==4.4.7\n")
    hold(notation, tmp_path, check_value, st.sampled_from([("-c", "0"), ("--concurrency", "0"), ("--concurrency=0",)]))


@pytest.mark.parametrize("notation", NOTATIONS)
def test_options_are_taken_away(notation: str, tmp_path: Path) -> None:
    given_twice = [("-c", "4"), ("--concurrency", "4"), ("--concurrency=4",), ("-c4",)]
    hold(notation, tmp_path, check_removal, st.sampled_from(given_twice))


def hold(notation: str, root: Path, check: Callable[..., None], *more: st.SearchStrategy[Any]) -> None:
    tried = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    tried(given(st.tuples(files(notation), *more))(lambda drawn: check(root, *drawn)))()


def fixed(root: Path, made: Made, before: bytes, *codes: str) -> tuple[bytes, Outcome, Workspace]:
    """The bytes of the file after the findings of these codes are fixed on the disk, twice."""
    file = root / made.path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(before)
    try:
        was = Workspace(root, NUMBERS).findings()
        assert {finding.code for finding in was} >= set(codes), (before, was)
        outcome = run(root, codes)
        assert write_files(root, outcome) == ""
        assert run(root, codes).texts == {}, "a second run changes something"
        workspace = Workspace(root, NUMBERS)
        assert len(workspace.findings()) == len(was) - len(outcome.fixed)
        return file.read_bytes(), outcome, workspace
    finally:
        file.unlink()


def run(root: Path, codes: tuple[str, ...]) -> Outcome:
    return Fixer(lambda texts: Workspace(root, NUMBERS, texts), lambda finding: finding.code in codes).run()


def reasons(outcome: Outcome) -> list[str]:
    return [f"{left.finding.code}: {left.reason}" for left in outcome.left]


def check_addition(root: Path, made: Made) -> None:
    before, expected = made.with_options(), made.with_options(*ADDED)
    after, outcome, workspace = fixed(root, made, before, "CO101", "CO201")
    assert after == expected, (before, reasons(outcome))
    for worker in workspace.project().workers:
        words = [word.text or word.shown for word in worker.words]
        assert refusal(words) == "", words


def check_value(root: Path, made: Made, option: tuple[str, ...]) -> None:
    if made.path == "etc/default/celeryd" and option[0] == "--concurrency":
        return  # celery multi takes long options with = only
    before = made.with_options(*option)
    after, outcome, _ = fixed(root, made, before, "CO102")
    assert after == made.with_options(*option[:-1], option[-1].replace("0", "2")), (before, reasons(outcome))


def check_removal(root: Path, made: Made, option: tuple[str, ...]) -> None:
    if made.path == "etc/default/celeryd" and (option[0] == "--concurrency" or 'NODES="w1"' not in made.text):
        return
    for options in ((*option, SCALE), (SCALE, *option)):
        before = made.with_options(*options)
        after, outcome, _ = fixed(root, made, before, "CO103")
        assert after == made.with_options(SCALE), (before, reasons(outcome))
