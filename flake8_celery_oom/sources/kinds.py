"""The kinds of files that are read. This is the only list of them, and it is made from the modules of this package.

A kind is a module with ``KIND`` (the kind of its launches), ``TITLE`` (what its files are called in a list for people),
``NAMES`` (globs of their usual names), ``claims`` and ``read``. flake8, the hooks of pre-commit, the README and the
documentation take the kinds from here, so a kind is added by adding its module.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol

import flake8_celery_oom.sources

if TYPE_CHECKING:
    from flake8_celery_oom.core.facts import Fact
    from flake8_celery_oom.core.source import SourceText

HEAD = 4096
"""How many characters of a file decide which kinds it is of."""


class FileKind(Protocol):
    """A module of this package that reads files."""

    __name__: str
    KIND: str
    TITLE: str
    NAMES: tuple[str, ...]

    def claims(self, path: str, head: str) -> bool:
        """Whether a file of this name that starts like this is of the kind."""

    def read(self, source: SourceText) -> list[Fact]:
        """What the file says."""


@cache
def kinds() -> tuple[FileKind, ...]:
    """All kinds, in the order of their modules."""
    package = flake8_celery_oom.sources
    modules = [import_module(f"{package.__name__}.{one.name}") for one in iter_modules(package.__path__)]
    return tuple(one for one in modules if hasattr(one, "claims") and hasattr(one, "read"))


def kinds_of(path: str, head: str) -> tuple[FileKind, ...]:
    """The kinds that a file is of; ``head`` are its first :data:`HEAD` characters."""
    return tuple(kind for kind in kinds() if kind.claims(path, head))


def titles() -> tuple[str, ...]:
    """What the files of all kinds are called, sorted; several kinds may share a title."""
    return tuple(sorted({kind.TITLE for kind in kinds()}, key=str.lower))
