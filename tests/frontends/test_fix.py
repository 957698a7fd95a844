"""``celery-oom fix``: what it writes, what it says, how it ends."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.frontends import cli, fix

BAD = "services:\n  worker:\n    command: celery -A shop worker # c\n"
GOOD = "services:\n  worker:\n    command: celery -A shop worker --concurrency=4 --max-memory-per-child=300000 # c\n"
CONFIG = "[tool.celery-oom]\nconcurrency = 4\nmax-memory-per-child = 300000\n"


@dataclass
class Result:
    status: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> Result:
        status = cli.main(["fix", *arguments])
        captured = capfd.readouterr()
        return Result(status, captured.out, captured.err)

    return run


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that is the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(CONFIG)
    (tmp_path / "compose.yml").write_text(BAD)
    return tmp_path


def test_fixes_and_says_so(run: Run, home: Path) -> None:
    done = run()
    assert (home / "compose.yml").read_text() == GOOD
    assert done.out == (
        "compose.yml:3:14: CO101 set concurrency to 4\n"
        "compose.yml:3:14: CO201 set max-memory-per-child to 300000\n"
        "fixed 2 findings in 1 file; left 0\n"
    )
    assert (done.status, done.err) == (0, "")


def test_a_second_run_changes_nothing(run: Run, home: Path) -> None:
    run()
    before = (home / "compose.yml").stat()
    done = run()
    after = (home / "compose.yml").stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)
    assert (done.status, done.out) == (0, "fixed 0 findings; left 0\n")


def test_unsafe_fixes_are_named_and_not_made(run: Run, home: Path) -> None:
    (home / "pyproject.toml").write_text("")
    done = run()
    assert (home / "compose.yml").read_text() == BAD
    assert done.status == 1
    assert done.out == (
        "compose.yml:3:14: CO101 left: only --unsafe-fixes would set concurrency to 2: nobody chose this number\n"
        "compose.yml:3:14: CO201 left: only --unsafe-fixes would set max-memory-per-child to 200000: "
        "nobody chose this number\n"
        "fixed 0 findings; left 2; --unsafe-fixes would fix 2 more\n"
    )
    assert run("--unsafe-fixes").status == 0
    assert "--concurrency=2 --max-memory-per-child=200000" in (home / "compose.yml").read_text()


@pytest.mark.skipif(shutil.which("patch") is None, reason="needs the program patch")
@pytest.mark.parametrize("text", [BAD, BAD.rstrip(), "\ufeff" + BAD, BAD.replace("\n", "\r\n")], ids=repr)
def test_diff_changes_nothing_and_is_what_patch_takes(text: str, run: Run, home: Path) -> None:
    file = home / "compose.yml"
    file.write_bytes(text.encode())
    done = run("--diff")
    assert file.read_bytes() == text.encode()
    assert done.status == 1
    assert done.err.endswith("would fix 2 findings in 1 file; left 0\n")
    assert "compose.yml:3:14: CO101 would set concurrency to 4\n" in done.err
    subprocess.run(["patch", "--binary", "-p1"], input=done.out.encode(), check=True, capture_output=True, cwd=home)
    expected = text.replace("worker #", "worker --concurrency=4 --max-memory-per-child=300000 #")
    assert file.read_bytes() == expected.encode()


def test_select_fixes_one_rule(run: Run, home: Path) -> None:
    done = run("--select", "CO101")
    assert "--concurrency=4 #" in (home / "compose.yml").read_text()
    assert (done.status, "CO201" in done.out) == (0, False)


def test_paths_limit_what_changes(run: Run, home: Path) -> None:
    (home / "deploy").mkdir()
    (home / "deploy" / "Procfile").write_text("w: celery -A shop worker\n")
    done = run("deploy")
    assert (home / "compose.yml").read_text() == BAD
    assert "--concurrency=4" in (home / "deploy" / "Procfile").read_text()
    assert done.out.endswith("fixed 2 findings in 1 file; left 0\n")


def test_what_cannot_be_fixed_is_left_with_its_reason(run: Run, home: Path) -> None:
    (home / "compose.yml").write_text("services: {}\n")
    defaults = home / "etc" / "default" / "celeryd"
    defaults.parent.mkdir(parents=True)
    defaults.write_text("CELERYD_NODES=w1\nCELERY_BIN=/usr/bin/celery\nCELERYD_OPTS=-E\n")
    done = run()
    assert (
        "CO101 left: the command is put together from pieces, and none of them is the place to add --concurrency\n"
        in done.out
    )
    assert done.status == 1


def test_a_file_that_cannot_be_written(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    done = run()
    assert done.status == 2
    assert done.err == "celery-oom: error: compose.yml: is not writable; no file was changed\n"
    assert (home / "compose.yml").read_text() == BAD


def test_a_project_that_cannot_be_read(run: Run, home: Path) -> None:
    assert run("missing").status == 2
    (home / "pyproject.toml").write_text("[tool.celery-oom]\nfix-place = 'x'\n")
    done = run()
    assert done.status == 2
    assert "give 'auto', 'command' or 'settings'" in done.err


def test_bytes_that_are_no_utf_8_stay(run: Run, home: Path) -> None:
    (home / "compose.yml").unlink()
    (home / "run.sh").write_bytes(b"#!/bin/sh\n# \xff\xfe caf\xe9\ncelery -A shop worker\n")
    assert run().status == 0
    expected = b"#!/bin/sh\n# \xff\xfe caf\xe9\ncelery -A shop worker --concurrency=4 --max-memory-per-child=300000\n"
    assert (home / "run.sh").read_bytes() == expected


def test_a_diff_shows_no_secret_and_turns_no_terminal() -> None:
    old = "A_TOKEN=hunter2\r\n\x1b[31m\u202e worker\n"
    lines = list(fix.diff(SourceText("a.env", old), old.replace("worker", "worker -c 2"), "a\x1b.env"))
    text = "".join(lines)
    assert "hunter2" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert " A_TOKEN=***\r\n" in lines
    assert "+\\x1b[31m\\x202e worker -c 2\n" in lines
