"""What kustomizations do to every object: names, namespaces, images, numbers of replicas."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from flake8_celery_oom.resolve.kustomize.nodes import at_path, text_of, with_entry, with_path, written
from flake8_celery_oom.resolve.kustomize.resources import Resource
from flake8_celery_oom.syntax.node_values import mappings
from flake8_celery_oom.syntax.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence

_IMAGE = re.compile(r"(?P<name>[^:@]*(?::\d+/[^:@]*)?)(?::(?P<tag>[^@]*))?(?:@(?P<digest>.*))?")
_KEEP_THEIR_NAMES = frozenset({"ConfigMap", "Secret", "CustomResourceDefinition", "Namespace"})
"""Objects that get no prefix here: references to ConfigMaps would get it as well, so leaving both says the same."""


def renamed(root: Mapping, resources: list[Resource]) -> list[Resource]:
    """The resources with ``namePrefix`` and ``nameSuffix``."""
    prefix, suffix = text_of(root.get("namePrefix")), text_of(root.get("nameSuffix"))
    if not prefix and not suffix:
        return resources
    made: list[Resource] = []
    for one in resources:
        name = at_path(one.node, "metadata", "name")
        if isinstance(name, Scalar) and one.kind not in _KEEP_THEIR_NAMES:
            new = written(f"{prefix}{one.name}{suffix}", name)
            node = with_path(one.node, ("metadata", "name"), new, name)
            made.append(replace(one, node=node, earlier=one.names))
        else:
            made.append(one)
    return made


def with_namespace(root: Mapping, resources: list[Resource]) -> list[Resource]:
    """The resources in the namespace of the kustomization."""
    namespace = root.get("namespace")
    if not isinstance(namespace, Scalar) or not text_of(namespace):
        return resources
    set_one = ("metadata", "namespace")
    return [replace(one, node=with_path(one.node, set_one, namespace, namespace)) for one in resources]


def with_replicas(root: Mapping, resources: list[Resource]) -> list[Resource]:
    """The resources with the numbers of ``replicas``."""
    for wanted in mappings(root.get("replicas")):
        name, count = text_of(wanted.get("name")), wanted.get("count")
        if isinstance(count, Scalar):
            resources = [
                replace(one, node=with_path(one.node, ("spec", "replicas"), count, count)) if name in one.names else one
                for one in resources
            ]
    return resources


def with_images(root: Mapping, resources: list[Resource]) -> list[Resource]:
    """The resources with the names and tags of ``images``."""
    for wanted in mappings(root.get("images")):
        name = text_of(wanted.get("name"))
        if name:
            resources = [replace(one, node=_with_image(one.node, wanted, name)) for one in resources]
    return resources


def _with_image(root: Mapping, wanted: Mapping, name: str) -> Mapping:
    def changed(container: Node) -> Node:
        image = container.get("image") if isinstance(container, Mapping) else None
        match = _IMAGE.fullmatch(text_of(image))
        if not isinstance(container, Mapping) or not isinstance(image, Scalar) or not match or match["name"] != name:
            return container
        tag, digest = text_of(wanted.get("newTag")), text_of(wanted.get("digest"))
        own_tag, own_digest = (match["tag"], match["digest"]) if not tag and not digest else (tag, digest)
        text = text_of(wanted.get("newName")) or name
        text += f":{own_tag}" if own_tag and not (digest and not tag) else ""
        text += f"@{own_digest}" if own_digest else ""
        key = container.key("image")
        return with_entry(container, key, written(text, image)) if key is not None else container

    made = _each_container(root, changed)
    return made if isinstance(made, Mapping) else root


def _each_container(node: Node, change: Callable[[Node], Node]) -> Node:
    if isinstance(node, Sequence):
        return replace(node, items=tuple(_each_container(item, change) for item in node.items))
    if not isinstance(node, Mapping):
        return node
    entries: list[Entry] = []
    for entry in node.entries:
        name = entry.key.value.text if entry.key is not None else ""
        if name in ("containers", "initContainers") and isinstance(entry.value, Sequence):
            items = tuple(change(item) for item in entry.value.items)
            entries.append(Entry(entry.key, replace(entry.value, items=items)))
        else:
            entries.append(Entry(entry.key, _each_container(entry.value, change)))
    return replace(node, entries=tuple(entries))
