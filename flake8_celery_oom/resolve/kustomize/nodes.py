"""Nodes of YAML, changed: every change makes new nodes, and what is not changed stays where it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.syntax.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence


def written(text: str, like: Scalar) -> Scalar:
    """A scalar that no file holds, standing where ``like`` stands."""
    first, last = like.value.offsets[0], like.value.offsets[-1]
    offsets = [*[first] * max(len(text) - 1, 0), *([max(first, last - 1)] if text else []), max(first, last)]
    return Scalar(MappedText(like.value.source, text, offsets), "double", like.at)


def scalar_of(text: MappedText) -> Scalar:
    """A text of a file as a scalar."""
    return Scalar(text, "double", text.location())


def unknown(node: Node, reason: str, at: Location) -> Node:
    """The node with every scalar below it unknown; a list may get more items."""
    hole = Hole(reason, at=at, several=True)
    if isinstance(node, Scalar):
        text = node.value.text or "X"
        offsets = node.value.offsets if node.value.text else [node.value.offsets[0]] * 2
        mapped = MappedText(node.value.source, "X" * len(text), offsets, (TextHole(0, len(text), hole),))
        return replace(node, value=mapped)
    if isinstance(node, Sequence):
        items = tuple(unknown(item, reason, at) for item in node.items)
        return replace(node, items=items, holes=(*node.holes, hole))
    entries = tuple(Entry(entry.key, unknown(entry.value, reason, at)) for entry in node.entries)
    return replace(node, entries=entries, holes=(*node.holes, hole))


def text_of(node: Node | None) -> str:
    """The text of a scalar, empty for anything else."""
    return node.value.text if isinstance(node, Scalar) else ""


def is_null(node: Node | None) -> bool:
    """Whether a node is null."""
    return isinstance(node, Scalar) and node.is_null


def plain(mapping: Mapping) -> Mapping:
    """The mapping with what its merge keys add written out, so that entries can be taken away."""
    if not any(entry.key is None or entry.key.value.text == "<<" for entry in mapping.entries):
        return mapping
    entries = []
    for name, value in mapping.items():
        key = mapping.key(name)
        if key is not None:
            entries.append(Entry(key, value))
    return replace(mapping, entries=tuple(entries))


def with_entry(mapping: Mapping, key: Scalar, value: Node | None) -> Mapping:
    """The mapping with an entry set, or taken away when ``value`` is None."""
    entries: list[Entry] = []
    placed = False
    for entry in plain(mapping).entries:
        if entry.key is None or entry.key.value.text != key.value.text:
            entries.append(entry)
        elif value is not None and not placed:
            entries.append(Entry(entry.key, value))
            placed = True
    if value is not None and not placed:
        entries.append(Entry(key, value))
    return replace(mapping, entries=tuple(entries))


def changed_items(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """A list with each item changed, or left out where ``change`` gives None; other nodes as they are."""
    if not isinstance(node, Sequence):
        return node
    made = [new for item in node.items if (new := change(item)) is not None]
    return replace(node, items=tuple(made))


def mapping_of(entries: Iterable[tuple[Scalar, Node]], at: Location) -> Mapping:
    """A mapping that no file holds."""
    return Mapping(tuple(Entry(key, value) for key, value in entries), at)


def at_path(node: Node | None, *names: str) -> Node | None:
    """The node below that a path of keys leads to."""
    for name in names:
        node = node.get(name) if isinstance(node, Mapping) else None
    return node


def with_path(mapping: Mapping, names: tuple[str, ...], value: Node, like: Scalar) -> Mapping:
    """The mapping with a value set below it, along keys that are made where they are not there."""
    first, rest = names[0], names[1:]
    if not rest:
        return with_entry(mapping, written(first, like), value)
    below = mapping.get(first)
    inner = below if isinstance(below, Mapping) else Mapping((), like.at)
    return with_entry(mapping, written(first, like), with_path(inner, rest, value, like))
