from __future__ import annotations

import pytest

from flake8_celery_oom.core.facts import Variables
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.sources import dotenv


@pytest.mark.parametrize(
    "path",
    [".env", ".env.production", "deploy/worker.env", ".envs/.production/.django", "env.d/common.dist", "env_file_app"],
)
def test_claims_environment_files(path: str) -> None:
    assert dotenv.claims(path, "# ours\n\nexport A=1\n")


@pytest.mark.parametrize("path", [".env.py", "env.sh", "environment", "celery.env.json", "src/envelope"])
def test_leaves_other_names_alone(path: str) -> None:
    assert not dotenv.claims(path, "A=1\n")


@pytest.mark.parametrize("head", ["#!/bin/sh\nA=1\n", "set -e\nA=1\n", "", "{\n"])
def test_leaves_other_content_alone(head: str) -> None:
    assert not dotenv.claims(".env", head)


def test_the_last_assignment_counts() -> None:
    (facts,) = dotenv.read(SourceText("a/.env", "A=1\nA=2\n"))
    assert isinstance(facts, Variables)
    assert (facts.kind, facts.name, facts.path) == ("file", "a/.env", "a/.env")
    assert facts.values["A"].text == "2"


def test_empty_lines_take_no_time_to_be_told_from_assignments() -> None:
    assert not dotenv.claims(".env", "\n" * 4000 + "!")
    assert not dotenv.claims(".env", " \n" * 2000 + "!")
