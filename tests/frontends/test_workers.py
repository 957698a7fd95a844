from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flake8_celery_oom.frontends import cli

GOOD = """\
services:
  web:
    image: shop
    command: celery -A shop worker -c 4 --max-memory-per-child=153600
    mem_limit: 480m
"""
BAD = "services:\n  web:\n    command: celery -A shop worker -P $POOL\n"

Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``celery-oom workers`` and gives what it prints."""

    def run(*arguments: str) -> str:
        assert cli.main(["workers", *arguments]) == 0
        captured = capsys.readouterr()
        assert captured.err == ""
        return captured.out

    return run


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project that is the current folder."""
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_table(run: Run, home: Path) -> None:
    (home / "compose.yml").write_text(GOOD)
    name, runs, needs, legend = run().splitlines()
    assert name == "web  compose.yml:4"
    assert runs == "    prefork, 1 + 4 processes, recycling at 150 MiB"
    assert needs.endswith("540 MiB of 480 MiB: exceeds")
    assert legend.startswith("█ main process")
    assert run("pyproject.toml") == "no workers found\n"


def test_what_is_unknown_is_counted_and_explained(run: Run, home: Path) -> None:
    (home / "compose.yml").write_text(BAD)
    assert run().splitlines()[-1] == "? 1 value is not known from the files; --origins says why"
    origins = run("--origins")
    assert "web  compose.yml:3\n" in origins
    assert re.search(r"^    pool  +\?  +\$POOL is not known, command line, compose.yml:3$", origins, re.MULTILINE)


def test_plain_signs_where_the_output_has_no_others(home: Path) -> None:
    (home / "compose.yml").write_text(GOOD)
    command = [sys.executable, "-X", "utf8=0", "-m", "flake8_celery_oom", "workers"]
    for arguments in ((), ("--no-cache",)):
        environment = {"PYTHONIOENCODING": "ascii", "XDG_CACHE_HOME": str(home), "PATH": "/usr/bin:/bin"}
        done = subprocess.run([*command, *arguments], capture_output=True, check=True, env=environment)
        assert b"    #=-----------|-- 540 MiB of 480 MiB: exceeds" in done.stdout
        assert b"# main process  = idle children" in done.stdout


def test_json(run: Run, home: Path) -> None:
    (home / "compose.yml").write_text(GOOD)
    shown = json.loads(run("--format", "json"))
    assert shown["version"] == 1
    (worker,) = shown["workers"]
    assert (worker["path"], worker["line"], worker["kind"]) == ("compose.yml", 4, "compose")
    place = {"path": "compose.yml", "line": 4}
    assert worker["concurrency"] == {"state": "known", "value": 4, "from": "cli", "at": place}
    assert (worker["verdict"], worker["findings"]) == ("exceeds", ["CO301"])


def test_markdown(run: Run, home: Path) -> None:
    (home / "compose.yml").write_text(GOOD)
    assert "| **web**<br>`compose.yml:4` | prefork | 1 + 4 |" in run("--format", "markdown")
    assert "<details><summary>web compose.yml:4</summary>" in run("--format", "markdown", "--origins")


def test_html_is_called_after_what_was_asked_for(run: Run, home: Path) -> None:
    (home / "compose.yml").write_text(GOOD)
    assert "<title>Celery workers of compose.yml</title>" in run("--format", "html", "compose.yml")
    assert f"<title>Celery workers of {home.name}</title>" in run("--format", "html")
    assert "No workers found." in run("--format", "html", "pyproject.toml")


def test_a_worker_lists_its_findings(run: Run, home: Path) -> None:
    (home / "compose.yml").write_text(BAD.replace(" -P $POOL", ""))
    (worker,) = json.loads(run("--format=json"))["workers"]
    assert worker["findings"] == ["CO101", "CO201"]


def test_a_project_that_cannot_be_looked_at(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["workers", "gone"]) == 2
    assert capsys.readouterr() == ("", "celery-oom: error: gone: no such file or folder\n")
