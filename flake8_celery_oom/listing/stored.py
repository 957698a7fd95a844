"""What kind of thing holds a repository: a folder, a checkout of git, a bare repository, an archive.

And its state: what is the same as long as its files are, so that they need not be read again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import blake2b
from stat import S_ISDIR, S_ISREG
from typing import Literal, TypeAlias

from flake8_celery_oom.listing.archive import is_archive
from flake8_celery_oom.listing.clean_checkout import tracked
from flake8_celery_oom.listing.git_folder import GitFolder, bare_git_folder, git_folder_of
from flake8_celery_oom.listing.head import head_commit

Kind: TypeAlias = Literal["folder", "checkout", "bare", "archive"]
_PIECE = 1 << 20


class NoRepositoryError(Exception):
    """A path that holds no repository; the text says why."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A repository on the disk. ``git`` is set for a checkout and a bare repository."""

    kind: Kind
    path: str
    git: GitFolder | None = None


@dataclass(frozen=True, slots=True)
class State:
    """``commit`` is that of ``HEAD``, empty without git. ``key`` is empty where the files must be read to know.

    ``files`` are the tracked files of a checkout, where they were compared with the index anyway.
    """

    commit: str
    key: str
    files: tuple[str, ...] | None = field(default=None, compare=False)


def stored_at(path: str) -> Stored:
    """What lies at a path. Raises NoRepositoryError."""
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        reason = (
            "no such file or folder" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        )
        raise NoRepositoryError(reason) from error
    except ValueError as error:
        raise NoRepositoryError("no such file or folder") from error
    if S_ISDIR(mode):
        git = git_folder_of(path)
        if git is not None:
            return Stored("checkout", path, git)
        bare = bare_git_folder(path)
        return Stored("bare", path, bare) if bare is not None else Stored("folder", path)
    if not S_ISREG(mode):
        raise NoRepositoryError("is neither a file nor a folder")
    if not is_archive(path):
        raise NoRepositoryError("is no folder, and its name is not that of an archive (tar, tar.gz, tar.xz, zip)")
    return Stored("archive", path)


def state_of(stored: Stored) -> State:
    """The state now. Raises OSError where an archive cannot be read."""
    if stored.git is not None:
        commit = head_commit(stored.git)
        if stored.kind == "bare":
            return State(commit, f"commit {commit}" if commit else "")
        clean = tracked(stored.path, stored.git.own)
        key = f"commit {commit} index {clean.key}" if commit and clean else ""
        return State(commit, key, clean.files if clean else None)
    if stored.kind == "archive":
        return State("", f"content {_digest(stored.path)}")
    return State("", f"files {_names_and_times(stored.path)}")


def _digest(path: str) -> str:
    digest = blake2b(digest_size=16)
    with open(path, "rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _names_and_times(root: str) -> str:
    """A digest of the names, sizes and times of all files below a folder, links not followed."""
    digest = blake2b(digest_size=16)
    waiting = [root]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as scanned:
                entries = sorted(scanned, key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if S_ISDIR(status.st_mode):
                waiting.append(entry.path)
            else:
                facts = f"{entry.path[len(root) :]}\0{status.st_size} {status.st_mtime_ns} {status.st_mode}\0"
                digest.update(facts.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
