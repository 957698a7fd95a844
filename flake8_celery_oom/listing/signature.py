"""What of a file's state says that it has not changed, without reading it."""

from __future__ import annotations

import os
import stat
from typing import TypeAlias

Signature: TypeAlias = tuple[tuple[int, ...], ...]
"""Mode, inode, size and times (nanoseconds) of a path, and of what a link leads to; empty where nothing is."""
SETTLED_SECONDS = 3.0
"""How long a file must have been left alone: a change in the same tick of the clock would not be seen."""


def signature_of(path: str) -> Signature:
    """The state of a path as it is now."""
    found: list[tuple[int, ...]] = []
    for look in (os.lstat, os.stat):
        try:
            status = look(path)
        except (OSError, ValueError):
            break
        found.append((status.st_mode, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
        if not stat.S_ISLNK(status.st_mode):
            break
    return tuple(found)


def newest(signature: Signature) -> float:
    """When a path was changed last, in seconds since the epoch; 0 where there is none."""
    return max((max(one[3], one[4]) for one in signature), default=0) / 1e9
