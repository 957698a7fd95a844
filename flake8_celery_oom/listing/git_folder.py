"""Finds the folder in which git keeps what it knows of a checkout. Nothing of its configuration is read.

The rules are those of git 2.39 (setup.c: is_git_directory, read_gitfile_gently, get_common_dir).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from flake8_celery_oom.listing.regular_file import read_regular_file

_SMALL = 4096
_HEAD = re.compile(rb"ref:\s*refs/|[0-9a-f]{40}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GitFolder:
    """Where a checkout's own files (``index``) and those shared by all its worktrees (``info/exclude``) lie."""

    own: str
    common: str


def git_folder_of(checkout: str) -> GitFolder | None:
    """The git folder that ``.git`` in a folder is or names; None when there is none or git would refuse it."""
    dot_git = os.path.join(checkout, ".git")
    folder = dot_git if os.path.isdir(dot_git) else _named_by_file(dot_git)
    return _checked(folder) if folder else None


def bare_git_folder(folder: str) -> GitFolder | None:
    """The git folder that a folder itself is: a repository without a checkout; None when it is none."""
    return _checked(folder)


def _named_by_file(dot_git: str) -> str | None:
    data = read_regular_file(dot_git, _SMALL, follow_links=True)
    if data is None or not data.startswith(b"gitdir: "):
        return None
    named = os.fsdecode(data.removeprefix(b"gitdir: ").rstrip(b"\r\n"))
    return os.path.join(os.path.dirname(dot_git), named) if named and "\0" not in named else None


def _checked(folder: str) -> GitFolder | None:
    head = os.path.join(folder, "HEAD")
    if os.path.islink(head):
        valid = os.readlink(head).startswith("refs/")
    else:
        valid = _HEAD.match(read_regular_file(head, _SMALL) or b"") is not None
    common = _common(folder)
    if valid and all(os.path.isdir(os.path.join(common, name)) for name in ("objects", "refs")):
        return GitFolder(folder, common)
    return None


def _common(folder: str) -> str:
    data = read_regular_file(os.path.join(folder, "commondir"), _SMALL, follow_links=True)
    named = os.fsdecode(data.rstrip(b"\r\n")) if data else ""
    return os.path.join(folder, named) if named and "\0" not in named else folder
