"""Whether the tracked files of a checkout are as git's index has them, by their size and time of change.

Source: Documentation/gitformat-index.txt and racy-git.txt of git 2.39. A file that changed in the same tick of the
clock as the index was written is compared by its content.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b, sha1
from stat import S_ISDIR, S_ISREG
from struct import Struct, error
from typing import NamedTuple

from flake8_celery_oom.listing.git_index import MAX_BYTES
from flake8_celery_oom.listing.regular_file import read_regular_file

_HEADER = Struct(">4sLL")
_ENTRY = Struct(">8xLL8xL8xL20sH")
"""Time of change in seconds and nanoseconds, mode, size, object, flags."""
_FLAGS = Struct(">H")
_EXTENDED = 0x4000
_SKIP_WORKTREE = 0x4000
_STAGE = 0x3000
_NAME_LENGTH = 0x0FFF
_KIND, _REGULAR, _FOLDER = 0o170000, 0o100000, 0o040000
_SPECIAL = frozenset({b"", b".", b"..", b".git"})
_MOST_COMPARED = 2_000_000


@dataclass(frozen=True, slots=True)
class Tracked:
    """The tracked files of a checkout, all of them as the index has them.

    ``key`` is a digest of paths, modes and objects: the same in every checkout of a commit. ``files`` are the paths of
    the regular files, None where the index also has links, submodules or files that are left out of the checkout.
    """

    key: str
    files: tuple[str, ...] | None


def tracked(checkout: str, git_folder: str) -> Tracked | None:
    """What is tracked in a checkout that is clean.

    None where a tracked file is not as the index has it, or the index is of a form that is not compared here: version
    4, split, sparse, of SHA-256, or with a merge that is not done.
    """
    path = os.path.join(git_folder, "index")
    data = read_regular_file(path, MAX_BYTES, follow_links=True)
    if data is None:
        return None
    try:
        written = os.stat(path).st_mtime_ns
        signature, version, count = _HEADER.unpack_from(data)
        if signature != b"DIRC" or version not in {2, 3}:
            return None
        entries, root = list(_entries(data, count)), os.fsencode(checkout) + b"/"
        if _are_folders(root, entries) and all(_is_same(root, entry, written) for entry in entries):
            return _tracked(entries)
    except (OSError, ValueError, IndexError, error):
        return None
    return None


class _Entry(NamedTuple):
    """One entry of the index; ``changed`` in seconds and nanoseconds. ``skipped``: it is not in the checkout."""

    path: bytes
    changed: tuple[int, int]
    mode: int
    size: int
    blob: bytes
    skipped: bool

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file of the checkout."""
        return self.mode & _KIND == _REGULAR and not self.skipped


def _entries(data: bytes, count: int) -> Iterator[_Entry]:
    """The entries of an index of version 2 or 3. Raises ValueError for one that is not compared here."""
    offset = _HEADER.size
    for _ in range(count):
        seconds, nanoseconds, mode, size, blob, flags = _ENTRY.unpack_from(data, offset)
        start = offset + _ENTRY.size
        skipped = False
        if flags & _EXTENDED:
            skipped = bool(_FLAGS.unpack_from(data, start)[0] & _SKIP_WORKTREE)
            start += 2
        length = flags & _NAME_LENGTH
        stop = start + length if length < _NAME_LENGTH else data.index(b"\0", start)
        if flags & _STAGE or mode & _KIND == _FOLDER:
            raise ValueError("a merge is not done, or the index is sparse")
        yield _Entry(data[start:stop], (seconds, nanoseconds), mode, size, blob, skipped)
        offset += (stop - offset + 8) & ~7
    if data[offset : offset + 4] == b"link":
        raise ValueError("the index is split")


def _are_folders(root: bytes, entries: Sequence[_Entry]) -> bool:
    """Whether all that the files lie in are folders of the checkout: none is a link, none leads out of it."""
    folders: set[bytes] = set()
    for path, *_ in entries:
        folder, _, name = path.rpartition(b"/")
        if name.lower() in _SPECIAL:
            return False
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition(b"/")[0]
    if any(folder.rpartition(b"/")[2].lower() in _SPECIAL or folder.startswith(b"/") for folder in folders):
        return False
    needed = folders if all(entry.is_file for entry in entries) else _with_files(entries)
    return all(S_ISDIR(os.lstat(root + folder).st_mode) for folder in needed)


def _with_files(entries: Sequence[_Entry]) -> set[bytes]:
    """The folders that hold files of the checkout, at any depth."""
    paths = [entry.path.split(b"/") for entry in entries if entry.is_file]
    return {b"/".join(parts[:depth]) for parts in paths for depth in range(1, len(parts))}


def _is_same(root: bytes, entry: _Entry, written: int) -> bool:
    path, changed, _, size, blob, _ = entry
    if not entry.is_file:
        return True
    status = os.lstat(root + path)
    time = status.st_mtime_ns
    if not S_ISREG(status.st_mode) or (time // 1_000_000_000 & 0xFFFFFFFF, time % 1_000_000_000) != changed:
        return False
    if status.st_size & 0xFFFFFFFF != size:
        return False
    if time < written:
        return True
    data = read_regular_file(os.fsdecode(root + path), _MOST_COMPARED)
    return data is not None and sha1(b"blob %d\0" % len(data) + data).digest() == blob  # noqa: S324 - as git


def _tracked(entries: Sequence[_Entry]) -> Tracked:
    digest = blake2b(digest_size=16)
    for entry in entries:
        digest.update(b"%o %s %s\0" % (entry.mode, entry.blob, entry.path))
    plain = all(entry.is_file for entry in entries)
    return Tracked(digest.hexdigest(), tuple(os.fsdecode(entry.path) for entry in entries) if plain else None)
