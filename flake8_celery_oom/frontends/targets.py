"""Which project a path of a command line, of flake8 or of an editor belongs to; the same for all of them."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flake8_celery_oom import discover


@dataclass(frozen=True, slots=True)
class Target:
    """A path as a part of its project.

    ``path`` is relative to ``root``, with ``/``, and ``.`` for all of it. A file that lies in no project is looked at
    ``alone``: its folder, which may be a whole home, is not read.
    """

    root: Path
    path: str
    alone: bool = False


class TooWideError(Exception):
    """A folder that holds more than a project was asked for; the text says what to do."""


def target_of(given: Path | str) -> Target:
    """The project of a file or folder, which need not exist. Raises TooWideError for a home, ``/tmp`` or ``/``."""
    path = Path(os.path.abspath(given))  # noqa: PTH100 - a link as the last part stays: that is the name it was given
    real = Path(os.path.realpath(path))
    if real.is_dir():
        root = _root_of_folder(real)
        return Target(root, real.relative_to(root).as_posix())
    parent = Path(os.path.realpath(path.parent))
    root_or_none = _project_above(parent)
    if root_or_none is None and _is_too_wide(parent):
        return Target(parent, path.name, alone=True)
    root = root_or_none or parent
    return Target(root, (parent / path.name).relative_to(root).as_posix())


def _root_of_folder(folder: Path) -> Path:
    root = _project_above(folder)
    if root is not None:
        return root
    if _is_too_wide(folder) and not _is_marked(folder):
        raise TooWideError(f"{folder} holds more than a project: name the folder of one")
    return folder


def _project_above(folder: Path) -> Path | None:
    """The root of the project that holds a folder, unless that is a whole home because the home is under git."""
    root = discover.root_of(folder)
    if not _is_too_wide(root):
        return root if _is_marked(root) else None
    between = [one for one in (folder, *folder.parents) if one.is_relative_to(root) and one != root]
    return next((one for one in between if _is_marked(one)), None)


def _is_marked(folder: Path) -> bool:
    return any((folder / mark).exists() for mark in discover.ROOT_MARKS)


def _is_too_wide(folder: Path) -> bool:
    """Whether a folder holds more than a project: a home or what is above it, a folder of temporary files."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - never raises
    within = (home, Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - nothing is written
    return any(Path(os.path.realpath(one)).is_relative_to(folder) for one in within)
