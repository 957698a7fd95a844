"""Our reading of command lines against the Celery that is installed for the tests."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import pytest

from tests.celery.answers import difference, multi_difference, worker_difference
from tests.celery.answers_tool import asked, recorder

RELEASE = version("celery")


@pytest.fixture(scope="module")
def questions() -> dict[str, list[Any]]:
    tool = recorder()
    return {
        "lines": [*tool.probe_lines(), *tool.generate_lines(2026, 2000, (5, 7))],
        "workers": tool.worker_questions(5, seed=7, count=120),
        "multi": tool.multi_questions(),
    }


@pytest.fixture(scope="module")
def answers(questions: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return asked(questions)


def test_three_thousand_lines_are_read_as_celery_reads_them(
    questions: dict[str, list[Any]], answers: dict[str, list[Any]]
) -> None:
    pairs = list(zip(questions["lines"], answers["lines"], strict=True))
    differences = {" ".join(argv): difference(argv, answer, RELEASE) for argv, answer in pairs}

    assert len(pairs) > 3000
    assert sum(isinstance(answer, list) for _, answer in pairs) > 1500
    assert sum(answer == "!" for _, answer in pairs) > 700
    assert {line: found for line, found in differences.items() if found} == {}


def test_nodes_are_those_of_multi_show(questions: dict[str, list[Any]], answers: dict[str, list[Any]]) -> None:
    pairs = zip(questions["multi"], answers["multi"], strict=True)
    differences = {" ".join(arguments): multi_difference(arguments, answer, RELEASE) for arguments, answer in pairs}

    assert {line: found for line, found in differences.items() if found} == {}


def test_workers_run_with_what_celery_gives_them(
    questions: dict[str, list[Any]], answers: dict[str, list[Any]]
) -> None:
    pairs = list(zip(questions["workers"], answers["workers"], strict=True))
    differences = {str(question): worker_difference(question, answer, RELEASE) for question, answer in pairs}

    assert sum(isinstance(answer, list) for _, answer in pairs) > 80
    assert {question: found for question, found in differences.items() if found} == {}
