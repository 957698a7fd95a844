"""``celery-oom diff`` and ``check --new-from``, on a project under git."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flake8_celery_oom.frontends import cli
from tests.listing.git_repositories import git, needs_git

pytest.importorskip("dulwich")
pytestmark = needs_git

BEFORE = """\
services:
  worker:
    image: shop
    command: celery -A shop worker -c 4 --max-memory-per-child=100000
    mem_limit: 1g
  gone:
    image: shop
    command: celery -A shop worker
"""
AFTER = """\
# What has moved is no other worker.
services:
  worker:
    image: shop
    command: celery -A shop worker -c 8 --max-memory-per-child=100000
    mem_limit: 1g
  mails:
    image: shop
    command: celery -A shop worker
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "compose.yml").write_text(BEFORE)
    (root / "notes.md").write_text("# Notes\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "one")
    (root / "compose.yml").write_text(AFTER)
    monkeypatch.chdir(root)
    return root


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = cli.main(list(words))
    said = capsys.readouterr()
    return status, said.out, said.err


def test_what_differs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "diff", "HEAD")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[:2] == ["~ worker (compose.yml:5)", "    processes: 1 + 4 -> 1 + 8"]
    assert [line for line in lines if line[0] in "+-~"] == [
        "~ worker (compose.yml:5)",
        "+ mails (compose.yml:9)",
        "- gone (compose.yml:8)",
    ]
    new, ended = (next(index for index, line in enumerate(lines) if line.startswith(word)) for word in ("new", "ended"))
    assert any(line.startswith("    compose.yml:9: CO101 ") for line in lines[new:ended])
    assert any(line.startswith("    compose.yml:8: CO101 ") for line in lines[ended:])


def test_nothing_differs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "compose.yml").write_text(BEFORE)
    assert run(capsys, "diff", "HEAD") == (0, "nothing differs from HEAD: 2 workers\n", "")
    assert run(capsys, "diff", "HEAD", "--format", "markdown")[1] == "The Celery workers are as at `HEAD`.\n"


def test_a_worker_in_another_file_is_the_same(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "compose.yml").unlink()
    (project / "deploy").mkdir()
    (project / "deploy" / "compose.yml").write_text(BEFORE.replace("-c 4", "-c 6"))
    lines = run(capsys, "diff", "HEAD")[1].splitlines()
    assert lines[:2] == ["~ worker (deploy/compose.yml:4)", "    processes: 1 + 4 -> 1 + 6"]
    assert not [line for line in lines if line[0] in "+-"]


def test_markdown_and_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, shown, _ = run(capsys, "diff", "HEAD", "--format", "markdown")
    assert shown.startswith("| worker | value | before | after |\n| --- | --- | --- | --- |\n")
    assert "| **worker**<br>`compose.yml:5` | processes | 1 + 4 | 1 + 8 |" in shown
    document = json.loads(run(capsys, "diff", "HEAD", "--format", "json")[1])
    assert [one["name"] for one in document["added"]] == ["mails"]
    assert document["changed"][0]["changes"]["processes"] == ["1 + 4", "1 + 8"]


def test_only_what_is_new_fails(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "check", "--no-cache", "--new-from", "HEAD", "--format", "concise")
    assert status == 1
    assert "compose.yml:9" in out
    git(project, "commit", "-q", "-am", "two")
    status, out, _ = run(capsys, "check", "--no-cache", "--new-from", "HEAD", "--format", "concise")
    assert (status, out) == (0, "")
    assert run(capsys, "check", "--no-cache", "--new-from", "HEAD~1", "--exit-zero")[0] == 0


def test_a_revision_that_is_none(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["diff", "nothing"], ["check", "--new-from", "nothing"]):
        status, _, err = run(capsys, *words)
        assert status == 2
        assert err == "celery-oom: error: nothing: no such revision here\n"


def test_files_that_nobody_reads_are_there_at_both_times(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A Dockerfile that copies one would otherwise read another way in the revision."""
    (project / "Dockerfile").write_text("FROM python:3.12\nCOPY notes.md start\nCMD celery -A shop worker\n")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "two")
    assert run(capsys, "diff", "HEAD")[1].startswith("nothing differs")
