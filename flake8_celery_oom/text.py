"""Text of a file with exact positions, and text taken out of a file that still knows where each character stands.

``ast`` counts UTF-8 bytes, the Language Server Protocol UTF-16 units by default, flake8 zero-based code points.
Every conversion is made here, once.
"""

from __future__ import annotations

import codecs
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from flake8_celery_oom.model import Hole, Location, Word


class SourceText:
    """The decoded text of one file. Bytes that are no UTF-8 survive as surrogates, so encoding gives the file back."""

    __slots__ = ("_starts", "bom", "path", "text")

    def __init__(self, path: str, text: str, *, bom: bool = False) -> None:
        self.path = path
        self.text = text
        self.bom = bom
        self._starts: list[int] | None = None

    @classmethod
    def from_bytes(cls, path: str, data: bytes) -> SourceText:
        """Decode as UTF-8 with surrogateescape; a byte order mark is taken off and remembered."""
        bom = data.startswith(codecs.BOM_UTF8)
        body = data[len(codecs.BOM_UTF8) :] if bom else data
        return cls(path, body.decode("utf-8", "surrogateescape"), bom=bom)

    def to_bytes(self, text: str | None = None) -> bytes:
        """Encode ``text`` (this file's own by default) as the file was encoded."""
        body = (self.text if text is None else text).encode("utf-8", "surrogateescape")
        return codecs.BOM_UTF8 + body if self.bom else body

    def only(self, start: int, end: int) -> SourceText:
        """A stretch of the file as a file of its own: everything around it is blank, so that places stay the same."""
        around = (self.text[:start], self.text[end:])
        before, behind = ("".join(char if char in "\r\n" else " " for char in part) for part in around)
        return SourceText(self.path, f"{before}{self.text[start:end]}{behind}", bom=self.bom)

    @property
    def starts(self) -> list[int]:
        """The offset at which each line starts. LF, CRLF and a lone CR end a line, as in Python's tokenizer."""
        if self._starts is None:
            starts = [0]
            text = self.text
            position = text.find("\n")
            if "\r" not in text:
                while position >= 0:
                    starts.append(position + 1)
                    position = text.find("\n", position + 1)
            else:
                for index, char in enumerate(text):
                    if char == "\n" or (char == "\r" and text[index + 1 : index + 2] != "\n"):
                        starts.append(index + 1)
            self._starts = starts
        return self._starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column (both from 1, in code points) of an offset."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def offset(self, line: int, column: int = 1) -> int:
        """The offset of a line and column (both from 1), held inside the text."""
        if line > len(self.starts):
            return len(self.text)
        return min(self.starts[max(line, 1) - 1] + max(column, 1) - 1, len(self.text))

    def offset_of_utf8(self, line: int, byte_column: int) -> int:
        """The offset of a line (from 1) and a column in UTF-8 bytes (from 0), as ``ast`` gives them."""
        head = self.line_text(line)
        if head.isascii():
            return self.starts[line - 1] + byte_column
        encoded = head.encode("utf-8", "surrogateescape")[:byte_column]
        return self.starts[line - 1] + len(encoded.decode("utf-8", "replace"))

    def utf16_column(self, offset: int) -> int:
        """The column (from 0) of an offset in UTF-16 units."""
        line, column = self.position(offset)
        head = self.line_text(line)[: column - 1]
        return len(head.encode("utf-16-le", "surrogatepass")) // 2

    def line_text(self, line: int) -> str:
        """A line (from 1) without its line end."""
        starts = self.starts
        if not 0 < line <= len(starts):
            return ""
        end = starts[line] if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end].rstrip("\r\n")

    @property
    def line_count(self) -> int:
        """How many lines there are; an empty last line does not count."""
        return len(self.starts) - (1 if self.starts[-1] == len(self.text) and len(self.starts) > 1 else 0)

    def location(self, start: int, end: int) -> Location:
        """The location of ``text[start:end]``."""
        line, column = self.position(start)
        end_line, end_column = self.position(max(start, end))
        return Location(self.path, start, max(start, end), line, column, end_line, end_column)

    def line_location(self, line: int) -> Location:
        """The location of a whole line (from 1) without indentation and line end."""
        line = min(max(line, 1), len(self.starts))
        content = self.line_text(line)
        start = self.starts[line - 1] + len(content) - len(content.lstrip())
        return self.location(start, self.starts[line - 1] + len(content))


