"""Which commit is checked out, read from the files of a git folder without git and without any library."""

from __future__ import annotations

import os
import re

from flake8_celery_oom.listing.git_folder import GitFolder
from flake8_celery_oom.listing.regular_file import read_regular_file

MOST_STEPS = 5
"""So many references may name each other, as in git (refs.h: SYMREF_MAXDEPTH)."""
_SMALL = 4096
_MOST_PACKED = 64 * 1024 * 1024
_COMMIT = re.compile(rb"(?:[0-9a-f]{40}|[0-9a-f]{64})\s*", re.IGNORECASE)
_NAMED = re.compile(rb"ref:\s*(refs/[^\0\r\n]*[^\0\s])\s*")


def head_commit(git: GitFolder) -> str:
    """The commit that ``HEAD`` means, in hexadecimal digits; empty where there is none yet or it cannot be told."""
    data = read_regular_file(os.path.join(git.own, "HEAD"), _SMALL) or b""
    for _ in range(MOST_STEPS):
        if _COMMIT.fullmatch(data):
            return data.strip().decode("ascii").lower()
        named = _NAMED.fullmatch(data)
        if named is None or b".." in named[1]:
            return ""
        data = _reference(git, named[1].rstrip())
    return ""


def _reference(git: GitFolder, name: bytes) -> bytes:
    """What a reference holds: its own file, else its line of ``packed-refs``."""
    loose = read_regular_file(os.path.join(git.common, os.fsdecode(name)), _SMALL)
    if loose is not None:
        return loose
    packed = read_regular_file(os.path.join(git.common, "packed-refs"), _MOST_PACKED) or b""
    found = re.search(rb"^([0-9a-fA-F]{40,64}) " + re.escape(name) + rb"\r?$", packed, re.MULTILINE)
    return found[1] if found else b""
