"""Whether the tracked files of a checkout are as git's index has them, by their size and time of change.

Source: Documentation/gitformat-index.txt and racy-git.txt of git 2.39. A file that changed in the same tick of the
clock as the index was written is compared by its content.
"""

from __future__ import annotations

import os
from hashlib import blake2b, sha1
from struct import Struct, error

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
_KIND, _REGULAR = 0o170000, 0o100000
_MOST_COMPARED = 2_000_000


def tracked_state(checkout: str, git_folder: str) -> str:
    """A digest of the tracked paths with their modes and objects; the same in every checkout of a commit.

    Empty where a tracked file is not as the index has it, or the index is of a form that is not compared here: version
    4, split, sparse, of SHA-256, or with a merge that is not done.
    """
    path = os.path.join(git_folder, "index")
    data = read_regular_file(path, MAX_BYTES, follow_links=True)
    if data is None:
        return ""
    try:
        written = os.stat(path).st_mtime_ns
        signature, version, count = _HEADER.unpack_from(data)
        if signature != b"DIRC" or version not in {2, 3}:
            return ""
        return _digest_of_clean(checkout, data, count, written)
    except (OSError, ValueError, IndexError, error):
        return ""


def _digest_of_clean(checkout: str, data: bytes, count: int, written: int) -> str:
    digest = blake2b(digest_size=16)
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
        path = data[start:stop]
        if flags & _STAGE or mode & _KIND == 0o040000:
            return ""
        changed = (seconds, nanoseconds)
        if not skipped and mode & _KIND == _REGULAR and not _is_same(checkout, path, changed, size, blob, written):
            return ""
        digest.update(b"%o %s %s\0" % (mode, blob, path))
        offset += (stop - offset + 8) & ~7
    return "" if data[offset : offset + 4] == b"link" else digest.hexdigest()


def _is_same(checkout: str, path: bytes, changed: tuple[int, int], size: int, blob: bytes, written: int) -> bool:
    full = os.path.join(checkout, os.fsdecode(path))
    status = os.lstat(full)
    seconds, nanoseconds = divmod(status.st_mtime_ns, 1_000_000_000)
    if (seconds & 0xFFFFFFFF, nanoseconds) != changed or status.st_size & 0xFFFFFFFF != size:
        return False
    if status.st_mtime_ns < written:
        return True
    content = read_regular_file(full, _MOST_COMPARED)
    return content is not None and sha1(b"blob %d\0" % len(content) + content).digest() == blob  # noqa: S324 - as git
