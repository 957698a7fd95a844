"""What was not read never looks clean; what ends a run is said in one line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.frontends import cli
from flake8_celery_oom.resolve.trace.launcher import Launcher
from flake8_celery_oom.sources import procfile

COMPOSE = "services:\n  w:\n    image: x\n    command: celery -A p worker\n"
ENCODINGS = ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]


def _encoded(text: str, encoding: str) -> bytes:
    return ("\ufeff" + text).encode(encoding)


def check(root: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str, str]:
    (root / ".git").mkdir(exist_ok=True)
    status = cli.main(["check", "--format", "concise", *(more or (str(root),))])
    return status, *capsys.readouterr()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_byte_order_mark_says_how_to_decode(encoding: str) -> None:
    data = _encoded("a: 1\r\nb: \U0001f600\n", encoding)
    source = SourceText.from_bytes("a", data)
    assert source.text == "a: 1\r\nb: \U0001f600\n"
    assert source.to_bytes() == data
    assert source.to_bytes("c") == _encoded("c", encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_files_of_other_encodings_are_checked_and_fixed(
    tmp_path: Path, encoding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "compose.yml").write_bytes(_encoded(COMPOSE, encoding))
    status, out, _ = check(tmp_path, capsys)
    assert (status, "CO101" in out) == (1, True)
    cli.main(["fix", "--unsafe-fixes", str(tmp_path)])
    fixed = (tmp_path / "compose.yml").read_bytes()
    assert fixed == _encoded(fixed.decode(encoding).removeprefix("\ufeff"), encoding)
    assert "worker --concurrency" in fixed.decode(encoding)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (COMPOSE.encode() + b"#\0\n", "holds NUL bytes"),
        (COMPOSE.encode() + b"#" * 2_000_001, "is larger than 2,000,000 bytes"),
        (b"\xff\xfe" + COMPOSE.encode("utf-16-le") + b"\0\xd8", "is no UTF-16"),
    ],
)
def test_a_file_that_gives_no_text_is_reported(
    tmp_path: Path, content: bytes, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "compose.yml").write_bytes(content)
    status, out, _ = check(tmp_path, capsys)
    assert status == 1
    assert f"CO001 error: {reason}" in out
    status, _, err = check(tmp_path, capsys, str(tmp_path / "compose.yml"))
    assert status == 2
    assert reason in err


def test_what_is_no_text_and_nothing_of_celery_is_counted_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "install.sh").write_bytes(b"#!/bin/sh\n\0\0")
    (tmp_path / "photo").write_bytes(b"\0\0")
    status, _, _ = check(tmp_path, capsys)
    assert status == 0
    cli.main(["check", str(tmp_path)])
    assert "1 file not read" in capsys.readouterr().out


@pytest.mark.parametrize("options", [["--select", "CO1"], ["--ignore", "CO001"]])
def test_what_no_rule_may_report_is_counted_and_refused_by_name(
    tmp_path: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "worker.yaml").write_text("apiVersion: v1\nkind: Pod\nspec: {containers: [{command: [celery, -A, p,\n")
    assert cli.main(["check", *options, str(tmp_path)]) == 0
    assert "1 file not read" in capsys.readouterr().out
    assert cli.main(["check", *options, str(tmp_path / "worker.yaml")]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "cannot be read as YAML" in err


def _outside(root: Path) -> Path:
    """A folder beside the project with files that would start workers."""
    outside = root.parent / f"{root.name}-outside"
    outside.mkdir()
    (outside / "compose.yml").write_text(COMPOSE)
    return outside


@pytest.mark.parametrize("tracked", [True, False])
def test_links_that_lead_out_are_counted(tmp_path: Path, tracked: bool, capsys: pytest.CaptureFixture[str]) -> None:
    outside = _outside(tmp_path)
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "compose.yml").symlink_to(outside / "compose.yml")
    (tmp_path / "notes.md").symlink_to(outside / "compose.yml")
    (tmp_path / "shared").symlink_to(outside)
    (tmp_path / "inside").mkdir()
    (tmp_path / "within").symlink_to("inside")
    if tracked:
        (tmp_path / ".git").mkdir()
    assert cli.main(["check", str(tmp_path)]) == 0
    assert "2 outside links not read" in capsys.readouterr().out


def test_submodules_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@localhost", "-C"]
    if shutil.which("git") is None:
        pytest.skip("git is missing")
    outside = _outside(tmp_path)
    for folder in (outside, tmp_path):
        subprocess.run([*git, str(folder), "init", "-q"], check=True)
    subprocess.run([*git, str(outside), "add", "."], check=True)
    subprocess.run([*git, str(outside), "commit", "-qm", "one"], check=True)
    head = subprocess.run([*git, str(outside), "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    (tmp_path / "setup.py").write_text("")
    entry = f"160000,{head.stdout.strip()},deploy"
    subprocess.run([*git, str(tmp_path), "update-index", "--add", "--cacheinfo", entry], check=True)
    assert cli.main(["check", str(tmp_path)]) == 0
    assert "1 submodule not read" in capsys.readouterr().out


def test_folders_that_may_not_be_listed_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").mkdir()
    scan = os.scandir

    def refuse(folder: str) -> object:
        if str(folder).endswith("secret"):
            raise PermissionError(13, "Permission denied", folder)
        return scan(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    for marked in (False, True):
        if marked:
            (tmp_path / ".git").mkdir()
        else:
            (tmp_path / "pyproject.toml").write_text("")
        assert cli.main(["check", str(tmp_path)]) == 0
        assert "1 folder not read" in capsys.readouterr().out
        assert cli.main(["check", "--format", "json", str(tmp_path)]) == 0
        assert json.loads(capsys.readouterr().out)["summary"]["unread"] == 1


def test_a_mistake_in_reading_one_file_leaves_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_: SourceText) -> list[object]:
        raise ZeroDivisionError("no")

    monkeypatch.setattr(procfile, "read", read)
    (tmp_path / "Procfile").write_text("w: celery -A p worker\n")
    (tmp_path / "compose.yml").write_text(COMPOSE)
    _, out, _ = check(tmp_path, capsys)
    assert "could not be read (ZeroDivisionError: no): a mistake in celery-oom" in out
    assert "CO101" in out


def test_a_launch_that_cannot_be_followed_leaves_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = Launcher._follow

    def broken(self: Launcher, launch: object) -> object:
        if launch.at.path == "Procfile":  # type: ignore[attr-defined]
            raise RecursionError
        return follow(self, launch)  # type: ignore[arg-type]

    monkeypatch.setattr(Launcher, "_follow", broken)
    (tmp_path / "Procfile").write_text("w: celery -A p worker\n")
    (tmp_path / "compose.yml").write_text(COMPOSE)
    _, out, _ = check(tmp_path, capsys)
    assert "is nested too deeply to be read" in out
    assert "compose.yml:4:14" in out


@pytest.mark.parametrize("error", [RecursionError("deep"), MemoryError(), KeyError("a"), OSError(5, "no", "f")])
def test_whatever_ends_a_run_is_one_line(
    error: Exception, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def command(_: object) -> int:
        raise error

    monkeypatch.setitem(cli.COMMANDS, "rules", command)
    assert cli.main(["rules"]) == cli.FAILED
    err = capsys.readouterr().err
    assert err.startswith("celery-oom: error: ")
    assert err.count("\n") == 1
    assert cli.main(["rules", "--traceback"]) == cli.FAILED
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="there is no shell to close the streams with")
@pytest.mark.parametrize("closing", ["2>&-", ">/dev/full 2>/dev/full", ">&- 2>&-"])
def test_closed_streams_are_status_2(closing: str, tmp_path: Path) -> None:
    command = f"{sys.executable} -m flake8_celery_oom check nowhere {closing}"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, check=False)
    assert done.returncode == 2
