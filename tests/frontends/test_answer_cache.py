"""Answers from memory: the same words while nothing changes, a new run as soon as something does."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flake8_celery_oom import discover
from flake8_celery_oom.config import read_config
from flake8_celery_oom.frontends import answer_cache, cli, entry
from flake8_celery_oom.listing import signature
from flake8_celery_oom.remembered import folder

COMPOSE = "services:\n  jobs:\n    image: shop\n    command: celery -A shop worker -c 2\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that was left alone for a while, with a cache of its own; it is the working directory."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(signature, "SETTLED_SECONDS", -1e9)
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "compose.yml").write_text(COMPOSE)
    monkeypatch.chdir(folder)
    return folder


class Runs:
    """A command that reads a whole project and its configuration as every command does, and counts how often."""

    def __init__(self, output: str = "found\n", status: int = 1, complaint: str = "", folder: str = ".") -> None:
        self.count = 0
        self.output, self.status, self.complaint, self.folder = output, status, complaint, folder

    def __call__(self) -> int:
        self.count += 1
        root = discover.root_of(Path(self.folder))
        read_config(root)
        for path in discover.list_files(root):
            discover.read_bytes(root, path)
        sys.stdout.write(self.output)
        sys.stderr.write(self.complaint)
        return self.status


def ask(run: Runs, *words: str) -> int:
    return answer_cache.answer(words, run)


def test_the_second_answer_comes_from_memory(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Runs("two\nlines \u00e9\n")
    assert [ask(run, "check"), ask(run, "check")] == [1, 1]
    assert run.count == 1
    assert capsys.readouterr().out == "two\nlines \u00e9\n" * 2


@pytest.mark.parametrize("change", ["content", "new", "gone", "time", "folder"])
def test_any_change_is_seen(project: Path, change: str) -> None:
    run = Runs()
    ask(run, "check")
    if change == "content":
        (project / "compose.yml").write_text(COMPOSE.replace("2", "33"))
    elif change == "new":
        (project / "notes.md").write_text("a name can be asked for, too\n")
    elif change == "gone":
        (project / "compose.yml").unlink()
    elif change == "time":
        os.utime(project / "compose.yml", (1, 1))
    else:
        (project / "compose.yml").rename(project / "other.yml")
    ask(run, "check")
    assert run.count == 2


@pytest.mark.parametrize("change", ["content at the same size and time", "target of a link", "ignored", "appears"])
def test_configuration_that_git_does_not_list_is_seen(project: Path, tmp_path: Path, change: str) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    (project / ".gitignore").write_text("pyproject.toml\n")
    target = tmp_path / "shared.toml" if change == "target of a link" else project / "pyproject.toml"
    if change != "appears":
        target.write_text('[tool.celery-oom]\nignore = ["CO101"]\n')
    if change == "target of a link":
        (project / "pyproject.toml").symlink_to(target)
    run = Runs()
    ask(run, "check")
    before = target.stat() if target.exists() else None
    target.write_text('[tool.celery-oom]\nignore = ["CO102"]\n')
    if before and change.startswith("content"):
        os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))
    ask(run, "check")
    assert run.count == 2


def test_a_new_root_is_seen(project: Path, tmp_path: Path) -> None:
    run = Runs()
    ask(run, "check")
    (tmp_path / ".git").mkdir()
    ask(run, "check")
    assert run.count == 2


def test_other_words_and_other_projects_are_other_questions(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    run = Runs(folder=str(other))
    other.mkdir()
    for words in (("check",), ("workers",), ("check", "--select=CO1"), ("check", str(other))):
        ask(run, *words)
    assert run.count == 4
    (other / "Procfile").write_text("a: b\n")
    ask(run, "check", str(other))
    assert run.count == 5


def test_a_run_that_complains_or_fails_is_not_remembered(project: Path) -> None:
    for run in (Runs(complaint="no such file\n"), Runs(status=2)):
        assert ask(run, "check", run.complaint) == 2
        assert ask(run, "check", run.complaint) == 2
        assert run.count == 2


def test_a_tree_that_was_changed_just_now_is_not_remembered(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signature, "SETTLED_SECONDS", 1e9)
    run = Runs()
    ask(run, "check")
    ask(run, "check")
    assert run.count == 2


def test_a_cache_that_cannot_be_used_is_no_error(project: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file\n")
    run = Runs()
    assert ask(run, "check") == 1
    (tmp_path / "cache").unlink()
    ask(run, "check")
    the_answer(tmp_path).write_bytes(b"\xff no number")
    ask(run, "check")
    assert run.count == 3


def test_only_so_many_answers_are_kept(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_cache, "KEPT", 3)
    for number in range(6):
        ask(Runs(), "check", f"--select=CO{number}")
        (tmp_path / "cache" / "celery-oom" / "notes of the user").touch()
    assert len(list((tmp_path / "cache" / "celery-oom").iterdir())) == 4


def the_answer(tmp_path: Path) -> Path:
    (only,) = (tmp_path / "cache" / "celery-oom").iterdir()
    return only


def test_the_folder_and_its_files_are_the_users_alone(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "celery-oom"
    folder.mkdir(mode=0o755, parents=True)
    ask(Runs(), "check")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(the_answer(tmp_path).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "planted", ["other content", "other status", "open to all", "link", "pipe", "another question's"]
)
def test_a_planted_answer_is_not_believed(
    project: Path, tmp_path: Path, planted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Runs()
    ask(run, "check")
    place = the_answer(tmp_path)
    whole = place.read_bytes()
    if planted == "other content":
        place.write_bytes(whole.replace(b"found", b"\x1b[2J00"))
    elif planted == "other status":
        _, _, content = whole.partition(b"\n")
        assert content.startswith(b"[1,")
        changed = b"[7," + content[3:]
        place.write_bytes(folder._digest(place.name, changed) + b"\n" + changed)
    elif planted == "open to all":
        place.chmod(0o644)
    elif planted == "link":
        place.rename(tmp_path / "elsewhere")
        place.symlink_to(tmp_path / "elsewhere")
    elif planted == "pipe":
        place.unlink()
        os.mkfifo(place)
    else:
        ask(run, "workers")
        (other,) = (path for path in place.parent.iterdir() if path != place)
        other.write_bytes(whole)
        assert ask(run, "workers") == 1
    before = run.count
    assert ask(run, "workers" if planted.startswith("another") else "check") == 1
    assert run.count == before + (not planted.startswith("another"))
    assert "\x1b" not in capsys.readouterr().out


def test_a_folder_behind_a_link_is_not_used(project: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "cache" / "celery-oom").symlink_to(tmp_path / "elsewhere")
    ask(Runs(), "check")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_the_command_gives_the_same_answer_from_memory(project: Path) -> None:
    old = time.time() - 1000
    os.utime(project / "compose.yml", (old, old))
    command = [sys.executable, "-m", "flake8_celery_oom", "check"]
    runs = [subprocess.run(command, capture_output=True, text=True, check=False) for _ in range(2)]
    assert runs[0].stdout == runs[1].stdout
    assert runs[0].returncode == runs[1].returncode == 1
    assert "CO201" in runs[0].stdout
    plain = subprocess.run([*command, "--no-cache"], capture_output=True, text=True, check=False)
    assert plain.stdout == runs[0].stdout


def test_the_cache_is_found_measured_and_emptied(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask(Runs(), "check")
    folder = project.parent / "cache" / "celery-oom"
    (folder / "note").write_text("of somebody else")
    capsys.readouterr()
    assert [cli.main(["cache", action]) for action in ("where", "size", "clean", "size")] == [0, 0, 0, 0]
    said = capsys.readouterr().out.splitlines()
    assert said == [
        str(folder),
        f"{folder}: 1 file, 0.0 MB",
        f"{folder}: 1 file, removed",
        f"{folder}: 0 files, 0.0 MB",
    ]
    assert [one.name for one in folder.iterdir()] == ["note"]


def test_only_commands_that_print_what_they_find_are_remembered() -> None:
    assert set(cli.COMMANDS) - entry.NEVER_REMEMBERED == {"check", "workers"}
