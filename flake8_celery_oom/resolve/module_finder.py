"""Which file of the project a dotted name means, as Python would find it from where a command runs."""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

NEVER_LOCAL = frozenset({"celery", "kombu", "billiard", "django", "vine", "amqp"})
"""Packages that a project cannot hold itself: a module of the same name would break Celery."""

OUTSIDE = frozenset(sys.stdlib_module_names) | {
    "configurations",
    "decouple",
    "dotenv",
    "dynaconf",
    "environ",
    "environs",
    "fastapi",
    "flask",
    "pydantic",
    "pydantic_settings",
    "redis",
    "requests",
    "sentry_sdk",
    "split_settings",
    "sqlalchemy",
    "starlette",
    "yaml",
}
"""Packages of others that are only looked for in the source roots, never anywhere in the tree."""

_BUILD_FILES = ("manage.py", "pyproject.toml", "setup.py", "setup.cfg")


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several files of the project could be the module, and nothing says which."""

    candidates: tuple[str, ...]


class ModuleFinder:
    """Finds Python modules by name; reads none. ``files`` are all paths of the project."""

    def __init__(self, files: Collection[str], earlier: ModuleFinder | None = None) -> None:
        """``earlier`` is another finder: where it is one of the same files, its answers count."""
        self._files = frozenset(files)
        same = earlier if earlier is not None and earlier._files == self._files else None
        self._found: dict[tuple[str, str | None, str | None], str | Ambiguous | None]
        self._found = same._found if same is not None else {}
        self._roots: set[str] | None = same._roots if same is not None else None
        self._folders: frozenset[str] | None = same._folders if same is not None else None
        self.paths: tuple[str, ...]
        self.paths = (
            same.paths if same is not None else tuple(sorted(one for one in self._files if one.endswith(".py")))
        )
        self._by_tail: dict[str, list[str]] = same._by_tail if same is not None else _by_tail(self.paths)

    def exists(self, path: str) -> bool:
        """Whether the project has a file at ``path``."""
        return path in self._files

    def has_folder(self, path: str) -> bool:
        """Whether some file of the project lies below the folder ``path``."""
        if self._folders is None:
            self._folders = frozenset(folder for file in self._files for folder in _ancestors(file))
        return path in self._folders

    def entries(self, folder: str) -> list[str]:
        """The names of the files and folders right in a folder of the project, sorted."""
        prefix = f"{folder}/" if folder else ""
        below = (path[len(prefix) :] for path in self._files if path.startswith(prefix))
        return sorted({path.partition("/")[0] for path in below})

    def in_folder(self, folder: str, name: str) -> str | None:
        """The module or package ``name`` (dotted) below ``folder``."""
        base = posixpath.join(folder, *name.split(".")) if name else folder
        paths = (posixpath.join(base, "__init__.py"), f"{base}.py") if name else (posixpath.join(base, "__init__.py"),)
        return next((path for path in paths if path in self._files), None)

    def submodule(self, path: str, name: str) -> str | None:
        """The module ``name`` inside the package whose ``__init__.py`` is ``path``."""
        if posixpath.basename(path) != "__init__.py":
            return None
        return self.in_folder(posixpath.dirname(path), name)

    def relative(self, path: str, level: int, name: str) -> str | None:
        """What ``from ..name import`` with ``level`` dots means in the module at ``path``."""
        folder = posixpath.dirname(path)
        for _ in range(level - 1):
            if not folder:
                return None
            folder = posixpath.dirname(folder)
        return self.in_folder(folder, name)

    def root_of(self, path: str, dotted: str) -> str:
        """The folder from which the module at ``path`` is called ``dotted``."""
        folder = posixpath.dirname(path) if posixpath.basename(path) == "__init__.py" else path.removesuffix(".py")
        for _ in dotted.split("."):
            folder = posixpath.dirname(folder)
        return folder

    def find(self, dotted: str, cwd: str | None, near: str | None = None) -> str | Ambiguous | None:
        """The path of the module ``dotted``, for a command run in ``cwd`` that stands in the file ``near``.

        Looked for in ``cwd`` where that is known, then in the source roots above ``near`` and above ``cwd`` (innermost
        first; ``src`` folders too), then as the only path of the project that ends like the name.
        """
        key = (dotted, cwd, posixpath.dirname(near) if near is not None else None)
        if key not in self._found:
            self._found[key] = self._find(dotted, cwd, near)
        return self._found[key]

    def program(self, dotted: str, cwd: str | None, near: str | None = None) -> str | None:
        """The file that ``python -m dotted`` runs: a module or a package's ``__main__``; None when not certain."""
        found = self.find(dotted, cwd, near)
        if isinstance(found, str):
            is_package = posixpath.basename(found) == "__init__.py"
            return self.submodule(found, "__main__") if is_package else found
        inside = self.find(f"{dotted}.__main__", cwd, near) if found is None else None
        return inside if isinstance(inside, str) else None

    def ending(self, suffix: str, near: str) -> list[str]:
        """The files whose paths end with ``suffix``: those below the innermost folder above ``near`` that holds any."""
        found = [path for path in self._by_tail.get(_tail(suffix), ()) if f"/{path}".endswith(f"/{suffix}")]
        return _innermost(found, near)

    def _find(self, dotted: str, cwd: str | None, near: str | None) -> str | Ambiguous | None:
        parts = dotted.split(".") if "{" not in dotted else _PART.findall(dotted)
        if not all(_NAME.fullmatch(part) for part in parts) or parts[0] in NEVER_LOCAL:
            return None
        if "{" in dotted or "___" in dotted:
            return self._in_template(parts)
        for root in self._search_path(cwd, near, packages=parts[0] not in OUTSIDE):
            found = self.in_folder(root, dotted)
            if found is not None:
                return found
        return None if parts[0] in OUTSIDE else self._by_suffix(dotted, near)

    def _in_template(self, parts: Sequence[str]) -> str | None:
        """A module of a template of projects: ``{{ cookiecutter.name }}.settings`` lies in a folder of that name.

        Its syntax tree has underscores where the variable stood.
        """
        found = [path for path in self.paths if "{{" in path and _like_template(path, parts)]
        return found[0] if len(found) == 1 else None

    def _search_path(self, cwd: str | None, near: str | None, *, packages: bool) -> Iterator[str]:
        """Folders that imports may start from; ``packages`` last, as Python 2 looks beside the importing module."""
        above = [*_ancestors(near)] if near is not None else []
        if cwd is not None:
            yield cwd
            above += [folder for folder in ("", *_ancestors(posixpath.join(cwd, "x"))) if folder not in above]
        outside = [folder for folder in above if not self._is_package(folder)]
        yield from outside
        for folder in outside:
            yield posixpath.join(folder, "src")
        yield from (folder for folder in above if packages and self._is_package(folder))

    def _is_package(self, folder: str) -> bool:
        return posixpath.join(folder, "__init__.py") in self._files

    def _likeliest(self, paths: list[str], dotted: str) -> list[str]:
        """Those of ``paths`` that start in a folder with a build file, else those that start in no package."""
        if self._roots is None:
            self._roots = {posixpath.dirname(path) for path in self._files if posixpath.basename(path) in _BUILD_FILES}
        roots = {path: self.root_of(path, dotted) for path in paths}
        built = [path for path, root in roots.items() if {root, _above_src(root)} & self._roots]
        return built or [path for path, root in roots.items() if not self._is_package(root)] or paths

    def _by_suffix(self, dotted: str, near: str | None) -> str | Ambiguous | None:
        tail = dotted.replace(".", "/")
        ends = (f"/{tail}.py", f"/{tail}/__init__.py")
        found = [path for path in self._by_tail.get(tail.rsplit("/", 1)[-1], ()) if f"/{path}".endswith(ends)]
        inside = _innermost(found, near or "")
        if not inside:
            return None
        likely = self._likeliest(inside, dotted)
        if len(likely) > 1:
            return Ambiguous(tuple(likely))
        return likely[0] if not self._is_inside_package(likely[0], dotted, near or "") else None

    def _is_inside_package(self, path: str, dotted: str, near: str) -> bool:
        """Whether the module has another name to the Python file ``near``, which imports it by a name of one part.

        A submodule is imported without its package only from beside it.
        """
        root = self.root_of(path, dotted)
        return near.endswith(".py") and "." not in dotted and self._is_package(root) and root not in _ancestors(near)


