"""Services of compose files put over one another: as ``extends`` does, and as several files of one project do.

Held against Docker Compose 5.6.1 (``override/merge.go`` and ``loader/reset.go`` of compose-go 2). Nodes keep the places
where they are written, so that a merged service says of each of its values which file it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.syntax.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence

_REPLACED = frozenset({("command",), ("entrypoint",), ("healthcheck", "test")})
"""Keys of a service whose value is replaced even by null."""
_APPENDED = frozenset({("environment",), ("env_file",), ("label_file",), ("build", "args"), ("build", "labels")})
"""Keys that hold a mapping, a list or a text, and are put one behind the other whatever each is."""
_BUILD = ("build",)
_RESET, _OVERRIDE = "!reset", "!override"
MOST_STEPS = 100_000
"""Nodes that are looked at for one service. Compose refuses documents of more."""


class TooLargeError(Exception):
    """A service of so many nodes that it is not merged."""


class _Steps:
    def __init__(self) -> None:
        self.left = MOST_STEPS

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooLargeError


def marked(service: Node | None) -> frozenset[tuple[str, ...]]:
    """The paths of a service that carry ``!reset`` or ``!override``; the service itself is the empty path."""
    return frozenset(_marked(service, _Steps())) if service is not None else frozenset()


def merged(base: Node | None, over: Node | None, removed: frozenset[tuple[str, ...]] = frozenset()) -> Node | None:
    """Service ``over`` put over service ``base``, of which the paths ``removed`` go first; None for no service."""
    steps = _Steps()
    if over is None or _is_null(over):
        return None if over is not None and over.tag == _RESET else base
    own = _without_resets(over, steps) if removed else over
    if base is None or _is_null(base) or () in removed:
        return own
    for path in removed:
        base = _without_path(base, path)
    return _merge(base, own, (), steps)


def items_of(node: Node | None) -> Iterator[Node]:
    """The nodes that were put one behind the other: mappings as they are, each item of lists, a text."""
    if isinstance(node, Sequence):
        yield from node.items
    elif node is not None and not _is_null(node):
        yield node


def _merge(base: Node, over: Node, path: tuple[str, ...], steps: _Steps) -> Node:
    steps.spend()
    if path in _REPLACED:
        return over
    if path in _APPENDED:
        return Sequence((*items_of(base), *items_of(over)), over.at)
    if _is_null(over):
        return base
    if path == _BUILD:
        base, over = _as_build(base), _as_build(over)
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return _merge_mappings(base, over, path, steps)
    if isinstance(base, Sequence) and isinstance(over, Sequence):
        return Sequence((*base.items, *over.items), over.at, holes=(*base.holes, *over.holes))
    return over


def _merge_mappings(base: Mapping, over: Mapping, path: tuple[str, ...], steps: _Steps) -> Mapping:
    entries = {name: Entry(base.key(name), value) for name, value in base.items()}
    for name, value in over.items():
        below = entries.get(name)
        if below is None:
            entries[name] = Entry(over.key(name), value)
        else:
            entries[name] = Entry(below.key, _merge(below.value, value, (*path, name), steps))
    return Mapping(tuple(entries.values()), over.at, holes=(*base.holes, *over.holes))


def _as_build(node: Node) -> Node:
    """A build that is written as a text is its context."""
    if not isinstance(node, Scalar):
        return node
    key = Scalar(type(node.value)(node.value.source, "context", [node.at.start] * 8), "plain", node.at)
    return Mapping((Entry(key, node),), node.at)


def _marked(node: Node, steps: _Steps, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths that carry ``!reset`` or ``!override``."""
    steps.spend()
    if node.tag in {_RESET, _OVERRIDE}:
        yield path
    elif isinstance(node, Mapping):
        for name, value in node.items():
            yield from _marked(value, steps, (*path, name))


def _without_resets(node: Node, steps: _Steps) -> Node:
    """The node without what it resets, which is there for the tag alone.

    Beside a reset key the one that ``<<`` merges counts again (Docker Compose 5.6.1).
    """
    steps.spend()
    if isinstance(node, Mapping):
        written = tuple(entry for entry in node.entries if entry.value.tag != _RESET)
        node = Mapping(written, node.at, node.flow, node.anchor, node.tag, node.holes)
        kept = [(name, value) for name, value in node.items() if value.tag != _RESET]
        entries = tuple(Entry(node.key(name), _without_resets(value, steps)) for name, value in kept)
        return Mapping(entries, node.at, node.flow, node.anchor, node.tag, node.holes)
    if isinstance(node, Sequence) and any(item.tag == _RESET for item in node.items):
        items = tuple(item for item in node.items if item.tag != _RESET)
        return Sequence(items, node.at, node.flow, node.anchor, node.tag, node.holes)
    return node


def without(mapping: Mapping, path: tuple[str, ...]) -> Mapping:
    """The mapping without what stands at a path; lists on the way are left as they are."""
    entries = (
        Entry(mapping.key(name), value if name != path[0] else _without_path(value, path[1:]))
        for name, value in mapping.items()
        if name != path[0] or len(path) > 1
    )
    return Mapping(tuple(entries), mapping.at, mapping.flow, mapping.anchor, mapping.tag, mapping.holes)


def _without_path(node: Node, path: tuple[str, ...]) -> Node:
    return without(node, path) if isinstance(node, Mapping) else node


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and (node.is_null or node.tag == _RESET)
