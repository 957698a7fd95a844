"""Our reading of command lines against the Celery that is installed for the tests."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from tests.celery.answers import difference, multi_difference, worker_difference
from tests.celery.answers_tool import asked, recorder

RELEASE = version("celery")


TOOL = recorder()


def answered(kind: str, questions: list[Any]) -> list[tuple[Any, Any]]:
    """Each question with the answer of the Celery that is installed."""
    return list(zip(questions, asked({kind: questions})[kind], strict=True))


def test_three_thousand_lines_are_read_as_celery_reads_them() -> None:
    pairs = answered("lines", [*TOOL.probe_lines(), *TOOL.generate_lines(2026, 3000, (5, 7))])
    differences = {" ".join(argv): difference(argv, answer, RELEASE) for argv, answer in pairs}

    assert len({tuple(argv) for argv, _ in pairs}) > 3000
    assert sum(isinstance(answer, list) for _, answer in pairs) > 2500
    assert sum(answer == "!" for _, answer in pairs) > 1000
    assert {line: found for line, found in differences.items() if found} == {}


def test_nodes_are_those_of_multi_show() -> None:
    pairs = answered("multi", TOOL.multi_questions())
    differences = {" ".join(arguments): multi_difference(arguments, answer, RELEASE) for arguments, answer in pairs}

    assert {line: found for line, found in differences.items() if found} == {}


def test_workers_run_with_what_celery_gives_them() -> None:
    pairs = answered("workers", TOOL.worker_questions(5, seed=7, count=120))
    differences = {str(question): worker_difference(question, answer, RELEASE) for question, answer in pairs}

    assert sum(isinstance(answer, list) for _, answer in pairs) > 80
    assert {question: found for question, found in differences.items() if found} == {}
