"""Finding and loading the Python modules of the project, as Python would from where a command runs."""

from __future__ import annotations

import ast
import posixpath
import re
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import python

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


@dataclass(frozen=True)
class Module:
    """One parsed module. ``name`` is what its ``__name__`` probably is."""

    source: SourceText
    tree: ast.Module
    _places: dict[ast.AST, Location] = field(default_factory=dict, compare=False, repr=False)
    _noted: dict[tuple[str, ast.AST], bool] = field(default_factory=dict, compare=False, repr=False)

    def location(self, node: ast.expr | ast.stmt | ast.keyword) -> Location:
        """Where a node stands; remembered, since code is followed many times."""
        place = self._places.get(node)
        if place is None:
            place = self._places[node] = python.location(self.source, node)
        return place

    def note(self, name: str, node: ast.AST, find: Callable[[ast.AST], bool]) -> bool:
        """What ``find`` says of a node, remembered under ``name``."""
        key = (name, node)
        if key not in self._noted:
            self._noted[key] = find(node)
        return self._noted[key]

    @property
    def path(self) -> str:
        """The path of its file."""
        return self.source.path

    @property
    def folder(self) -> str:
        """The folder that a relative import of one dot starts from."""
        return posixpath.dirname(self.path)

    @property
    def name(self) -> str:
        """The dotted name by its path from the root of the workspace."""
        return self.path.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")


class Modules:
    """The Python modules of a project: found by dotted name, read and parsed when first asked for.

    ``files`` are all paths of the project; ``read`` gives the text of one, or None when it cannot be read;
    ``of_celery`` are the files that hold the word celery, where that is known.
    """

    def __init__(
        self,
        files: Collection[str],
        read: Callable[[str], SourceText | None],
        of_celery: Collection[str] | None = None,
    ) -> None:
        self._files = frozenset(files)
        self._read = read
        self._texts: dict[str, SourceText | None] = {}
        self._modules: dict[str, Module | None] = {}
        self._found: dict[tuple[str, str, str | None], str | Ambiguous | None] = {}
        self._by_tail: dict[str, list[str]] = {}
        self._roots: set[str] | None = None
        self.paths: tuple[str, ...] = tuple(sorted(path for path in self._files if path.endswith(".py")))
        spoken = self._files if of_celery is None else frozenset(of_celery)
        self._of_celery = tuple(path for path in self.paths if path in spoken)
        for path in self.paths:
            self._by_tail.setdefault(_tail(path), []).append(path)

    def text(self, path: str) -> SourceText | None:
        """The text of a file of the project."""
        if path not in self._texts:
            self._texts[path] = self._read(path) if path in self._files else None
        return self._texts[path]

    def module(self, path: str) -> Module | None:
        """The module at ``path``, or None when it cannot be read or parsed."""
        if path not in self._modules:
            source = self.text(path)
            tree = python.parse(source) if source is not None else None
            self._modules[path] = Module(source, tree) if source is not None and tree is not None else None
        return self._modules[path]

    def mentioning(self, pattern: re.Pattern[str]) -> Iterator[str]:
        """The Python files that speak of Celery and whose text has a match for ``pattern``."""
        for path in self._of_celery:
            source = self.text(path)
            if source is not None and pattern.search(source.text):
                yield path

    def exists(self, path: str) -> bool:
        """Whether the project has a file at ``path``."""
        return path in self._files

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

    def find(self, dotted: str, cwd: str, near: str | None = None) -> str | Ambiguous | None:
        """The path of the module ``dotted``, for a command run in ``cwd`` that stands in the file ``near``.

        Looked for in ``cwd``, then in the source roots above ``near`` and above ``cwd`` (innermost first; ``src``
        folders too), then as the only path of the project that ends like the name.
        """
        key = (dotted, cwd, posixpath.dirname(near) if near is not None else None)
        if key not in self._found:
            self._found[key] = self._find(dotted, cwd, near)
        return self._found[key]

    def _find(self, dotted: str, cwd: str, near: str | None) -> str | Ambiguous | None:
        parts = dotted.split(".")
        if not all(_NAME.fullmatch(part) for part in parts) or parts[0] in NEVER_LOCAL:
            return None
        for root in self._search_path(cwd, near):
            found = self.in_folder(root, dotted)
            if found is not None:
                return found
        return None if parts[0] in OUTSIDE else self._by_suffix(dotted, near)

    def _search_path(self, cwd: str, near: str | None) -> Iterator[str]:
        yield cwd
        above = [*_ancestors(near)] if near is not None else []
        above += [folder for folder in ("", *_ancestors(posixpath.join(cwd, "x"))) if folder not in above]
        outside = [folder for folder in above if not self._is_package(folder)]
        yield from outside
        for folder in outside:
            yield posixpath.join(folder, "src")
        yield from (folder for folder in above if self._is_package(folder))

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
        for folder in _ancestors(near) if near is not None else ("",):
            inside = [path for path in found if path.startswith(f"{folder}/") or not folder]
            if inside:
                likely = self._likeliest(inside, dotted)
                return likely[0] if len(likely) == 1 else Ambiguous(tuple(likely))
        return None


_NAME = re.compile(r"[^\W\d]\w*")


def _above_src(folder: str) -> str:
    return posixpath.dirname(folder) if posixpath.basename(folder) == "src" else folder


def _tail(path: str) -> str:
    folder, name = posixpath.split(path)
    return posixpath.basename(folder) if name == "__init__.py" else name.removesuffix(".py")


def _ancestors(path: str) -> Iterator[str]:
    """The folders above a file, innermost first, ending with the root of the workspace ("")."""
    folder = posixpath.dirname(path)
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield ""
