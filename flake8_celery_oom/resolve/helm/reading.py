"""Rendered text read back as values, as ``fromYaml`` does; every value keeps its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.resolve.helm.placing import Placed
from flake8_celery_oom.resolve.helm.ropes import Piece, Rope
from flake8_celery_oom.resolve.helm.values import UNKNOWN, Items, Number, Table, Unknown, Value, scalar_number
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence


def value_of(rope: Rope) -> Value:
    """A rendered text read as YAML, as ``fromYaml`` does."""
    placed = Placed(rope, "")
    documents = placed.raw()
    if not documents or documents[0].problem is not None:
        return UNKNOWN
    return _read(placed, documents[0].node, 0) if documents[0].node is not None else Table()


def _read(placed: Placed, node: Node | None, depth: int) -> Value:
    if depth > 60:
        return UNKNOWN
    match node:
        case Mapping():
            entries = {name: _read(placed, item, depth + 1) for name, item in node.items()}
            doubtful = any(placed.guards(entry.key.at.start) for entry in node.entries if entry.key is not None)
            return UNKNOWN if doubtful else Table(entries, UNKNOWN if node.holes else None)
        case Sequence():
            if node.holes or any(placed.guards(item.at.start) for item in node.items):
                return UNKNOWN
            return Items([_read(placed, item, depth + 1) for item in node.items])
        case Scalar():
            return _scalar(placed, node)
        case None:
            return None


def _scalar(placed: Placed, node: Scalar) -> Value:
    if node.is_null:
        return None
    rope = Rope(tuple(_parts(placed, node.value)))
    if rope.known is None:
        hole = next(rope.holes, None)
        only = len(rope.pieces) == 1 and hole is not None
        return Unknown(hole.source, hole.name, hole.default) if only and hole is not None else rope
    number = scalar_number(rope.text) if node.style == "plain" and node.tag is None else None
    return rope if number is None else Number(number, rope)


def _parts(placed: Placed, value: MappedText) -> Iterator[Piece]:
    """The pieces that a scalar's text is made of."""
    position = 0
    while position < len(value.text):
        index = placed.index(value.offsets[position])
        piece, start = placed.pieces[index], placed.starts[index]
        if piece.hole is not None:
            yield piece
            position += 1
            continue
        stop = position + 1
        while (
            stop < len(value.text)
            and value.offsets[stop] == value.offsets[stop - 1] + 1
            and value.offsets[stop] < start + len(piece.text)
        ):
            stop += 1
        cut = piece.cut(value.offsets[position] - start, value.offsets[stop - 1] - start + 1)
        yield cut if cut.text == value.text[position:stop] else replace(cut, text=value.text[position:stop])
        position = stop
