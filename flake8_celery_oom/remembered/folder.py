"""The folder of what is remembered, and its files: ``$XDG_CACHE_HOME/celery-oom`` (``~/.cache/celery-oom``).

The folder and its files belong to the user alone, and can be deleted at any time. A folder or file of someone else, a
link, a pipe, or a content that does not fit its digest is not read.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from itertools import accumulate

from flake8_celery_oom.listing.regular_file import read_regular_file

MAX_BYTES = 32 * 1024 * 1024
"""A larger file is neither kept nor read."""
MAX_BYTES_OF_ALL = 8 * MAX_BYTES
"""How much the files of one kind may hold together."""
_NAME = re.compile(r"[0-9a-f]{40}(?P<kind>\.look)?(?:\.\d+)?")


def folder() -> str:
    """The folder, made if need be; empty where it can't be used, or is not the user's alone."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if not os.path.isabs(home):
        return ""
    folder = os.path.join(home, "celery-oom")
    try:
        os.makedirs(home, mode=0o700, exist_ok=True)
        if not os.path.lexists(folder):
            os.mkdir(folder, 0o700)
        status = os.lstat(folder)
        if not stat.S_ISDIR(status.st_mode) or not _is_own(status):
            return ""
        if status.st_mode & 0o077:
            os.chmod(folder, 0o700)  # made by an earlier version
    except OSError:
        return ""
    return folder


def kept(folder: str) -> list[os.DirEntry[str]]:
    """The files in a folder, and what is left of those that were being written."""
    return [entry for entry in os.scandir(folder) if _NAME.fullmatch(entry.name)]


def read(folder: str, name: str) -> bytes | None:
    """The content that was written under a name, when the file is whole and the user's own."""
    place = os.path.join(folder, name)
    try:
        status = os.lstat(place)
        if not _is_own(status) or (os.name == "posix" and status.st_mode & 0o077):
            return None
        digest, _, content = (read_regular_file(place, MAX_BYTES, noted=False) or b"").partition(b"\n")
    except OSError:
        return None
    return content if digest == _digest(name, content) else None


def write(folder: str, name: str, content: bytes, most: int) -> None:
    """Write a file in one step, and drop the oldest of its kind: ``most`` are kept, of no more bytes than all may have.

    A folder that can't be written to is no error, and what is too large is not written.
    """
    if len(content) > MAX_BYTES:
        return
    place = os.path.join(folder, name)
    temporary = f"{place}.{os.getpid()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
            file.write(_digest(name, content) + b"\n" + content)
        os.replace(temporary, place)
        for old in _too_many(folder, _kind(name), most):
            os.unlink(old)
    except OSError:
        return


def _too_many(folder: str, kind: str | None, most: int) -> list[str]:
    """The paths of the oldest files of a kind, past ``most`` of them or :data:`MAX_BYTES_OF_ALL`."""
    same = [(entry.stat(follow_symlinks=False), entry.path) for entry in kept(folder) if _kind(entry.name) == kind]
    same.sort(key=lambda one: one[0].st_mtime, reverse=True)
    sizes = accumulate(status.st_size for status, _ in same)
    fitting = sum(size <= MAX_BYTES_OF_ALL for size in sizes)
    return [path for _, path in same[max(1, min(most, fitting)) :]]


def _kind(name: str) -> str | None:
    match = _NAME.fullmatch(name)
    return match["kind"] if match is not None else None


def _is_own(status: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()


def _digest(name: str, content: bytes) -> bytes:
    return hashlib.blake2b(name.encode() + b"\n" + content, digest_size=20).hexdigest().encode()
