"""Values inside a shell: fields made of pieces that know where they were written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters with one origin: text of a file (``mapped``), text made here, or a hole."""

    text: str
    mapped: MappedText | None = None
    hole: Hole | None = None
    quoted: bool = False

    def as_quoted(self) -> Piece:
        """The same piece, protected from being split."""
        return Piece(self.text, self.mapped, self.hole, quoted=True)

    def cut(self, start: int, end: int) -> Piece:
        """The piece ``text[start:end]``."""
        mapped = self.mapped[start:end] if self.mapped is not None else None
        return Piece(self.text[start:end], mapped, self.hole, self.quoted)


Field: TypeAlias = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Array:
    """The value of ``name=(a b c)``."""

    items: tuple[Field, ...]


def pieces_of(text: MappedText, *, quoted: bool = False) -> Field:
    """A text of a file as pieces: its literal runs and its holes."""
    pieces: list[Piece] = []
    position = 0
    for hole in text.holes:
        if hole.start > position:
            part = text[position : hole.start]
            pieces.append(Piece(part.text, part, quoted=quoted))
        pieces.append(Piece(hole.hole.source, hole=hole.hole, quoted=quoted))
        position = max(position, hole.end)
    if position < len(text.text):
        part = text[position:]
        pieces.append(Piece(part.text, part, quoted=quoted))
    return tuple(pieces)


def field_of(word: Word) -> Field:
    """A word of a fact as a field."""
    if word.mapped is not None:
        return pieces_of(word.mapped, quoted=True)
    return tuple(
        Piece(part, quoted=True) if isinstance(part, str) else Piece(part.source, hole=part, quoted=True)
        for part in word.parts
    )


def known_text(value: Iterable[Piece]) -> str | None:
    """The text of a field, or None when it has a hole."""
    pieces = tuple(value)
    return None if any(piece.hole is not None for piece in pieces) else "".join(piece.text for piece in pieces)


def word_of(value: Field, fallback: Location) -> Word:
    """A field as a word of a command. A word made of pieces of several places stands at ``fallback``."""
    parts: list[str | Hole] = []
    for piece in value:
        if piece.hole is not None:
            hole = piece.hole
            parts.append(replace(hole, several=False) if hole.several and len(value) > 1 else hole)
        elif parts and isinstance(parts[-1], str):
            parts[-1] += piece.text
        else:
            parts.append(piece.text)
    mapped = [piece.mapped for piece in value if piece.mapped is not None and piece.text]
    at = fallback
    if mapped and len({part.source.path for part in mapped}) == 1:
        places = [part.location() for part in mapped]
        places.extend(piece.hole.at for piece in value if piece.hole is not None and piece.hole.at is not None)
        if len({place.path for place in places}) == 1:
            source = mapped[0].source
            at = source.location(min(place.start for place in places), max(place.end for place in places))
            if at.end - at.start > 4 * sum(len(piece.text) for piece in value) + 20:
                at = fallback
    return Word(tuple(parts) or ("",), at, mapped_of(value, fallback, mapped[0].source if mapped else None))


def mapped_of(value: Field, fallback: Location, source: SourceText | None) -> MappedText | None:
    """A field as text of one file again, so that it can be parsed as a command; None when nothing of it is written."""
    if source is None:
        return None
    text: list[str] = []
    offsets: list[int] = []
    holes: list[TextHole] = []
    last = fallback.start if fallback.path == source.path else 0
    for index, piece in enumerate(value):
        start = len(offsets)
        text.append(piece.text)
        following = value[index + 1].mapped if index + 1 < len(value) else None
        if piece.mapped is not None and piece.mapped.source is source:
            offsets.extend(piece.mapped.offsets[: len(piece.text)])
            last = offsets[-1] + 1 if offsets else last
        elif piece.hole is not None and following is not None and following.source is source:
            offsets.extend([following.offsets[0]] * len(piece.text))
        else:
            offsets.extend([last] * len(piece.text))
        if piece.hole is not None:
            holes.append(TextHole(start, len(offsets), piece.hole))
    offsets.append(last)
    return MappedText(source, "".join(text), offsets, tuple(holes))


def usual_text(value: Iterable[Piece]) -> str | None:
    """The text of a field when the environment says nothing: holes have their default, variables are empty."""
    texts: list[str] = []
    for piece in value:
        if piece.hole is None:
            texts.append(piece.text)
        elif piece.hole.default is not None or piece.hole.name is not None:
            texts.append(piece.hole.default or "")
        else:
            return None
    return "".join(texts)


def join(fields: Iterable[Field], between: str = " ") -> Field:
    """Several fields as one, as ``"$*"`` and ``eval`` make it."""
    pieces: list[Piece] = []
    for index, value in enumerate(fields):
        if index:
            pieces.append(Piece(between))
        pieces.extend(value)
    return tuple(pieces)


def unquoted(value: Field) -> Field:
    """A value as a variable holds it: the quotes of its assignment don't protect it when it is expanded."""
    return tuple(
        Piece(piece.text, piece.mapped, piece.hole, quoted=False) if piece.quoted else piece for piece in value
    )


def split_fields(value: Field) -> Iterator[Field]:
    """Split the unquoted pieces at blanks, as a shell splits what it expanded."""
    current: list[Piece] = []
    for piece in value:
        if piece.hole is not None or piece.quoted:
            current.append(piece)
            continue
        for match in re.finditer(r"\s+|\S+", piece.text):
            if match[0].isspace():
                if current:
                    yield tuple(current)
                    current = []
            else:
                current.append(piece.cut(*match.span()))
    if current:
        yield tuple(current)


def written(value: Field) -> str:
    """What is written of a path: all of it, or what follows its last unknown piece (``$HERE/start.sh``)."""
    text = known_text(value)
    if text is not None:
        return text
    last = value[-1]
    return last.text if last.hole is None and last.text.startswith("/") else ""
