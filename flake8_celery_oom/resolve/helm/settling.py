"""Undecided branches that are a part of a line: one unknown text each, so that what is left can be read as YAML."""

from __future__ import annotations

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.resolve.helm.ropes import Frame, Piece

_MOST_PIECES = 60_000


def common_frame(pieces: list[Piece]) -> Frame:
    """The innermost frame that holds all pieces."""
    chain = pieces[0].frame.chain()
    for frame in {piece.frame for piece in pieces[1:]}:
        around = set(frame.chain())
        chain = [one for one in chain if one in around]
    return chain[0] if chain else pieces[0].frame.chain()[-1]


def settled(pieces: tuple[Piece, ...]) -> list[Piece]:
    """The pieces, with undecided branches that are a part of a line as one hole each."""
    if len(pieces) > _MOST_PIECES or not any(piece.guards for piece in pieces):
        return list(pieces)
    made: list[Piece] = []
    line: frozenset[int] | None = None
    run: list[Piece] = []
    for piece in pieces:
        extra = piece.guards - (line if line is not None else piece.guards)
        if run and not extra:
            made.extend(_collapsed(run))
            run = []
        if extra:
            run.append(piece)
            continue
        made.append(piece)
        tail = piece.text.rpartition("\n")[2]
        if tail.strip():
            line = piece.guards
        elif "\n" in piece.text:
            line = None
    return [*made, *_collapsed(run)] if run else made


def _collapsed(run: list[Piece]) -> list[Piece]:
    """One hole for pieces of undecided branches, unless they hold whole lines."""
    text = "".join(piece.text for piece in run)
    if "\n" in text:
        return run
    frame = common_frame(run)
    spots = [_own(piece, frame) for piece in run]
    start, end = min(one for one, _ in spots), max(other for _, other in spots)
    written = frame.source.text[start:end]
    several = any(mark in text for mark in " ,\t") or not text
    hole = Hole(written, at=frame.source.location(start, end), several=several)
    return [Piece("X", frame, [start, end], hole, frozenset.intersection(*(piece.guards for piece in run)))]


def _own(piece: Piece, frame: Frame) -> tuple[int, int]:
    inner = piece.frame
    if inner is frame:
        return piece.offsets[0], piece.offsets[-1]
    while inner.caller is not None and inner.caller is not frame:
        inner = inner.caller
    return inner.start, inner.end
