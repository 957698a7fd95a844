"""Notes which files and folders a run looks at, for whoever remembers its answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Seen:
    """What was looked at: ``files`` that were opened or not found, ``listed`` roots, and the root of each path.

    ``answers`` are, by path, what was asked of files without relying on all of their content. A path that is among
    ``files`` too is relied on as a whole.
    """

    files: set[str] = field(default_factory=set)
    answers: dict[str, dict[tuple[str | int, ...], str]] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    roots: dict[str, str] = field(default_factory=dict)


_watchers: list[Seen] = []


@contextmanager
def watching() -> Iterator[Seen]:
    """What is looked at inside the block."""
    seen = Seen()
    _watchers.append(seen)
    try:
        yield seen
    finally:
        _watchers.remove(seen)


def is_watched() -> bool:
    """Whether anybody wants to know what is looked at."""
    return bool(_watchers)


def note_file(path: str) -> None:
    """A file is about to be opened."""
    for seen in _watchers:
        seen.files.add(path)


def note_answer(path: str, question: tuple[str | int, ...], answer: str) -> None:
    """A question about the content of a file was answered."""
    for seen in _watchers:
        seen.answers.setdefault(path, {})[question] = answer


def note_listed(root: str) -> None:
    """The names of all files below a folder are about to be listed."""
    for seen in _watchers:
        seen.listed.add(root)


def note_root(path: str, root: str) -> None:
    """A path was found to belong to the project at ``root``."""
    for seen in _watchers:
        seen.roots[path] = root
