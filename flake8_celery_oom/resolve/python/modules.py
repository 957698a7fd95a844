"""The Python modules of a project, read and parsed when first asked for."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.storing import NOT_STORED
from flake8_celery_oom.resolve.module_finder import ModuleFinder
from flake8_celery_oom.syntax import python

Asked: TypeAlias = str | re.Pattern[str]
"""What was asked of the modules of a project: the text at a path, or which files have a match for a pattern."""


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


@dataclass(frozen=True, slots=True)
class KeptModules:
    """What one look at the modules of a project leaves for the next one."""

    files: Collection[str]
    of_celery: tuple[str, ...]
    texts: Mapping[str, SourceText | None]
    mentioning: Mapping[re.Pattern[str], list[str]]
    parsed: Mapping[str, Module | None] = field(default_factory=dict, metadata=NOT_STORED)
    finder: ModuleFinder | None = field(default=None, metadata=NOT_STORED)


class Modules(ModuleFinder):
    """The Python modules of a project: found by dotted name, read and parsed when first asked for.

    ``files`` are all paths of the project; ``read`` gives the text of one, or None when it cannot be read;
    ``of_celery`` are the files that hold the word celery, where that is known.
    """

    def __init__(
        self,
        files: Collection[str],
        read: Callable[[str], SourceText | None],
        of_celery: Collection[str] | None = None,
        earlier: KeptModules | None = None,
    ) -> None:
        """``earlier`` are the modules at another time: what is still the same is not parsed again."""
        super().__init__(files, earlier.finder if earlier is not None else None)
        self._given = files
        self._read = read
        self._texts: dict[str, SourceText | None] = {}
        self._modules: dict[str, Module | None] = {}
        self._mentioning: dict[re.Pattern[str], list[str]] = {}
        self._asked: set[Asked] | None = None
        spoken = self._files if of_celery is None else frozenset(of_celery)
        self.of_celery = tuple(path for path in self.paths if path in spoken)
        """The Python files that speak of Celery."""
        self._changed: frozenset[Asked] | None = None
        if earlier is not None and frozenset(earlier.files) == self._files and earlier.of_celery == self.of_celery:
            self._take_over(earlier)

    def kept(self) -> KeptModules:
        """What another look at the project can start from."""
        return KeptModules(self._given, self.of_celery, self._texts, self._mentioning, self._modules, self)

    def _take_over(self, earlier: KeptModules) -> None:
        changed: set[Asked] = set()
        for path, source in earlier.texts.items():
            if (self._read(path) if self.exists(path) else None) is source:
                self._texts[path] = source
                if path in earlier.parsed:
                    self._modules[path] = earlier.parsed[path]
            else:
                changed.add(path)
        for pattern, paths in earlier.mentioning.items():
            if changed and self.mentioning(pattern) != paths:
                changed.add(pattern)
        self._changed = frozenset(changed)

    @contextmanager
    def recording(self) -> Iterator[set[Asked]]:
        """What is asked for inside the block, but for what blocks inside it ask."""
        outer, self._asked = self._asked, set()
        try:
            yield self._asked
        finally:
            self._asked = outer

    def hold(self, asked: Collection[Asked]) -> bool:
        """Whether all of this is as it was for the ``earlier`` modules."""
        return self._changed is not None and self._changed.isdisjoint(asked)

    def text(self, path: str) -> SourceText | None:
        """The text of a file of the project."""
        if self._asked is not None:
            self._asked.add(path)
        if path not in self._texts:
            self._texts[path] = self._read(path) if self.exists(path) else None
        return self._texts[path]

    def module(self, path: str) -> Module | None:
        """The module at ``path``, or None when it cannot be read or parsed."""
        if self._asked is not None:
            self._asked.add(path)
        if path not in self._modules:
            source = self.text(path)
            tree = python.parse(source) if source is not None else None
            self._modules[path] = Module(source, tree) if source is not None and tree is not None else None
        return self._modules[path]

    def mentioning(self, pattern: re.Pattern[str], *letters: str) -> Sequence[str]:
        """The Python files that speak of Celery and whose text has a match for ``pattern``.

        See :func:`core.source.has_match` for ``letters``.
        """
        if self._asked is not None:
            self._asked.add(pattern)
        if pattern not in self._mentioning:
            with self.recording():
                texts = [(path, self.text(path)) for path in self.of_celery]
            self._mentioning[pattern] = [
                path for path, source in texts if source is not None and source.mentions(pattern, *letters)
            ]
        return self._mentioning[pattern]
