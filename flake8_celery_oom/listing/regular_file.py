"""Reads files that an unknown project may have made: never blocks on a pipe, never reads a device, never too much."""

from __future__ import annotations

import os
import stat

from flake8_celery_oom.listing.watching import note_file

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)


def read_regular_file(path: str, max_bytes: int, *, follow_links: bool = False, noted: bool = True) -> bytes | None:
    """The content of a regular file of at most ``max_bytes``; None when it is absent, unreadable or something else.

    ``follow_links`` speaks of the last part of the path only, as O_NOFOLLOW does. Without ``noted`` the caller notes
    what it relies on.
    """
    if noted:
        note_file(path)
    try:
        descriptor = os.open(path, _FLAGS | _BINARY | (0 if follow_links else _NOFOLLOW))
    except (OSError, ValueError):
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > max_bytes:
            return None
        return _read(descriptor, status.st_size)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _read(descriptor: int, size: int) -> bytes:
    """All ``size`` bytes: one call may give fewer than asked for."""
    pieces: list[bytes] = []
    while size > 0 and (piece := os.read(descriptor, size)):
        pieces.append(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
