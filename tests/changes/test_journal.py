"""A change that is killed at any line is finished or undone by the next run, and nothing of it stays behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flake8_celery_oom.changes import journal
from flake8_celery_oom.changes.writing import Change, WriteError, recover, write

ROOT = Path(__file__).parents[2]
FILES = {"a.yml": b"a: 1\n", "deploy/b.yml": b"b: 1\n", "deploy/c/Dockerfile": b"FROM x\n"}
KILLED = """
import os, signal, sys
from pathlib import Path
from flake8_celery_oom.changes import journal, writing

left, root = int(sys.argv[1]), Path(sys.argv[2])
seen = 0

def trace(frame, event, argument):
    global seen
    if frame.f_code.co_filename not in (journal.__file__, writing.__file__):
        return None
    if event == "line":
        seen += 1
        if seen == left:
            os.kill(os.getpid(), signal.SIGKILL)
    return trace

files = {path: (root / path).read_bytes() for path in sys.argv[3:]}
sys.settrace(trace)
writing.write(root, [writing.Change(path, old, old + b"# new\\n") for path, old in files.items()])
"""

unix = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")


def project(root: Path) -> None:
    for path, content in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _killed_at(line: int, root: Path) -> bool:
    command = [sys.executable, "-c", KILLED, str(line), str(root), *FILES]
    done = subprocess.run(command, cwd=ROOT, check=False)
    assert done.returncode in (0, -signal.SIGKILL)
    return done.returncode != 0


@unix
def test_a_change_killed_at_any_line_is_whole_or_not_at_all(tmp_path: Path) -> None:
    step = 1 if "KILLS" in os.environ else 11
    outcomes = set()
    line = 1
    while True:
        root = tmp_path / str(line)
        project(root)
        was_killed = _killed_at(line, root)
        assert recover(root) == []
        new = {path: content + b"# new\n" for path, content in FILES.items()}
        found = contents(root)
        assert found in (FILES, new)
        outcomes.add(found == new)
        if not was_killed:
            break
        line += step
    assert line > 100
    assert outcomes == {False, True}


@unix
def test_a_file_that_was_changed_after_the_kill_stays(tmp_path: Path) -> None:
    project(tmp_path)
    entries = []
    for path, content in FILES.items():
        folder, _, name = path.rpartition("/")
        draft = f"{folder}/.{name}.0123456789abcdef.celery-oom-draft".lstrip("/")
        (tmp_path / draft).write_bytes(b"new")
        entries.append(journal.Entry(path, draft, journal.digest(content), journal.digest(b"new")))
    made = journal.Journal(tmp_path, entries)
    made.complete()
    os.close(made._descriptor)
    (tmp_path / "a.yml").write_bytes(b"mine")
    assert recover(tmp_path) == ["a.yml"]
    assert contents(tmp_path) == {**dict.fromkeys(FILES, b"new"), "a.yml": b"mine"}


@unix
@pytest.mark.parametrize("path", ["../out/a", ".git/config", "x/../../out/a", "a//b", "/etc/passwd"])
def test_a_planted_journal_moves_nothing_outside_of_the_files_of_a_project(tmp_path: Path, path: str) -> None:
    root, out = tmp_path / "root", tmp_path / "out"
    project(root)
    (root / ".git").mkdir()
    out.mkdir()
    (out / "a").write_bytes(b"old")
    (root / ".git/config").write_bytes(b"old")
    folder, _, name = path.rpartition("/")
    draft = f"{folder}/.{name}.0123456789abcdef.celery-oom-draft"
    for place in (out, root / ".git"):
        (place / f".{name}.0123456789abcdef.celery-oom-draft").write_bytes(b"new")
    entry = {"path": path, "draft": draft, "old": journal.digest(b"old"), "new": journal.digest(b"new")}
    (root / journal.NAME).write_bytes(json.dumps([entry]).encode() + b"\ncomplete\n")
    recover(root)
    assert (out / "a").read_bytes() == (root / ".git/config").read_bytes() == b"old"
    assert len(list(out.iterdir())) == 2


@unix
@pytest.mark.parametrize("content", [b"", b"{", b"[1]\ncomplete\n", b'[{"path": 1}]\n', b"\0" * 100])
def test_what_is_no_journal_is_removed(tmp_path: Path, content: bytes) -> None:
    project(tmp_path)
    (tmp_path / journal.NAME).write_bytes(content)
    assert recover(tmp_path) == []
    assert contents(tmp_path) == FILES


@unix
def test_two_runs_do_not_write_at_once(tmp_path: Path) -> None:
    project(tmp_path)
    running = journal.Journal(tmp_path, [])
    with pytest.raises(WriteError, match="another celery-oom fix"):
        write(tmp_path, [Change("a.yml", FILES["a.yml"], b"new")])
    running.close()
    write(tmp_path, [Change("a.yml", FILES["a.yml"], b"new")])
    assert contents(tmp_path) == {**FILES, "a.yml": b"new"}


@unix
def test_hard_links_are_refused_and_attributes_kept(tmp_path: Path) -> None:
    project(tmp_path)
    os.link(tmp_path / "a.yml", tmp_path / "other.yml")
    with pytest.raises(WriteError, match="hard link"):
        write(tmp_path, [Change("a.yml", FILES["a.yml"], b"new")])
    try:
        os.setxattr(tmp_path / "deploy/b.yml", "user.note", b"kept")
    except (AttributeError, OSError):
        pytest.skip("this file system keeps no extended attributes")
    write(tmp_path, [Change("deploy/b.yml", FILES["deploy/b.yml"], b"new")])
    assert os.getxattr(tmp_path / "deploy/b.yml", "user.note") == b"kept"
