"""Makes repositories at random with the real git, for comparing what is listed with what git lists."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

NAMES = (
    "a",
    "b",
    "build",
    "app.py",
    "x.log",
    "keep.log",
    "Makefile",
    "with space",
    "tail ",
    "é",
    "[x]",
    "#h",
    "!n",
    "a\\b",
)
PATTERNS = (
    "*.log", "build", "build/", "/a", "a/b", "**/b", "a/**", "a/**/x.log", "!keep.log", "!/a", "*", "!*/", "/*", "*.py",
    "[ab]", "[!a]", "[[:alpha:]]", "?", "with\\ space", "with space", "tail\\ ", "\\#h", "\\!n", "#h", "é", "\\[x\\]",
    "**", "a**b", "*/b", "b/*", "/build/**", "!build/keep.log", "x.log   ", "app.*", "[a-", "a\\", "//", "/", "!",
    "a//", "***/b", "*a*", "*u*l*", "/**/", "**/", "a/*/b", "!a/", "!b", "tail ", "[]x]", "[^]x]*", "[a-c]*", "*\\",
    "a/b/",
)  # fmt: skip


def git(folder: Path, *words: str, check: bool = True) -> bytes:
    """Run git as a user without configuration of their own; gives standard output."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder.parent / "nobody"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org",
    }
    run = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, env=environment, check=check)
    return run.stdout


def listed_by_git(folder: Path) -> set[str]:
    """What git lists of a checkout."""
    output = git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return {os.fsdecode(path) for path in output.split(b"\0") if path}


def make_repository(root: Path, seed: int) -> None:
    """A repository with files, ignore files, tracked and untracked paths chosen by ``seed``."""
    chance = random.Random(seed)
    root.mkdir()
    git(root, "init", "-q", f"--object-format={'sha256' if seed % 10 == 7 else 'sha1'}")
    if seed % 3 == 0:
        git(root, "config", "index.version", "4")
    _fill(root, chance, 3)
    if chance.random() < 0.5:
        (root / ".git" / "info").mkdir(exist_ok=True)
        (root / ".git" / "info" / "exclude").write_text(_patterns(chance))
    paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if ".git" not in path.parts)
    git(root, "add", "-A")
    for path in chance.sample(paths, min(len(paths), 3)):
        git(root, "add", "-f", "--", path, check=False)
    _vary(root, chance)


def _vary(root: Path, chance: random.Random) -> None:
    """What makes an index odd."""
    if chance.random() < 0.4:
        git(root, "commit", "-q", "--allow-empty", "-m", "one")
    if chance.random() < 0.3:
        git(root, "update-index", "--split-index")
    tracked = [os.fsdecode(path) for path in git(root, "ls-files", "-z").split(b"\0") if path]
    for path in chance.sample(tracked, min(len(tracked), 3)):
        action = chance.choice(["gone", "untrack", "skip", "unchanged", "folder"])
        target = root / path
        if action == "untrack":
            git(root, "rm", "-q", "--cached", "--", path)
        elif action == "skip":
            git(root, "update-index", "--skip-worktree", "--", path)
        elif not target.is_symlink() and target.is_file():
            if action != "unchanged":
                target.unlink()
            if action == "folder":
                target.mkdir()
                (target / "inside.py").touch()
    _fill(root, chance, 1)
    (root / "intended.py").touch()
    git(root, "add", "-N", "-f", "intended.py")
    if chance.random() < 0.3:
        _nested(root / "nested", commits=chance.random() < 0.5)
        if chance.random() < 0.5:
            git(root, "add", "nested", check=False)


def _nested(folder: Path, *, commits: bool) -> None:
    folder.mkdir(exist_ok=True)
    git(folder, "init", "-q")
    (folder / "own.py").touch()
    if commits:
        git(folder, "add", "own.py")
        git(folder, "commit", "-q", "-m", "one")


def _fill(folder: Path, chance: random.Random, depth: int) -> None:
    if chance.random() < 0.4 and not (folder / ".gitignore").is_dir():
        (folder / ".gitignore").write_text(_patterns(chance))
    for name in chance.sample(NAMES, chance.randint(1, 5)):
        target = folder / name
        if target.exists() or target.is_symlink():
            continue
        kind = chance.random()
        if depth and kind < 0.45:
            target.mkdir()
            _fill(target, chance, depth - 1)
        elif kind < 0.5:
            target.symlink_to(chance.choice(["a", "/etc", "."]))
        elif kind < 0.53:
            os.mkfifo(target)
        else:
            target.touch()


def _patterns(chance: random.Random) -> str:
    lines = chance.sample(PATTERNS, chance.randint(1, 4))
    return ("\r\n" if chance.random() < 0.2 else "\n").join(lines) + chance.choice(["", "\n"])
