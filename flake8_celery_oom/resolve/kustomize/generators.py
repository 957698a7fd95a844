"""ConfigMaps that kustomizations generate, and those that they merge into or put in the place of others."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import replace

from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.kustomize.nodes import mapping_of, scalar_of, text_of, with_entry, written
from flake8_celery_oom.resolve.kustomize.resources import Resource
from flake8_celery_oom.syntax.node_values import mappings
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence

_ReadAt = Callable[[str, str], SourceText | None]
"""From a folder and a path below it to a text of the project."""


def generated(root: Mapping, path: str, resources: list[Resource], read: _ReadAt) -> list[Resource]:
    """The resources with the ConfigMaps of ``configMapGenerator``: new ones, merged ones, and those in their place."""
    made = list(resources)
    for number, generator in enumerate(mappings(root.get("configMapGenerator"))):
        name = generator.get("name")
        if not isinstance(name, Scalar):
            continue
        data = dict(_data(generator, posixpath.dirname(path), read))
        behavior = text_of(generator.get("behavior")) or "create"
        same = [one for one in made if one.kind == "ConfigMap" and text_of(name) in one.names]
        if behavior == "create" or not same:
            made.append(Resource(_config_map(generator, name, data), path, (path, number)))
            continue
        for one in same:
            before = one.node.get("data")
            if behavior == "replace" or not isinstance(before, Mapping):
                before = mapping_of((), name.at)
            for key, value in data.values():
                before = with_entry(before, key, value)
            made[made.index(one)] = replace(one, node=with_entry(one.node, written("data", name), before))
    return made


def _config_map(generator: Mapping, name: Scalar, data: dict[str, tuple[Scalar, Scalar]]) -> Mapping:
    entries: list[tuple[Scalar, Node]] = [
        (written("apiVersion", name), written("v1", name)),
        (written("kind", name), written("ConfigMap", name)),
        (written("metadata", name), mapping_of([(written("name", name), name)], name.at)),
        (written("data", name), mapping_of(data.values(), generator.at)),
    ]
    return mapping_of(entries, generator.at)


def _data(generator: Mapping, folder: str, read: _ReadAt) -> Iterator[tuple[str, tuple[Scalar, Scalar]]]:
    """The entries by key; files first, then env files, then literals, as Kustomize collects them."""
    for item in _scalars(generator.get("files")):
        key, mark, path = text_of(item).partition("=")
        source = read(folder, path if mark else key)
        if source is not None:
            name = key if mark else posixpath.basename(key)
            yield name, (written(name, item), scalar_of(MappedText.plain(source)))
    listed = [*_scalars(generator.get("envs")), *_scalars(generator.get("env"))]
    for item in listed:
        source = read(folder, text_of(item))
        for line in _lines(source) if source is not None else ():
            key, mark, _ = line.text.partition("=")
            if mark:
                yield key, (scalar_of(line[: len(key)]), scalar_of(line[len(key) + 1 :]))
    for item in _scalars(generator.get("literals")):
        key, mark, value = item.value.text.partition("=")
        if mark:
            start, end = len(key) + 1, len(item.value.text)
            inner = value.strip("\"'")
            start += len(value) - len(value.lstrip("\"'"))
            yield key, (scalar_of(item.value[: len(key)]), scalar_of(item.value[start : min(start + len(inner), end)]))


def _lines(source: SourceText) -> Iterator[MappedText]:
    """The lines of an env file that say something."""
    start = 0
    for line in source.text.split("\n"):
        written_there = line.rstrip("\r").lstrip()
        first = start + len(line.rstrip("\r")) - len(written_there)
        if written_there and not written_there.startswith("#"):
            yield MappedText.plain(source, first, first + len(written_there))
        start += len(line) + 1


def _scalars(node: Node | None) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [] if node.is_null else [node]
    return [item for item in node.items if isinstance(item, Scalar)] if isinstance(node, Sequence) else []
