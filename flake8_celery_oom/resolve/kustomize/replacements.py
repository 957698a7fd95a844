"""``replacements``: values of one object that are copied into others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from flake8_celery_oom.resolve.kustomize.doubt import doubted
from flake8_celery_oom.resolve.kustomize.nodes import at_path, mapping_of, text_of, with_entry, written
from flake8_celery_oom.resolve.kustomize.patches import NotApplied
from flake8_celery_oom.resolve.kustomize.resources import Resource, Selector
from flake8_celery_oom.syntax.node_values import mappings
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence

_PART = re.compile(r"\[([^\]=]+)=([^\]]*)\]|((?:\\\.|[^.\[])+)")


def replaced(replacements: list[Mapping], resources: list[Resource]) -> list[Resource]:
    """The resources with all replacements made, in their order."""
    for one in replacements:
        for target in mappings(one.get("targets")):
            select = target.get("select")
            selector = Selector.read(select) if isinstance(select, Mapping) else None
            try:
                value = _source(one.get("source"), resources)
            except NotApplied:
                value = None
            resources = [_with_target(resource, selector, target, value) for resource in resources]
    return resources


def _source(node: Node | None, resources: list[Resource]) -> Scalar:
    """The value that is copied."""
    if not isinstance(node, Mapping):
        raise NotApplied
    chosen = [one for one in resources if Selector.read(node).fits(one)]
    if len(chosen) != 1:
        raise NotApplied
    path = text_of(node.get("fieldPath")) or "metadata.name"
    found: Node | None = chosen[0].node
    for part in _parts(path):
        found = _step(found, part)
    if not isinstance(found, Scalar):
        raise NotApplied
    options = node.get("options")
    delimiter = text_of(at_path(options, "delimiter"))
    if not delimiter:
        return found
    pieces = found.value.text.split(delimiter)
    index = int(text_of(at_path(options, "index")) or 0)
    if not 0 <= index < len(pieces):
        raise NotApplied
    return written(pieces[index], found)


def _with_target(resource: Resource, selector: Selector | None, target: Mapping, value: Scalar | None) -> Resource:
    fits = selector.fits(resource) if selector is not None else None
    rejected = [Selector.read(one).fits(resource) for one in mappings(target.get("reject"))]
    if fits is False or True in rejected:
        return resource
    paths = target.get("fieldPaths")
    named = [text_of(item) for item in paths.items] if isinstance(paths, Sequence) else ["metadata.name"]
    if fits is None or value is None or None in rejected:
        return doubted(resource, target.at)
    try:
        node: Node = resource.node
        for path in named:
            node = _put(node, list(_parts(path)), value, _Options.read(target.get("options")))
    except NotApplied:
        return doubted(resource, target.at)
    return replace(resource, node=node) if isinstance(node, Mapping) else resource


@dataclass(frozen=True, slots=True)
class _Options:
    """How a value is put into its place."""

    delimiter: str = ""
    index: int = 0
    create: bool = False

    @classmethod
    def read(cls, node: Node | None) -> _Options:
        index = text_of(at_path(node, "index")) or "0"
        if not re.fullmatch(r"-?\d{1,4}", index):
            raise NotApplied
        return cls(text_of(at_path(node, "delimiter")), int(index), text_of(at_path(node, "create")) == "true")


@dataclass(frozen=True, slots=True)
class _Part:
    """A step of a path: a key, an index or ``*`` in ``name``; or the items whose ``key`` is ``name``."""

    name: str
    key: str | None = None


def _parts(path: str) -> Iterator[_Part]:
    for match in _PART.finditer(path):
        if match[3] is None:
            yield _Part(match[2], match[1])
        else:
            yield _Part(match[3].replace("\\.", "."))


def _step(node: Node | None, part: _Part) -> Node | None:
    if isinstance(node, Mapping) and part.key is None:
        return node.get(part.name)
    if isinstance(node, Sequence):
        chosen = [item for index, item in enumerate(node.items) if _chosen(item, index, part)]
        if len(chosen) == 1:
            return chosen[0]
    raise NotApplied


def _chosen(item: Node, index: int, part: _Part) -> bool:
    if part.key is None:
        return part.name in ("*", str(index))
    return isinstance(item, Mapping) and text_of(item.get(part.key)) == part.name


def _put(node: Node | None, parts: list[_Part], value: Scalar, options: _Options) -> Node:
    if not parts:
        return _joined(node, value, options)
    part, rest = parts[0], parts[1:]
    if isinstance(node, Mapping) and part.key is None:
        below = node.get(part.name)
        if below is None and rest:
            below = _created(rest[0], value, options)
        elif below is None and not options.create:
            raise NotApplied
        key = node.key(part.name) or written(part.name, value)
        return with_entry(node, key, _put(below, rest, value, options))
    if not isinstance(node, Sequence):
        raise NotApplied
    items = [
        _put(item, rest, value, options) if _chosen(item, index, part) else item
        for index, item in enumerate(node.items)
    ]
    if not any(_chosen(item, index, part) for index, item in enumerate(node.items)):
        items.append(_put(_new_item(part, rest, len(node.items), value, options), rest, value, options))
    return replace(node, items=tuple(items))


def _created(part: _Part, value: Scalar, options: _Options) -> Node:
    """What ``create`` puts where the next step of a path finds nothing: a list for an item, else a mapping."""
    if not options.create or part.name in ("*", "-"):
        raise NotApplied
    if part.key is not None or part.name == "0":
        return Sequence((), value.at)
    return Mapping((), value.at)


def _new_item(part: _Part, rest: list[_Part], length: int, value: Scalar, options: _Options) -> Node | None:
    """The item that ``create`` puts at the end of a list: the one with that key, or that number."""
    if not options.create or (part.key is None and part.name != str(length)):
        raise NotApplied
    if part.key is not None:
        return mapping_of([(written(part.key, value), written(part.name, value))], value.at)
    return _created(rest[0], value, options) if rest else None


def _joined(node: Node | None, value: Scalar, options: _Options) -> Scalar:
    """The value, or the text that is there with one part of it replaced."""
    if not options.delimiter:
        return value
    if not isinstance(node, Scalar):
        raise NotApplied
    pieces = node.value.text.split(options.delimiter)
    if options.index < 0:
        pieces.insert(0, value.value.text)
    elif options.index >= len(pieces):
        pieces.append(value.value.text)
    else:
        pieces[options.index] = value.value.text
    return written(options.delimiter.join(pieces), node)
