"""What a change of several files is about to do, on the disk: a run that is killed is finished or undone by the next.

The journal is one file in the root of the project. Its first line names the files, their contents before and after (as
digests) and the drafts beside them; a second line says that all drafts are complete. Without that line the drafts are
removed, with it they take the place of their files.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from flake8_celery_oom.discover import DRAFT_ENDING
from flake8_celery_oom.listing.regular_file import read_regular_file

NAME = f".journal.{DRAFT_ENDING}"
_COMPLETE = b"complete\n"
_MOST_BYTES = 4_000_000
_DRAFT = re.compile(rf"\..+\.[0-9a-f]{{16}}\.{DRAFT_ENDING}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a change: its path and that of its draft below the root, and the digests of both contents."""

    path: str
    draft: str
    old: str
    new: str


class BusyError(Exception):
    """Another run is writing files of the same project."""


class Journal:
    """The journal of a change under way; it is locked until the change is done."""

    def __init__(self, root: Path, entries: Sequence[Entry]) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        self._path = root / NAME
        self._descriptor = os.open(self._path, flags, 0o600)
        try:
            _lock(self._descriptor)
            self._add(json.dumps([asdict(one) for one in entries]).encode() + b"\n")
        except BaseException:
            self.close()
            raise

    def complete(self) -> None:
        """Note that all drafts are written: from here on the change will be made, whatever happens."""
        self._add(_COMPLETE)

    def close(self) -> None:
        """The change is made, or undone."""
        with suppress(OSError):
            self._path.unlink()
        os.close(self._descriptor)

    def _add(self, line: bytes) -> None:
        os.write(self._descriptor, line)
        os.fsync(self._descriptor)


def recover(root: Path) -> list[str]:
    """Finish or undo what a killed run has left; the paths that somebody has changed since, which stay as they are.

    Raises BusyError while another run is writing, and OSError where a file cannot be moved.
    """
    place = root / NAME
    if not os.path.lexists(place):
        return []
    descriptor = os.open(place, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return []
        _lock(descriptor)
        first, _, rest = os.read(descriptor, _MOST_BYTES).partition(b"\n")
        changed = [one.path for one in _entries(first) if not _settled(root, one, finish=rest == _COMPLETE)]
        place.unlink()
        return changed
    finally:
        os.close(descriptor)


def digest(content: bytes) -> str:
    """What tells contents apart."""
    return hashlib.blake2b(content, digest_size=20).hexdigest()


def _entries(line: bytes) -> list[Entry]:
    """What a journal names; nothing where it is no journal, or names a place where this program writes no draft."""
    try:
        found = [Entry(**one) for one in json.loads(line)]
    except (ValueError, TypeError):
        return []
    return [one for one in found if _is_sound(one)]


def _is_sound(entry: Entry) -> bool:
    if not all(isinstance(text, str) for text in asdict(entry).values()):
        return False
    folder, _, name = entry.path.rpartition("/")
    draft_folder, _, draft = entry.draft.rpartition("/")
    parts = entry.path.split("/")
    return (
        folder == draft_folder
        and bool(name)
        and _DRAFT.fullmatch(draft) is not None
        and not {
            "..",
            ".git",
            "",
        }.intersection(parts)
    )


def _settled(root: Path, entry: Entry, *, finish: bool) -> bool:
    """Put a draft into the place of its file, or remove it; false where the file is none of the two."""
    draft = root / entry.draft
    if not _is_below(draft, root):
        return True
    made = read_regular_file(str(draft), _MOST_BYTES, noted=False)
    if not finish or made is None or digest(made) != entry.new:
        with suppress(OSError):
            draft.unlink()
        if not finish:
            return True
    now = read_regular_file(str(root / entry.path), _MOST_BYTES, noted=False)
    if now is not None and digest(now) == entry.new:
        with suppress(OSError):
            draft.unlink()
        return True
    if now is None or digest(now) != entry.old or not draft.exists():
        with suppress(OSError):
            draft.unlink()
        return False
    draft.replace(root / entry.path)
    return True


def _is_below(path: Path, root: Path) -> bool:
    """Whether a folder is really one of the project, and not behind a link that leads out of it."""
    with suppress(OSError, RuntimeError):
        folder, top = path.parent.resolve(strict=True), root.resolve(strict=True)
        return folder == top or top in folder.parents
    return False


def _lock(descriptor: int) -> None:
    """Raises BusyError where another process holds the journal."""
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise BusyError("another celery-oom fix is writing files of this project") from error
