"""Text that a chart renders, every character of which knows where it was written.

A piece stands in a *frame*: one file, and the action of another frame that inserted it. A value of ``values.yaml`` that
a named template inserts into a manifest has three: the values, the named template, the manifest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText

NO_GUARDS: frozenset[int] = frozenset()


@dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """Text of ``source`` that an action at ``start:end`` of ``caller`` inserts; no caller for a template itself."""

    source: SourceText
    caller: Frame | None = None
    start: int = 0
    end: int = 0

    @property
    def root(self) -> Frame:
        """The outermost frame."""
        frame = self
        while frame.caller is not None:
            frame = frame.caller
        return frame

    def chain(self) -> list[Frame]:
        """The frame and those around it that are files of the project, innermost first."""
        frames: list[Frame] = []
        frame: Frame | None = self
        while frame is not None:
            if frame.source.path:
                frames.append(frame)
            frame = frame.caller
        return frames


@dataclass(frozen=True, slots=True)
class Spot:
    """A stretch of a frame's file: what is not in the file stands at one."""

    frame: Frame
    start: int
    end: int

    @property
    def outer(self) -> Spot:
        """The same, or the action around it that stands in a file of the project."""
        frame, start, end = self.frame, self.start, self.end
        while not frame.source.path and frame.caller is not None:
            frame, start, end = frame.caller, frame.start, frame.end
        return Spot(frame, start, end)

    @property
    def at(self) -> Location:
        """The place in the file."""
        spot = self.outer
        return spot.frame.source.location(spot.start, spot.end)

    @property
    def written(self) -> str:
        """What stands there."""
        spot = self.outer
        return spot.frame.source.text[spot.start : spot.end]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text of one frame with an offset for each character and the end.

    With a ``hole`` the text is only a stand-in. ``guards`` are the undecided branches that the piece is in.
    """

    text: str
    frame: Frame
    offsets: Sequence[int]
    hole: Hole | None = None
    guards: frozenset[int] = NO_GUARDS

    def cut(self, start: int, end: int) -> Piece:
        """``text[start:end]``; a hole stays whole."""
        if start == 0 and end == len(self.text):
            return self
        offsets: Sequence[int]
        if isinstance(self.offsets, range) or end == len(self.text):
            offsets = self.offsets[start : end + 1]
        else:
            offsets = [*self.offsets[start:end], self.offsets[end - 1] + 1]
        return replace(self, text=self.text[start:end], offsets=offsets)


@dataclass(frozen=True, slots=True)
class Rope:
    """Text in pieces."""

    pieces: tuple[Piece, ...] = ()

    @classmethod
    def at(cls, spot: Spot, text: str) -> Rope:
        """Text that is not in the file, standing at a place of it."""
        if not text:
            return cls()
        last = max(spot.start, spot.end - 1)
        return cls((Piece(text, spot.frame, [*[spot.start] * (len(text) - 1), last, max(last, spot.end)]),))

    @classmethod
    def hole(cls, spot: Spot, hole: Hole, text: str = "X") -> Rope:
        """An unknown text."""
        return cls((replace(cls.at(spot, text).pieces[0], hole=hole),))

    @classmethod
    def of(cls, text: MappedText, frame: Frame) -> Rope:
        """Text that was taken out of the frame's file."""
        pieces: list[Piece] = []
        position = 0
        for hole in text.holes:
            pieces.append(Piece(text.text[position : hole.start], frame, text[position : hole.start].offsets))
            pieces.append(Piece("X", frame, [text.offsets[hole.start], text.offsets[hole.end]], hole.hole))
            position = hole.end
        pieces.append(Piece(text.text[position:], frame, text[position:].offsets))
        return cls(tuple(piece for piece in pieces if piece.text))

    @property
    def text(self) -> str:
        """The text with stand-ins for its holes."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def known(self) -> str | None:
        """The text, or None when a piece of it is unknown or in doubt."""
        if any(piece.hole is not None or piece.guards for piece in self.pieces):
            return None
        return self.text

    @property
    def holes(self) -> Iterator[Hole]:
        """The unknown pieces."""
        return (piece.hole for piece in self.pieces if piece.hole is not None)

    def __len__(self) -> int:
        return sum(len(piece.text) for piece in self.pieces)

    def __add__(self, other: Rope) -> Rope:
        return Rope(self.pieces + other.pieces)

    def cut(self, start: int, end: int) -> Rope:
        """``text[start:end]``; holes that are cut into stay whole."""
        kept: list[Piece] = []
        position = 0
        for piece in self.pieces:
            first, last = max(start - position, 0), min(end - position, len(piece.text))
            if first < last:
                kept.append(piece.cut(first, last) if piece.hole is None else piece)
            position += len(piece.text)
        return Rope(tuple(kept))

    def stripped(self, characters: str | None = None, *, left: bool = True, right: bool = True) -> Rope:
        """Without blanks, or other characters, at its ends; holes are never taken off."""
        pieces = list(self.pieces)
        while left and pieces and pieces[0].hole is None:
            body = pieces[0].text.lstrip(characters)
            if body:
                pieces[0] = pieces[0].cut(len(pieces[0].text) - len(body), len(pieces[0].text))
                break
            pieces.pop(0)
        while right and pieces and pieces[-1].hole is None:
            body = pieces[-1].text.rstrip(characters)
            if body:
                pieces[-1] = pieces[-1].cut(0, len(body))
                break
            pieces.pop()
        return Rope(tuple(pieces))

    def replaced(self, meaning: Callable[[str], str]) -> Rope:
        """Every character by its meaning; where that is another text, it stands where the character stands."""
        made: list[Piece] = []
        for piece in self.pieces:
            meanings = [meaning(char) for char in piece.text]
            if piece.hole is not None or all(map(str.__eq__, meanings, piece.text)):
                made.append(piece)
                continue
            offsets: list[int] = []
            for index, written in enumerate(meanings):
                offsets.extend([piece.offsets[index]] * len(written))
            text = "".join(meanings)
            if text:
                made.append(replace(piece, text=text, offsets=[*offsets, piece.offsets[len(piece.text)]]))
        return Rope(tuple(made))

    def lines(self) -> list[Rope]:
        """The lines without their ends; one line of no pieces for no text."""
        found: list[list[Piece]] = [[]]
        for piece in self.pieces:
            if piece.hole is not None or "\n" not in piece.text:
                found[-1].append(piece)
                continue
            start = 0
            for index, line in enumerate(piece.text.split("\n")):
                if index:
                    found.append([])
                if line:
                    found[-1].append(piece.cut(start, start + len(line)))
                start += len(line) + 1
        return [Rope(tuple(line)) for line in found]

    def padded(self, pad: Rope) -> Rope:
        """The same with ``pad`` before every line."""
        made = list(pad.pieces)
        for piece in self.pieces:
            start = 0
            while piece.hole is None and (end := piece.text.find("\n", start) + 1):
                made.extend((piece.cut(start, end), *pad.pieces))
                start = end
            if start < len(piece.text):
                made.append(piece.cut(start, len(piece.text)))
        return Rope(tuple(made))

    def guarded(self, guard: int) -> Rope:
        """The same inside an undecided branch."""
        return Rope(tuple(replace(piece, guards=piece.guards | {guard}) for piece in self.pieces))

    def inserted(self, spot: Spot) -> Rope:
        """The same as an action at ``spot`` inserts it: values get the action as their caller."""
        frames: dict[Frame, Frame] = {}
        root = spot.frame.root
        made: list[Piece] = []
        for piece in self.pieces:
            if piece.frame is root or piece.frame.caller is not None:
                made.append(piece)
                continue
            if not piece.frame.source.path:
                standing = Rope.at(spot, piece.text).pieces
                made.extend(replace(one, hole=piece.hole, guards=piece.guards) for one in standing)
                continue
            frame = frames.setdefault(piece.frame, Frame(piece.frame.source, spot.frame, spot.start, spot.end))
            made.append(replace(piece, frame=frame))
        return Rope(tuple(made))


def join(ropes: Iterable[Rope], between: Rope | None = None) -> Rope:
    """Several ropes in a row."""
    pieces: list[Piece] = []
    for index, rope in enumerate(ropes):
        if index and between is not None:
            pieces.extend(between.pieces)
        pieces.extend(rope.pieces)
    return Rope(tuple(pieces))


def spot_of(rope: Rope) -> Spot | None:
    """Where a rope stands when all of it stands in one file."""
    frames = {piece.frame for piece in rope.pieces}
    if len(frames) != 1:
        return None
    first, last = rope.pieces[0], rope.pieces[-1]
    return Spot(first.frame, first.offsets[0], max(first.offsets[0], last.offsets[-1]))
