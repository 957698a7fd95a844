"""Our reading of command lines against what Celery 3.1 to 5.6 answered (tools/record_command_lines.py)."""

from __future__ import annotations

import pytest

from tests.celery.answers import difference, multi_difference, worker_difference
from tests.celery.answers_tool import RELEASES, recorded

FULLY_ASKED = {"4.4.7", "5.0.5", "5.6.3"}


@pytest.mark.parametrize("release", RELEASES)
def test_every_line_is_read_as_the_release_reads_it(release: str) -> None:
    lines = recorded(release)["lines"]
    differences = {" ".join(argv): difference(argv, answer, release) for argv, answer in lines}

    assert len({tuple(argv) for argv, _ in lines}) > (3000 if release in FULLY_ASKED else 1000)
    assert {line: found for line, found in differences.items() if found} == {}


@pytest.mark.parametrize("release", [release for release in RELEASES if "multi" in recorded(release)])
def test_nodes_are_those_of_multi_show(release: str) -> None:
    asked = recorded(release)["multi"]
    differences = {" ".join(arguments): multi_difference(arguments, answer, release) for arguments, answer in asked}

    assert {line: found for line, found in differences.items() if found} == {}


@pytest.mark.parametrize("release", [release for release in RELEASES if "workers" in recorded(release)])
def test_workers_run_with_what_the_release_gives_them(release: str) -> None:
    asked = recorded(release)["workers"]
    differences = {str(question): worker_difference(question, answer, release) for question, answer in asked}

    assert sum(not isinstance(answer, str) for _, answer in asked) > 200
    assert {question: found for question, found in differences.items() if found} == {}


def test_the_releases_around_every_change_of_the_tables_are_recorded() -> None:
    assert {release.rpartition(".")[0].removesuffix(".26") for release in RELEASES} == {
        "3.1", "4.0", "4.1", "4.2", "4.3", "4.4", "5.0", "5.1", "5.2", "5.3", "5.5", "5.6",
    }  # fmt: skip
