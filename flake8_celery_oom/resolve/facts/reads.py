"""Which files' texts a step of resolving read: while these are the same, so is what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from flake8_celery_oom.core.source import SourceText


class RecordedReads:
    """Gives the texts of files by path, and notes which were asked for. A text that is the same is the same object."""

    def __init__(self, read: Callable[[str], SourceText | None]) -> None:
        self._read = read
        self._recording: list[dict[str, SourceText | None]] = []

    def __call__(self, path: str) -> SourceText | None:
        """The text of a file, or None when it cannot be read."""
        source = self._read(path)
        for asked in self._recording:
            asked[path] = source
        return source

    @contextmanager
    def recording(self) -> Iterator[dict[str, SourceText | None]]:
        """The texts that are asked for inside the block, by path."""
        asked: dict[str, SourceText | None] = {}
        self._recording.append(asked)
        try:
            yield asked
        finally:
            self._recording.pop()


def gives(read: Callable[[str], SourceText | None], asked: Mapping[str, SourceText | None]) -> bool:
    """Whether these files still have these texts."""
    return all(read(path) is source for path, source in asked.items())
