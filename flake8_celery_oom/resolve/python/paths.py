"""Files and folders of the project: what a program builds from ``__file__`` with ``os.path`` and ``pathlib``.

Paths are followed as on Linux. A path outside of the project, or relative to the folder that a program happens to be
started in, is not known.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.resolve.python.modules import Modules
from flake8_celery_oom.resolve.python.values import (
    Abstract,
    Constant,
    Dynamic,
    Items,
    ProjectPath,
)

_SAME = frozenset({"abspath", "realpath", "normpath", "expanduser", "expandvars", "normcase", "fspath"})
"""Functions that give the path that they are given, when it is one of the project."""
_SAME_METHODS = frozenset({"resolve", "absolute", "expanduser", "as_posix"})
_TESTS = frozenset({"exists", "isfile", "isdir", "lexists"})
_METHOD_TESTS = frozenset({"exists", "is_file", "is_dir"})
_FOLDER_TESTS = frozenset({"isdir", "is_dir"})
_FILE_TESTS = frozenset({"isfile", "is_file"})
_CLASSES = frozenset(f"pathlib.{name}" for name in ("Path", "PurePath", "PosixPath", "PurePosixPath"))
_OF_TEXT = frozenset({"join", "basename", "dirname", "splitext", "split", "normpath"})
_OF_PATH = frozenset({"name", "stem", "suffix"})


@dataclass(frozen=True, slots=True)
class ProjectFiles:
    """The files that a project has, and the modules that were asked for in vain."""

    modules: Modules
    missing: dict[str, None]

    def exists(self, test: str, path: ProjectPath, at: Location | None) -> Abstract:
        """What ``os.path.exists``, ``isfile`` and the like say of a path.

        A module that the project does not have is one of those that are kept out of it (``private.py``): what the files
        say is what holds without it, and its name is kept in ``missing``. Any other file may be made when the program
        is installed.
        """
        is_file = self.modules.exists(path.path)
        is_folder = self.modules.has_folder(path.path)
        if is_file or is_folder:
            return Constant((is_file and test not in _FOLDER_TESTS) or (is_folder and test not in _FILE_TESTS))
        if path.path.endswith(".py"):
            self.missing[path.path] = None
            return Constant(value=False)
        return Dynamic(
            Cause(f"depends on the file {path.path}, which is not in the project"), at, Constant(value=False)
        )


def path_call(name: str, given: Sequence[Abstract], files: ProjectFiles, at: Location | None) -> Abstract | None:
    """A call of ``os.path``, ``os.listdir`` or ``pathlib.Path``; None for any other, and for a path not followed."""
    if not given:
        return None
    if name == "os.listdir" and isinstance(given[0], ProjectPath):
        entries = files.modules.entries(given[0].path)
        return Items(tuple(map(Constant, entries))) if entries else None
    function = name.removeprefix("os.path.") if name.startswith("os.path.") else ""
    if name in _CLASSES:
        function = "join"
    elif name == "os.fspath":
        function = "fspath"
    first = given[0]
    if isinstance(first, ProjectPath):
        return _of_path(function, first, given[1:], files, at)
    return _of_text(function, given) if name not in _CLASSES else None


def path_method(
    path: ProjectPath, name: str, given: Sequence[Abstract], files: ProjectFiles, at: Location | None
) -> Abstract | None:
    """A method of a ``pathlib.Path``; None where it is not followed."""
    if name == "joinpath":
        return joined(path, given)
    if name in _SAME_METHODS:
        return path
    return files.exists(name, path, at) if name in _METHOD_TESTS else None


def _of_path(
    function: str, path: ProjectPath, more: Sequence[Abstract], files: ProjectFiles, at: Location | None
) -> Abstract | None:
    if function in _SAME:
        return path
    if function == "join":
        return joined(path, more)
    if function in {"dirname", "basename"}:
        return path_attribute(path, "parent" if function == "dirname" else "name")
    return files.exists(function, path, at) if function in _TESTS else None


def path_attribute(path: ProjectPath, name: str) -> Abstract | None:
    """``path.parent``, ``path.parents``, ``path.name`` and the like; None where that is not known."""
    if name == "parent":
        return ProjectPath(posixpath.dirname(path.path)) if path.path else None
    if name == "parents":
        above = [path.path]
        while above[-1]:
            above.append(posixpath.dirname(above[-1]))
        return Items(tuple(map(ProjectPath, above[1:])), "tuple")
    if name in _OF_PATH and path.path:
        base = posixpath.basename(path.path)
        stem, suffix = posixpath.splitext(base)
        return Constant({"name": base, "stem": stem, "suffix": suffix}[name])
    return None


def joined(path: ProjectPath, more: Sequence[Abstract]) -> Abstract | None:
    """The path with further parts; None when it leaves the project or one of them is not known."""
    parts = [part.value for part in more if isinstance(part, Constant) and isinstance(part.value, str)]
    if len(parts) < len(more) or any(part.startswith("/") for part in parts):
        return None
    made = posixpath.normpath(posixpath.join(path.path or ".", *parts))
    return None if made == ".." or made.startswith("../") else ProjectPath("" if made == "." else made)


def _of_text(function: str, given: Sequence[Abstract]) -> Abstract | None:
    """``os.path.join("a", "b")`` and the like of plain text."""
    texts = [one.value for one in given if isinstance(one, Constant) and isinstance(one.value, str)]
    if function not in _OF_TEXT or len(texts) < len(given) or (function != "join" and len(texts) > 1):
        return None
    found = getattr(posixpath, function)(*texts)
    return Items(tuple(map(Constant, found)), "tuple") if isinstance(found, tuple) else Constant(found)
