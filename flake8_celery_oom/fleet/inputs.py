"""Which repositories an INPUT names: a folder of them, a file of paths, or one of them alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from stat import S_ISREG

from flake8_celery_oom.discover import ROOT_MARKS, SKIPPED_FOLDERS
from flake8_celery_oom.listing.archive import is_archive
from flake8_celery_oom.listing.git_folder import bare_git_folder, git_folder_of

DEEPEST = 4
"""So many folders below INPUT a repository may lie: host/group/subgroup/name."""
MOST_LIST_BYTES = 64 * 1024 * 1024


class InputError(Exception):
    """An INPUT that names no repositories; the text says why."""


@dataclass(frozen=True, slots=True)
class Repository:
    """``name`` is what it is called in results: its path below INPUT, or its line in the file of paths."""

    name: str
    path: str


def repositories(given: str) -> list[Repository]:
    """Every repository that INPUT names, once, by name. What a file of paths names need not exist.

    Raises InputError.
    """
    path = os.path.abspath(given)
    if os.path.isdir(path):
        if _is_repository(path):
            return [Repository(os.path.basename(path) or path, path)]
        found = [Repository(os.path.relpath(one, path), one) for one in _below(path, DEEPEST)]
        if not found:
            raise InputError(f"{given}: no repository lies in it")
    elif is_archive(path) and os.path.exists(path):
        return [Repository(os.path.basename(path), path)]
    else:
        found = list(_listed(given, path))
    return sorted({one.name: one for one in found}.values(), key=lambda one: one.name)


def _listed(given: str, path: str) -> Iterator[Repository]:
    """The lines of a file of paths, which are relative to its folder; ``#`` begins a comment."""
    try:
        if not S_ISREG(os.stat(path).st_mode):
            raise InputError(f"{given}: is neither a folder nor a file of paths")
        with open(path, "rb") as file:
            text = file.read(MOST_LIST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{given}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{given}: is no file of paths: it is no UTF-8") from error
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines:
        raise InputError(f"{given}: names no repository")
    for line in lines:
        yield Repository(line, os.path.normpath(os.path.join(os.path.dirname(path), os.path.expanduser(line))))


def _is_repository(folder: str) -> bool:
    if git_folder_of(folder) is not None or bare_git_folder(folder) is not None:
        return True
    return any(os.path.exists(os.path.join(folder, mark)) for mark in ROOT_MARKS)


def _below(folder: str, deepest: int) -> list[str]:
    """The repositories in a folder: archives, checkouts, and folders that hold files; others group repositories."""
    found: list[str] = []
    for path, is_folder in _entries(folder):
        if not is_folder:
            if is_archive(path):
                found.append(path)
        elif _is_repository(path) or _holds_files(path):
            found.append(path)
        elif deepest > 1:
            found += _below(path, deepest - 1)
    return found


def _holds_files(folder: str) -> bool:
    return any(not is_folder and not is_archive(path) for path, is_folder in _entries(folder))


def _entries(folder: str) -> Iterator[tuple[str, bool]]:
    """What lies in a folder, links not followed: its path, and whether it is a folder."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in SKIPPED_FOLDERS and not entry.name.startswith("."):
                yield entry.path, True
        elif entry.is_file(follow_symlinks=False):
            yield entry.path, False
