"""Files written so that each is either the old one or the new one at any moment, and all of a change or none of it."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flake8_celery_oom.changes import journal as journals
from flake8_celery_oom.discover import DRAFT_ENDING
from flake8_celery_oom.listing.regular_file import read_regular_file

MAX_STORED = 16_000_000
"""In bytes: a larger file is none that :func:`store` wrote."""


class WriteError(Exception):
    """A change that cannot be written; the text is one line that names the file."""


@dataclass(frozen=True, slots=True)
class Change:
    """One file of a change, as bytes: what was read, and what it becomes."""

    path: str
    old: bytes
    new: bytes


def write(root: Path, changes: Sequence[Change]) -> None:
    """Write all files of a change, or none. Raises WriteError, with every file as it was.

    A file that is no longer what was read, is not writable, or lies outside of ``root`` (through a link) is refused.
    Permissions and extended attributes are kept. A file that is a link to another file of the root stays a link. A run
    that is killed in between is finished or undone by :func:`recover`.
    """
    targets = {change.path: _target(root, change.path) for change in changes}
    drafts: dict[str, Path] = {}
    replaced: list[Change] = []
    planned = {change.path: _beside(targets[change.path]) for change in changes}
    journal = _journal(root, changes, targets, planned)
    try:
        for change in changes:
            drafts[change.path] = _draft(targets[change.path], change.new, planned[change.path])
        for change in changes:
            _refuse_changed(targets[change.path], change)
        journal.complete()
        for change in changes:
            drafts[change.path].replace(targets[change.path])
            del drafts[change.path]
            replaced.append(change)
    except OSError as error:
        _restore(targets, replaced)
        raise WriteError(f"{error.filename or changes[0].path}: cannot be written ({error.strerror})") from error
    except BaseException:  # an interrupt between two files, too, leaves all of them as they were
        _restore(targets, replaced)
        raise
    finally:
        for draft in drafts.values():
            with suppress(OSError):
                draft.unlink()
        for folder in {target.parent for target in targets.values()}:
            _sync_folder(folder)
        journal.close()


def recover(root: Path) -> list[str]:
    """Finish or undo what a killed run has left; the paths that somebody has changed since, which stay as they are.

    Raises WriteError where that cannot be done.
    """
    try:
        return journals.recover(root)
    except journals.BusyError as error:
        raise WriteError(str(error)) from error
    except OSError as error:
        raise WriteError(f"{error.filename or root}: cannot be written ({error.strerror})") from error


def _journal(
    root: Path, changes: Sequence[Change], targets: Mapping[str, Path], planned: Mapping[str, Path]
) -> journals.Journal:
    recover(root)
    top = root.resolve(strict=True)
    entries = [
        journals.Entry(
            targets[change.path].relative_to(top).as_posix(),
            planned[change.path].relative_to(top).as_posix(),
            journals.digest(change.old),
            journals.digest(change.new),
        )
        for change in changes
    ]
    try:
        return journals.Journal(root, entries)
    except journals.BusyError as error:
        raise WriteError(str(error)) from error
    except OSError as error:
        raise WriteError(f"{error.filename or root}: cannot be written ({error.strerror})") from error


def store(root: Path, path: str, content: bytes) -> None:
    """Write one file of our own below ``root``, such as a baseline, whether or not it is there already.

    Raises WriteError, with the file as it was, when the path leads out of ``root``, is a link to a place outside of it,
    or is no regular file.
    """
    place = root / path
    if os.path.lexists(place):
        old = read_regular_file(str(place), MAX_STORED, follow_links=True)
        if old is None:
            raise WriteError(f"{path}: is no regular file that can be read")
        write(root, [Change(path, old, content)])
        return
    try:
        folder = place.parent.resolve(strict=True)
        top = root.resolve(strict=True)
        if folder != top and top not in folder.parents:
            raise WriteError(f"{path}: lies outside of the project")
        descriptor = os.open(folder / place.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise WriteError(f"{path}: cannot be written ({error.strerror})") from error


def _target(root: Path, path: str) -> Path:
    """The regular file behind a path of the project."""
    try:
        target = (root / path).resolve(strict=True)
        top = root.resolve(strict=True)
        mode = target.stat().st_mode
    except (OSError, RuntimeError) as error:
        raise WriteError(f"{path}: cannot be written ({error})") from error
    if top not in target.parents:
        raise WriteError(f"{path}: is a link to a file outside of the project")
    if not stat.S_ISREG(mode):
        raise WriteError(f"{path}: is no regular file")
    if target.stat().st_nlink > 1:
        raise WriteError(f"{path}: has another name as well (a hard link), which would keep the old text")
    if not os.access(target, os.W_OK):
        raise WriteError(f"{path}: is not writable")
    return target


def _beside(target: Path) -> Path:
    """The name of a draft, which no other run uses."""
    return target.with_name(f".{target.name[:180]}.{secrets.token_hex(8)}.{DRAFT_ENDING}")


def _draft(target: Path, content: bytes, draft: Path) -> Path:
    """The new content in a file of its own beside the target, with the target's permissions, safely on the disk."""
    status = target.stat()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(draft, flags, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if hasattr(os, "fchmod"):
                with suppress(OSError):
                    os.fchown(file.fileno(), status.st_uid, status.st_gid)
                os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode))
            _keep_attributes(target, draft)
            os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise
    return draft


def _keep_attributes(target: Path, draft: Path) -> None:
    """Give a draft the extended attributes of its file, access control lists among them, as far as the system lets."""
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(target):
                with suppress(OSError):
                    os.setxattr(draft, name, os.getxattr(target, name))


def _refuse_changed(target: Path, change: Change) -> None:
    if target.read_bytes() != change.old:
        raise WriteError(f"{change.path}: has changed meanwhile; nothing was written")


def _restore(targets: Mapping[str, Path], replaced: Sequence[Change]) -> None:
    for change in replaced:
        with suppress(OSError):
            target = targets[change.path]
            _draft(target, change.old, _beside(target)).replace(target)


def _sync_folder(folder: Path) -> None:
    """Put the new name of a file on the disk; not every system can open a folder for that."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
