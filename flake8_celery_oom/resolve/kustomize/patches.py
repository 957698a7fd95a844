"""Strategic merge patches and JSON patches (RFC 6902) on nodes of YAML.

Held against ``kubectl kustomize`` (Kustomize 5.7). What this module cannot apply raises :class:`NotApplied`.
"""

from __future__ import annotations

from dataclasses import replace

from flake8_celery_oom.resolve.kustomize.nodes import is_null, plain, text_of, with_entry, written
from flake8_celery_oom.syntax.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence


class NotApplied(Exception):  # noqa: N818  no error of the program: what the patch makes of the object is not known
    """What a patch makes of an object is not known, or Kustomize would refuse it."""


_DEEPEST = 100
WORKLOADS = frozenset({"Pod", "PodTemplate", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"})
"""Kinds that make Pods, and whose lists Kustomize knows how to merge."""
_MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "ports": "containerPort",
    "imagePullSecrets": "name",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
}
"""Lists of the objects of Kubernetes that are merged item by item, and the key that tells the items apart."""


def merged(base: Mapping, patch: Mapping) -> Mapping | None:
    """An object with a strategic merge patch over it; None when the patch deletes it.

    Lists of kinds that Kustomize has no schema of are replaced as a whole.
    """
    known = text_of(base.get("kind")) in WORKLOADS
    made = _merged(base, patch, known, 0)
    return made if isinstance(made, Mapping) else None


def _merged(base: Node | None, patch: Node, known: bool, depth: int) -> Node | None:
    if depth > _DEEPEST:
        raise NotApplied
    if isinstance(patch, Mapping):
        return _mapping(base, plain(patch), known, depth)
    if is_null(patch):
        return None
    return patch


def _mapping(base: Node | None, patch: Mapping, known: bool, depth: int) -> Node | None:
    directive = text_of(patch.get("$patch"))
    own = tuple(entry for entry in patch.entries if entry.key is None or not entry.key.value.text.startswith("$"))
    if any(entry.key is not None and entry.key.value.text.startswith("$") for entry in patch.entries):
        if directive not in ("delete", "replace", "merge") or len(own) + 1 != len(patch.entries):
            raise NotApplied
        if directive == "delete":
            return None
    patch = replace(patch, entries=own)
    if not isinstance(base, Mapping) or directive == "replace":
        return _without_nulls(patch, known, depth)
    made = plain(base)
    for entry in own:
        if entry.key is None:
            raise NotApplied
        name = entry.key.value.text
        below = base.get(name)
        if isinstance(entry.value, Sequence):
            value: Node | None = _sequence(name, below, entry.value, known, depth)
        else:
            value = _merged(below, entry.value, known, depth + 1)
        made = with_entry(made, entry.key, value)
    return made


def _without_nulls(patch: Mapping, known: bool, depth: int) -> Mapping:
    """What a patch adds: entries that are null take nothing away, and are left out."""
    kept: list[Entry] = []
    for entry in patch.entries:
        if isinstance(entry.value, Sequence):
            name = entry.key.value.text if entry.key is not None else ""
            kept.append(Entry(entry.key, _sequence(name, None, entry.value, known, depth)))
            continue
        value = _merged(None, entry.value, known, depth + 1)
        if value is not None:
            kept.append(Entry(entry.key, value))
    return replace(patch, entries=tuple(kept))


def _sequence(name: str, base: Node | None, patch: Sequence, known: bool, depth: int) -> Node:
    key = _MERGE_KEYS.get(name) if known else None
    directives = [text_of(item.get("$patch")) for item in patch.items if isinstance(item, Mapping)]
    items = [item for item in patch.items if not _only_directive(item)]
    if "replace" in directives and len(items) < len(patch.items):
        return replace(patch, items=tuple(items))
    if key is None:
        if any(directives):
            raise NotApplied
        return patch
    return _by_key(base if isinstance(base, Sequence) else replace(patch, items=()), patch, key, known, depth)


def _only_directive(item: Node) -> bool:
    return isinstance(item, Mapping) and [*item.keys()] == ["$patch"]


def _by_key(base: Sequence, patch: Sequence, key: str, known: bool, depth: int) -> Sequence:
    """Items with the same key are merged. Those of the patch stand in front, in its order, as Kustomize puts them."""
    left: list[Node] = list(base.items)
    made: list[Node] = []
    for item in patch.items:
        if not isinstance(item, Mapping) or not text_of(item.get(key)):
            raise NotApplied
        own = next((one for one in left if _key(one, key) == _key(item, key)), None)
        left = [one for one in left if one is not own]
        if own is not None and text_of(item.get("$patch")) == "replace":
            made.append(own)  # Kustomize 5.7 leaves an item that is there as it is
            continue
        value = _merged(own, item, known, depth + 1)
        if value is not None:
            made.append(value)
    return replace(base, items=(*made, *left))


def _key(item: Node, key: str) -> tuple[str, str]:
    if not isinstance(item, Mapping):
        raise NotApplied
    protocol = text_of(item.get("protocol")) or "TCP" if key == "containerPort" else ""
    return text_of(item.get(key)), protocol


# --- JSON patches -----------------------------------------------------------------------------------------------------


def operated(base: Mapping, operations: Sequence) -> Mapping:
    """An object with the operations of a JSON patch carried out, one after the other."""
    made: Node = base
    for operation in operations.items:
        if not isinstance(operation, Mapping):
            raise NotApplied
        made = _operated(made, operation)
    if not isinstance(made, Mapping):
        raise NotApplied
    return made


def _operated(root: Node, operation: Mapping) -> Node:
    path, value = _pointer(operation.get("path")), operation.get("value")
    like = next((entry.key for entry in operation.entries if entry.key is not None), None)
    match text_of(operation.get("op")):
        case "add" | "replace" if value is not None and like is not None:
            return _put(root, path, value, like, new=text_of(operation.get("op")) == "add")
        case "remove":
            return _put(root, path, None, like, new=False)
        case "copy" if like is not None:
            return _put(root, path, _found(root, _pointer(operation.get("from"))), like, new=True)
        case "move" if like is not None:
            origin = _pointer(operation.get("from"))
            return _put(_put(root, origin, None, like, new=False), path, _found(root, origin), like, new=True)
        case "test" if value is not None:
            found = _found(root, path)
            if isinstance(found, Scalar) and isinstance(value, Scalar) and found.value.text == value.value.text:
                return root
    raise NotApplied


def _pointer(node: Node | None) -> list[str]:
    text = text_of(node)
    if not text.startswith("/"):
        raise NotApplied
    return [part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/")]


def _found(root: Node, path: list[str]) -> Node:
    node: Node | None = root
    for part in path:
        if isinstance(node, Mapping):
            node = node.get(part)
        elif isinstance(node, Sequence):
            node = node.items[_index(part, node)]
        else:
            raise NotApplied
    if node is None:
        raise NotApplied
    return node


def _index(part: str, node: Sequence, *, behind: bool = False) -> int:
    if part == "-" and behind:
        return len(node.items)
    if not part.isdecimal() or not int(part) < len(node.items) + behind:
        raise NotApplied
    return int(part)


def _put(node: Node, path: list[str], value: Node | None, like: Scalar | None, *, new: bool) -> Node:
    """The node with a value put at a path, over what is there or (``new``) beside it; None takes it away."""
    part, rest = path[0], path[1:]
    if isinstance(node, Mapping):
        below = node.get(part)
        if rest:
            if below is None:
                raise NotApplied
            value = _put(below, rest, value, like, new=new)
        elif below is None and not new:
            raise NotApplied
        key = node.key(part) or (written(part, like) if like is not None else None)
        if key is None:
            raise NotApplied
        return with_entry(node, key, value)
    if not isinstance(node, Sequence):
        raise NotApplied
    index = _index(part, node, behind=new and not rest)
    items = list(node.items)
    if rest:
        items[index] = _put(items[index], rest, value, like, new=new)
    elif value is None:
        del items[index]
    elif new:
        items.insert(index, value)
    else:
        items[index] = value
    return replace(node, items=tuple(items))
