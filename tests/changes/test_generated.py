"""Generated files in every notation: the options land where they belong, and no other byte changes.

``CELERY_OOM_EXAMPLES=400`` makes 400 files of each of the six kinds for each test instead of 17.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flake8_celery_oom.workspace import Workspace
from tests.changes.celery_accepts import refusal
from tests.changes.generated import KINDS, MARK, Made
from tests.changes.projects import ADDED, NUMBERS, fix

SCALE = "--autoscale=9,3"
EXAMPLES = int(os.environ.get("CELERY_OOM_EXAMPLES", "17"))


@pytest.mark.parametrize("kind", KINDS)
def test_options_are_added(kind: str) -> None:
    hold(kind, check_addition)


@pytest.mark.parametrize("kind", KINDS)
def test_values_are_replaced(kind: str) -> None:
    hold(kind, check_value, st.sampled_from([("-c", "0"), ("--concurrency", "0"), ("--concurrency=0",)]))


@pytest.mark.parametrize("kind", KINDS)
def test_options_are_taken_away(kind: str) -> None:
    hold(kind, check_removal, st.sampled_from([("-c", "4"), ("--concurrency", "4"), ("--concurrency=4",), ("-c4",)]))


def hold(kind: str, check: Callable[..., None], *more: st.SearchStrategy[Any]) -> None:
    root = Path(tempfile.mkdtemp())
    tried = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    tried(given(st.tuples(KINDS[kind](), *more))(lambda drawn: check(root, *drawn)))()
    root.rmdir()


def with_options(made: Made, *options: str) -> str:
    return made.text.replace(MARK, "".join(made.between.replace("{}", option) for option in options))


def check_addition(root: Path, made: Made) -> None:
    before = with_options(made)
    missing = {finding.code for finding in Workspace(root, NUMBERS, {made.path: before}).findings()}
    assert {"CO101", "CO201"} <= missing, (missing, before)
    fixed = fix(root, {made.path: before}, "CO101", "CO201")
    assert fixed.texts[made.path] == with_options(made, *ADDED), fixed.reasons
    for worker in fixed.workspace.project().workers:
        words = [word.text or word.shown for word in worker.words]
        assert refusal(words) == "", words


def check_value(root: Path, made: Made, option: tuple[str, ...]) -> None:
    if made.path == "etc/default/celeryd" and option[0] == "--concurrency":
        return  # celery multi takes long options with = only
    files = {made.path: with_options(made, *option), "requirements.txt": "celery==4.4.7\n"}
    fixed = fix(root, files, "CO102")
    after = [*option[:-1], option[-1].replace("0", "2")]
    assert fixed.texts[made.path] == with_options(made, *after), fixed.reasons


def check_removal(root: Path, made: Made, option: tuple[str, ...]) -> None:
    if made.path == "etc/default/celeryd" and option[0] == "--concurrency":
        return
    for options in ((*option, SCALE), (SCALE, *option)):
        fixed = fix(root, {made.path: with_options(made, *options)}, "CO103")
        assert fixed.texts[made.path] == with_options(made, SCALE), fixed.reasons
