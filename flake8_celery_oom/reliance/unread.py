"""Files that could not be read although their names say that they start or configure something."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from flake8_celery_oom import discover
from flake8_celery_oom.core.facts import Problem
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.source import encoding_of
from flake8_celery_oom.listing.watching import note_file

_LEFT_TO_OTHERS = frozenset({"python", "requirements"})
"""Kinds of files in which flake8 reports what is broken, or that are long because a program wrote them."""
_PIECE = 1 << 20


def why_unread(root: Path, path: str) -> str:
    """Why a file gave no text, for people."""
    try:
        status = (root / path).lstat()
        if stat.S_ISLNK(status.st_mode):
            return "is a link and was not read"
        if not stat.S_ISREG(status.st_mode):
            return "is no regular file and was not read"
        if status.st_size > discover.MAX_BYTES:
            return f"is larger than {discover.MAX_BYTES:,} bytes and was not read"
        with (root / path).open("rb") as file:
            encoding = encoding_of(file.read(4))
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return f"is no {encoding[:6].upper()} and was not read" if encoding else "holds NUL bytes and was not read"


def is_claimed(path: str) -> bool:
    """Whether the name alone says that a file starts or configures something."""
    return bool(_kinds(path))


def problem_of(root: Path, path: str) -> Problem | None:
    """What to report of a file that gave no text.

    None where it says nothing of Celery, as far as that can be seen, or where its name is that of no file which starts
    workers.
    """
    if not _kinds(path) - _LEFT_TO_OTHERS:
        return None
    note_file(str(root / path))
    reason = why_unread(root, path)
    if not reason.startswith("cannot") and not _speaks_of_celery(root / path):
        return None
    return Problem(Location(path, 0, 0, 1, 1, 1, 1), reason)


def _kinds(path: str) -> set[str]:
    from flake8_celery_oom.sources.kinds import kinds_of

    return {kind.__name__.rpartition(".")[2] for kind in kinds_of(path, "")}


def _speaks_of_celery(file: Path) -> bool:
    """Whether the bytes of a regular file hold the word, whatever its encoding and its size."""
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                return False
            before = b""
            while piece := opened.read(_PIECE):
                if discover.mentions_celery((before + piece).replace(b"\0", b"")):
                    return True
                before = piece[-64:]
    except OSError:
        return True
    return False
