"""Places of the project as positions of the Language Server Protocol, in the units that the client asked for."""

from __future__ import annotations

from lsprotocol.types import Location as Place
from lsprotocol.types import Position, PositionEncodingKind, Range
from pygls.uris import from_fs_path

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.source import SourceText


class Positions:
    """Converts offsets of texts below ``root``; ``encoding`` is ``utf-8``, ``utf-16`` or ``utf-32``."""

    def __init__(self, root: str, encoding: str) -> None:
        self.root = root
        self.encoding = encoding

    def uri(self, path: str) -> str:
        """The address of a file of the project."""
        return from_fs_path(f"{self.root}/{path}") or ""

    def position(self, source: SourceText, offset: int) -> Position:
        """Line and character, both from 0."""
        line, column = source.position(offset)
        head = source.line_text(line)[: column - 1]
        return Position(line - 1, self._units(head))

    def range(self, source: SourceText, at: Location) -> Range:
        """The stretch of a place; one at the end of a line never reaches into the next."""
        return Range(self.position(source, at.start), self.position(source, at.end))

    def place(self, source: SourceText, at: Location) -> Place:
        """A place with its file."""
        return Place(self.uri(at.path), self.range(source, at))

    def offset(self, source: SourceText, position: Position) -> int:
        """The offset of a position, held inside its line."""
        text = source.line_text(position.line + 1)
        units = 0
        for index, char in enumerate(text):
            if units >= position.character:
                return source.offset(position.line + 1) + index
            units += self._units(char)
        return source.offset(position.line + 1) + len(text)

    def _units(self, text: str) -> int:
        if self.encoding == PositionEncodingKind.Utf32:
            return len(text)
        if self.encoding == PositionEncodingKind.Utf8:
            return len(text.encode("utf-8", "surrogateescape"))
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
