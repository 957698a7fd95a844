"""Objects whose containers something may have changed that is not followed."""

from __future__ import annotations

from dataclasses import replace

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.resolve.kustomize.nodes import unknown, with_entry, written
from flake8_celery_oom.resolve.kustomize.resources import Resource
from flake8_celery_oom.syntax.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence

_CONTAINERS = frozenset({"containers", "initContainers"})


def doubted(resource: Resource, at: Location) -> Resource:
    """The resource with containers that may have other words, variables and limits; ``at`` is what may change them."""
    node = _doubted(resource.node, f"patched in {at.path}", at)
    return replace(resource, node=node) if isinstance(node, Mapping) else resource


def _doubted(node: Node, reason: str, at: Location) -> Node:
    if isinstance(node, Sequence):
        return replace(node, items=tuple(_doubted(item, reason, at) for item in node.items))
    if not isinstance(node, Mapping):
        return node
    entries: list[Entry] = []
    for entry in node.entries:
        name = entry.key.value.text if entry.key is not None else ""
        if name in _CONTAINERS and isinstance(entry.value, Sequence):
            items = tuple(_container(item, reason, at) for item in entry.value.items)
            entries.append(Entry(entry.key, replace(entry.value, items=items)))
        elif name == "data" and entry.key is not None:
            entries.append(Entry(entry.key, unknown(entry.value, reason, at)))
        else:
            entries.append(Entry(entry.key, _doubted(entry.value, reason, at)))
    return replace(node, entries=tuple(entries))


def _container(node: Node, reason: str, at: Location) -> Node:
    """A container with words that may follow, variables that may be set and a limit that may be another."""
    key = (
        next((entry.key for entry in node.entries if entry.key is not None), None)
        if isinstance(node, Mapping)
        else None
    )
    if not isinstance(node, Mapping) or key is None:
        return node
    made = node
    more = _more(key, reason, at)
    last = "args" if node.get("args") is not None or node.get("command") is None else "command"
    for name in {"command", last} & set(node.keys()) | {last}:
        words = node.get(name)
        items = words.items if isinstance(words, Sequence) else ()
        made = with_entry(made, node.key(name) or written(name, key), Sequence((*items, more), _at(words, key)))
    for name in ("env", "envFrom", "resources"):
        said = node.get(name)
        doubtful = unknown(said, reason, at) if said is not None else None
        if name == "env" and doubtful is None:
            doubtful = more
        if name == "resources":
            doubtful = more
        if doubtful is not None:
            made = with_entry(made, node.key(name) or written(name, key), doubtful)
    return made


def _at(words: Node | None, key: Scalar) -> Location:
    return words.at if words is not None else key.at


def _more(like: Scalar, reason: str, at: Location) -> Scalar:
    hole = Hole(reason, at=at, several=True)
    first = like.value.offsets[0]
    return Scalar(MappedText(like.value.source, "X", [first, first], (TextHole(0, 1, hole),)), "plain", like.at)