_NAME = re.compile(r"[^\W\d][\w-]*|\{\{.*\}\}")
"""A part of a module's name; ``import_module`` takes any file name, and templates of projects have variables there."""
_PART = re.compile(r"\{\{.*?\}\}|[^.{}]+")


def _like_template(path: str, parts: Sequence[str]) -> bool:
    """Whether a path ends like a dotted name, blanks inside ``{{ }}`` aside."""
    names = path.removesuffix("/__init__.py").removesuffix(".py").split("/")[-len(parts) :]
    return len(names) == len(parts) and all(
        name == part or ("{{" in name and (set(part) == {"_"} or name.replace(" ", "") == part.replace(" ", "")))
        for name, part in zip(names, parts, strict=True)
    )


def _above_src(folder: str) -> str:
    return posixpath.dirname(folder) if posixpath.basename(folder) == "src" else folder


def _tail(path: str) -> str:
    folder, name = posixpath.split(path)
    return posixpath.basename(folder) if name == "__init__.py" else name.removesuffix(".py")


def _by_tail(paths: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(_tail(path), []).append(path)
    return found


def _ancestors(path: str) -> Iterator[str]:
    """The folders above a file, innermost first, ending with the root of the workspace ("")."""
    folder = posixpath.dirname(path)
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield ""


def _innermost(paths: Sequence[str], near: str) -> list[str]:
    """Those of ``paths`` below the innermost folder above ``near`` that holds any of them."""
    for folder in _ancestors(near):
        inside = [path for path in paths if path.startswith(f"{folder}/") or not folder]
        if inside:
            return inside
    return []
