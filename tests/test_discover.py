"""Which files are looked at, and that odd ones do no harm."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from flake8_celery_oom import discover


def write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("celery\n")


def test_a_tree_without_git_is_walked_without_foreign_folders(tmp_path: Path) -> None:
    write(tmp_path, "b/x.py", "a.yml", "node_modules/y.yml", ".venv/z.py", "b/.tox/q.py", ".github/w.yml")
    assert discover.list_files(tmp_path) == [".github/w.yml", "a.yml", "b/x.py"]


def test_git_decides_what_belongs_to_a_checkout(tmp_path: Path) -> None:
    write(tmp_path, "kept.py", "new.py", "ignored.py", "node_modules/tracked.yml")
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    subprocess.run(["git", "-C", str(tmp_path), "add", "kept.py", "node_modules"], check=True)
    assert discover.list_files(tmp_path) == [".gitignore", "kept.py", "new.py", "node_modules/tracked.yml"]


def test_excluded_files_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "legacy/b.py", "c/legacy/d.py")
    assert discover.list_files(tmp_path, ["legacy/"]) == ["a.py"]
    assert discover.list_files(tmp_path, ["/legacy"]) == ["a.py", "c/legacy/d.py"]


def test_only_regular_files_of_sane_size_are_read(tmp_path: Path) -> None:
    write(tmp_path, "a.py")
    (tmp_path / "link.py").symlink_to(tmp_path / "a.py")
    (tmp_path / "big.yml").write_bytes(b"x" * (discover.MAX_BYTES + 1))
    os.mkfifo(tmp_path / "pipe.sh")
    (tmp_path / "empty.py").touch()
    assert discover.read_bytes(tmp_path, "a.py") == b"celery\n"
    assert discover.read_bytes(tmp_path, "empty.py") == b""
    for path in ("link.py", "big.yml", "pipe.sh", "missing", "."):
        assert discover.read_bytes(tmp_path, path) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("app/tasks.py", True),
        ("Dockerfile", True),
        ("docker/start", True),
        ("bin/go", True),
        ("a.sql/run", True),
        ("app/main.GO", False),
        ("deploy/values.yaml", True),
        ("requirements.txt", True),
        ("requirements/base.txt", True),
        ("requirements/extras/eventlet.txt", True),
        ("docs/notes.txt", False),
        ("README.md", False),
        ("static/app.min.js", False),
        ("locale/de/LC_MESSAGES/django.po", False),
        ("Makefile", True),
        (".env.example", True),
    ],
)
def test_candidates(path: str, *, expected: bool) -> None:
    assert discover.is_candidate(path) is expected


@pytest.mark.parametrize("word", [b"celery", b"Celery", b"CELERY", b"django_celery"])
def test_every_spelling_is_a_mention(word: bytes) -> None:
    assert discover.mentions_celery(b"x " + word + b" y")
    assert not discover.mentions_celery(b"x celer y")