@dataclass(frozen=True, slots=True)
class TextHole:
    """A stretch ``[start:end]`` of a MappedText that stands for something unknown."""

    start: int
    end: int
    hole: Hole


@dataclass(frozen=True)
class MappedText:
    """Text that was taken out of a file (a YAML scalar, a joined line) with the source offset of every character.

    ``offsets`` has one entry a character and one for the end. Inside ``holes`` the text is only a stand-in.
    """

    source: SourceText
    text: str
    offsets: Sequence[int]
    holes: tuple[TextHole, ...] = ()

    @classmethod
    def plain(cls, source: SourceText, start: int = 0, end: int | None = None) -> MappedText:
        """A stretch of a file as it is."""
        stop = len(source.text) if end is None else end
        return cls(source, source.text[start:stop], range(start, stop + 1))

    @classmethod
    def joined(cls, pieces: Iterable[MappedText], between: str = "") -> MappedText:
        """Several pieces of one file in a row; ``between`` is put between them and stands where the next one starts."""
        parts = list(pieces)
        text: list[str] = []
        offsets: list[int] = []
        holes: list[TextHole] = []
        length = 0
        for index, piece in enumerate(parts):
            if index and between:
                text.append(between)
                offsets.extend([piece.offsets[0]] * len(between))
                length += len(between)
            holes.extend(TextHole(hole.start + length, hole.end + length, hole.hole) for hole in piece.holes)
            text.append(piece.text)
            offsets.extend(piece.offsets[:-1])
            length += len(piece.text)
        offsets.append(parts[-1].offsets[-1])
        return cls(parts[0].source, "".join(text), offsets, tuple(holes))

    def __getitem__(self, key: slice) -> MappedText:
        start, stop, step = key.indices(len(self.text))
        if step != 1:
            raise ValueError("a MappedText can only be cut into runs of characters")
        stop = max(start, stop)
        if not self.holes:
            return MappedText(self.source, self.text[start:stop], self._offsets(start, stop))
        holes = tuple(
            TextHole(max(hole.start, start) - start, min(hole.end, stop) - start, hole.hole)
            for hole in self.holes
            if hole.start < stop and hole.end > start
        )
        return MappedText(self.source, self.text[start:stop], self._offsets(start, stop), holes)

    @cached_property
    def _cuts(self) -> dict[tuple[int, int], MappedText]:
        return {}

    def cut(self, start: int, end: int) -> MappedText:
        """``text[start:end]``, the same object each time it is asked for."""
        known = self._cuts.get((start, end))
        if known is None:
            known = self._cuts[start, end] = self[start:end]
        return known

    def _offsets(self, start: int, stop: int) -> Sequence[int]:
        if isinstance(self.offsets, range) or stop == len(self.text):
            return self.offsets[start : stop + 1]
        if stop == start:
            return [self.offsets[start]]
        return [*self.offsets[start:stop], self.offsets[stop - 1] + 1]

    def location(self, start: int = 0, end: int | None = None) -> Location:
        """Where ``text[start:end]`` stands in the file."""
        stop = len(self.text) if end is None else end
        if stop <= start:
            return self.source.location(self.offsets[start], self.offsets[start])
        last = self.offsets[stop - 1] + 1
        for hole in self.holes:
            if hole.start < stop == hole.end:
                last = max(last, self.offsets[stop])
        return self.source.location(self.offsets[start], max(last, self.offsets[start]))

    def with_holes(self, holes: Iterable[TextHole]) -> MappedText:
        """The same text with more holes."""
        merged = sorted({*self.holes, *holes}, key=lambda hole: (hole.start, hole.end))
        return MappedText(self.source, self.text, self.offsets, tuple(merged))

    def parts(self, start: int = 0, end: int | None = None) -> tuple[str | Hole, ...]:
        """``text[start:end]`` as the parts of a word: literal pieces and holes in turn."""
        stop = len(self.text) if end is None else end
        parts: list[str | Hole] = []
        position = start
        for hole in self.holes:
            if hole.end <= start or hole.start >= stop:
                continue
            if hole.start > position:
                parts.append(self.text[position : hole.start])
            parts.append(hole.hole)
            position = max(position, min(hole.end, stop))
        if position < stop:
            parts.append(self.text[position:stop])
        return tuple(parts) or ("",)

    def word(self) -> Word:
        """The whole text as one word."""
        return Word(self.parts(), self.location(), self)
