"""Lists a checkout as ``git ls-files --cached --others --exclude-standard`` does, without running git.

Differences that are wanted: no setting of the repository's own counts (``core.excludesFile``, ``core.ignoreCase``,
``core.worktree``), patterns of ``.gitignore`` files that are not checked out do not count, and what the index of a
sparse checkout leaves out counts as tracked where it lies on the disk.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field

from flake8_celery_oom.listing.git_folder import GitFolder, git_folder_of
from flake8_celery_oom.listing.git_index import Index, UnreadableIndexError, read_index
from flake8_celery_oom.listing.ignore_rules import IgnoreRules, as_bytes_text, is_ignored, read_rules
from flake8_celery_oom.listing.user_excludes import user_excludes_file


@dataclass(slots=True)
class Checkout:
    """Paths relative to the root, with ``/``, in no order.

    ``files`` are the regular files on the disk that git tracks, or would offer to add. ``others`` are what git lists
    besides: links, files that are gone, submodules, and checkouts of others within this one (with ``/`` at the end).
    Of these, ``links`` and ``submodules`` (checked out or not, and such checkouts) once more. ``unreadable`` are
    folders that may not be listed.
    """

    files: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    submodules: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def list_checkout(root: str, *, tracked_only: bool = False) -> Checkout | None:
    """What git lists below ``root``; None where that is the root of no checkout, or its index cannot be read.

    With ``tracked_only`` without what git would merely offer to add.
    """
    git = git_folder_of(root)
    if git is None:
        return None
    try:
        index = read_index(git.own)
    except UnreadableIndexError:
        return None
    walk = _Walk(root, index)
    walk.run(_shared_rules(git), tracked_only=tracked_only)
    return walk.found


def _shared_rules(git: GitFolder) -> tuple[IgnoreRules, ...]:
    """The rules outside the tree, the one that counts most first."""
    paths = (os.path.join(git.common, "info", "exclude"), user_excludes_file())
    rules = (read_rules(path, follow_links=True) for path in paths if path)
    return tuple(one for one in rules if one is not None)


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder still to be listed. ``prefix`` is "" or "a/b/"."""

    path: str
    prefix: str
    rules: tuple[IgnoreRules, ...]
    only_tracked: bool
    all_tracked: bool


class _Walk:
    """One pass over the tree: what is tracked by the index, what is not ignored by the rules."""

    def __init__(self, root: str, index: Index) -> None:
        self._root = root
        self._index = index
        self._tracked_folders = _folders_of([*index.files, *index.sparse_folders])
        self._seen: list[str] = []
        self.found = Checkout()

    def run(self, shared: tuple[IgnoreRules, ...], *, tracked_only: bool = False) -> None:
        """Fill ``found``. ``shared`` are the rules that lie outside the tree."""
        waiting = [
            _Folder(self._root, "", (), only_tracked=tracked_only, all_tracked="/" in self._index.sparse_folders)
        ]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(folder.path) as scanned:
                    entries = list(scanned)
            except OSError:
                self.found.unreadable.append(folder.prefix.rstrip("/"))
                continue
            waiting.extend(self._listed(folder, entries, shared))
        self.found.others.extend(self._index.files.difference(self._seen))
        not_read = self._index.links | self._index.submodules
        self.found.files = [path for path in self._seen if path not in not_read] if not_read else self._seen
        self.found.others.extend(not_read.intersection(self._seen))
        self.found.links.extend(self._index.links)
        self.found.submodules.extend(self._index.submodules)

    def _listed(
        self, folder: _Folder, entries: list[os.DirEntry[str]], shared: tuple[IgnoreRules, ...]
    ) -> Iterable[_Folder]:
        """Keep the files among the entries; gives the folders to go on with."""
        tracked, prefix, keep = self._index.files, folder.prefix, self._seen.append
        rules: tuple[IgnoreRules, ...] | None = None
        for entry in entries:
            path = prefix + entry.name
            try:
                is_folder = entry.is_dir(follow_symlinks=False)
                if path in tracked and not is_folder:
                    keep(path)
                    continue
                if entry.name == ".git" or (folder.only_tracked and not is_folder):
                    continue
                if rules is None:
                    rules = folder.rules if folder.only_tracked else self._with_own(folder, entries)
                if is_folder:
                    if (below := self._below(folder, entry, path, rules, shared)) is not None:
                        yield below
                elif folder.all_tracked or not _ignored(rules, shared, path, entry.name, folder=False):
                    self._untracked(entry, path)
            except OSError:
                continue

    def _untracked(self, entry: os.DirEntry[str], path: str) -> None:
        if entry.is_symlink():
            self.found.others.append(path)
            self.found.links.append(path)
        elif entry.is_file(follow_symlinks=False):
            self._seen.append(path)

    def _with_own(self, folder: _Folder, entries: list[os.DirEntry[str]]) -> tuple[IgnoreRules, ...]:
        """The rules for what lies in a folder: those in its own ``.gitignore`` count most."""
        if not any(entry.name == ".gitignore" for entry in entries):
            return folder.rules
        own = read_rules(os.path.join(folder.path, ".gitignore"), as_bytes_text(folder.prefix))
        return (own, *folder.rules) if own is not None else folder.rules

    def _below(
        self,
        folder: _Folder,
        entry: os.DirEntry[str],
        path: str,
        rules: tuple[IgnoreRules, ...],
        shared: tuple[IgnoreRules, ...],
    ) -> _Folder | None:
        """How to go on with a folder; None where nothing below it can be listed."""
        if path in self._index.submodules:
            return None
        all_tracked = folder.all_tracked or f"{path}/" in self._index.sparse_folders
        has_tracked = all_tracked or path in self._tracked_folders
        ignored = not all_tracked and (folder.only_tracked or _ignored(rules, shared, path, entry.name, folder=True))
        if not has_tracked:
            if ignored:
                return None
            if _is_checkout(entry.path):
                self.found.others.append(f"{path}/")
                self.found.submodules.append(path)
                return None
        return _Folder(entry.path, f"{path}/", rules, only_tracked=ignored, all_tracked=all_tracked)


def _ignored(
    rules: tuple[IgnoreRules, ...], shared: tuple[IgnoreRules, ...], path: str, name: str, *, folder: bool
) -> bool:
    every = (*rules, *shared)
    return bool(every) and is_ignored(every, as_bytes_text(path), as_bytes_text(name), folder=folder)


def _is_checkout(folder: str) -> bool:
    """Whether a folder is a checkout of its own, as git sees it (dir.c: is_nonbare_repository_dir)."""
    return os.path.lexists(os.path.join(folder, ".git")) and git_folder_of(folder) is not None


def _folders_of(paths: Iterable[str]) -> set[str]:
    """All folders above the paths, without the root."""
    folders: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return folders
