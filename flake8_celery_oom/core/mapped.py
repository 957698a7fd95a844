"""Text taken out of a file that still knows where in the file each of its characters stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.source import SourceText


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
