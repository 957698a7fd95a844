"""Builds kustomizations: resources, components, generators and patches, in the order of Kustomize 5.

A kustomization that cannot be read, and everything below it, is left as it is. What a patch or another transformer may
do to an object and cannot be followed makes the containers of that object unknown.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.kustomize.doubt import doubted
from flake8_celery_oom.resolve.kustomize.generators import generated
from flake8_celery_oom.resolve.kustomize.nodes import at_path, text_of
from flake8_celery_oom.resolve.kustomize.patches import WORKLOADS, NotApplied, merged, operated
from flake8_celery_oom.resolve.kustomize.replacements import replaced
from flake8_celery_oom.resolve.kustomize.resources import Resource, Selector
from flake8_celery_oom.resolve.kustomize.transformers import renamed, with_images, with_namespace, with_replicas
from flake8_celery_oom.sources.kubernetes import is_plain
from flake8_celery_oom.syntax import yaml
from flake8_celery_oom.syntax.node_values import mappings
from flake8_celery_oom.syntax.yaml_nodes import Document, Entry, Mapping, Node, Scalar, Sequence
from flake8_celery_oom.syntax.yaml_reader import Reader

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_DEEPEST = 20
_MOST_RESOURCES = 3_000
_OPAQUE = ("transformers", "configurations", "validators")
"""Fields that may change any object in ways that are not followed."""
_INNER_PATH = re.compile(r"containers|emplate|^/spec$")


@dataclass(frozen=True, slots=True)
class Kustomization:
    """One file: ``resources`` are the files and folders of the project that it installs, components apart."""

    path: str
    root: Mapping
    resources: tuple[str, ...]
    components: tuple[str, ...]

    @property
    def folder(self) -> str:
        """The folder that it stands in."""
        return posixpath.dirname(self.path)


@dataclass
class Builder:
    """All kustomizations of a project. ``read`` gives the text of a path, or None."""

    files: frozenset[str]
    read: Callable[[str], SourceText | None]
    patch_files: set[str] = field(default_factory=set)
    """The files that patches stand in: no objects of their own."""
    object_files: set[str] = field(default_factory=set)
    """The files whose objects are installed."""
    _read: dict[str, Kustomization | None] = field(default_factory=dict)
    _built: dict[str, list[Resource]] = field(default_factory=dict)
    _documents: dict[str, list[Document]] = field(default_factory=dict)

    def kustomization(self, folder: str) -> Kustomization | None:
        """The kustomization of a folder; None when there is none that can be read."""
        if folder not in self._read:
            self._read[folder] = self._load(folder)
        return self._read[folder]

    def _load(self, folder: str) -> Kustomization | None:
        path = next((path for name in NAMES if (path := posixpath.join(folder, name)) in self.files), None)
        source = self.read(path) if path is not None else None
        documents = list(yaml.documents(source)) if source is not None else []
        root = documents[0].node if documents else None
        if path is None or not isinstance(root, Mapping) or any(one.problem for one in documents):
            return None
        listed = (*_texts(root.get("resources")), *_texts(root.get("bases")))
        return Kustomization(
            path,
            root,
            tuple(_below(folder, one) for one in listed),
            tuple(_below(folder, one) for one in _texts(root.get("components"))),
        )

    # --- building ---------------------------------------------------------------------------------------------------

    def build(self, folder: str, depth: int = 0) -> list[Resource]:
        """The objects that a kustomization installs."""
        if folder in self._built:
            return self._built[folder]
        self._built[folder] = []
        one = self.kustomization(folder)
        if one is None or depth > _DEEPEST:
            return []
        made: list[Resource] = []
        for path in one.resources:
            made.extend(self.objects(path) if path in self.files else self.build(path, depth + 1))
        made = self._transformed(one, made[:_MOST_RESOURCES], depth)
        self._built[folder] = made
        return made

    def _transformed(self, one: Kustomization, resources: list[Resource], depth: int) -> list[Resource]:
        """What components, generators and transformers of a kustomization make of its resources, in this order."""
        root = one.root
        for path in one.components if depth <= _DEEPEST else ():
            component = self.kustomization(path)
            if component is not None:
                own = [new for file in component.resources if file in self.files for new in self.objects(file)]
                resources = self._transformed(component, [*resources, *own], depth + 1)
        resources = generated(root, one.path, resources, self._text_at)
        for patch in self._patches(one):
            resources = [new for resource in resources if (new := patch.over(resource)) is not None]
        resources = with_namespace(root, resources)
        resources = renamed(root, resources)
        resources = with_replicas(root, resources)
        resources = with_images(root, resources)
        resources = replaced(self._replacements(one), resources)
        opaque = next((key for name in _OPAQUE if (key := root.key(name)) is not None and _texts(root.get(name))), None)
        if opaque is not None:
            resources = [doubted(resource, opaque.at) for resource in resources]
        return resources

    def objects(self, path: str) -> list[Resource]:
        """The objects of a file; none when it cannot be read as plain YAML."""
        documents = self.documents(path)
        if not is_plain(documents):
            return []
        self.object_files.add(path)
        found = enumerate(_objects(documents))
        return [Resource(node, path, (path, index)) for index, node in found if isinstance(node, Mapping)]

    def documents(self, path: str) -> list[Document]:
        """The documents of a file."""
        if path not in self._documents:
            source = self.read(path)
            self._documents[path] = list(yaml.documents(source)) if source is not None else []
        return self._documents[path]

    def _text_at(self, folder: str, path: str) -> SourceText | None:
        below = _below(folder, path)
        return self.read(below) if below in self.files else None

    # --- patches ----------------------------------------------------------------------------------------------------

    def _patches(self, one: Kustomization) -> Iterator[_Patch]:
        """The patches in the order in which Kustomize applies them."""
        strategic = one.root.get("patchesStrategicMerge")
        for item in strategic.items if isinstance(strategic, Sequence) else ():
            if isinstance(item, Scalar):
                yield from self._patch(one, item, None, None, item.at)
        for key in ("patches", "patchesJson6902"):
            for item in mappings(one.root.get(key)):
                target = item.get("target")
                inline, path = item.get("patch"), item.get("path")
                yield from self._patch(one, path, inline, target if isinstance(target, Mapping) else None, item.at)

    def _patch(
        self, one: Kustomization, path: Node | None, inline: Node | None, target: Mapping | None, at: Location
    ) -> Iterator[_Patch]:
        selector = Selector.read(target) if target is not None else None
        text = text_of(path)
        if isinstance(inline, Scalar):
            documents = Reader(inline.value).documents()
        elif isinstance(path, Scalar) and "\n" in text:
            documents = Reader(path.value).documents()
        else:
            file = _below(one.folder, text)
            self.patch_files.add(file)
            documents = self.documents(file) if file in self.files else [Document(None)]
        for document in documents:
            yield _Patch(document.node, selector, at)

    def _replacements(self, one: Kustomization) -> list[Mapping]:
        found: list[Mapping] = []
        for item in mappings(one.root.get("replacements")):
            path = text_of(item.get("path"))
            if not path:
                found.append(item)
                continue
            for document in self.documents(_below(one.folder, path)):
                found.extend(mappings(document.node))
        return found


@dataclass(frozen=True, slots=True)
class _Patch:
    """One patch: a mapping that is merged, or a list of operations. ``node`` is None for what cannot be read."""

    node: Node | None
    target: Selector | None
    at: Location

    def over(self, resource: Resource) -> Resource | None:
        """A resource with the patch over it; None when the patch deletes it."""
        fits = self._fits(resource)
        if fits is False:
            return resource
        if fits is None:
            return doubted(resource, self.at) if self._touches_containers() else resource
        try:
            if isinstance(self.node, Sequence):
                return replace(resource, node=operated(resource.node, self.node))
            made = merged(resource.node, self._without_name()) if isinstance(self.node, Mapping) else resource.node
        except NotApplied:
            return doubted(resource, self.at)
        return replace(resource, node=made) if made is not None else None

    def _touches_containers(self) -> bool:
        """Whether a list of operations may change a container; anything else is taken to."""
        if not isinstance(self.node, Sequence):
            return True
        return any(_INNER_PATH.search(text_of(one.get("path"))) for one in mappings(self.node))

    def _fits(self, resource: Resource) -> bool | None:
        """Whether the patch is for this resource; None when that is not known."""
        if self.target is not None:
            return self.target.fits(resource)
        if not isinstance(self.node, Mapping):
            return None if resource.kind in WORKLOADS else False
        name, kind = text_of(at_path(self.node, "metadata", "name")), text_of(self.node.get("kind"))
        return kind == resource.kind and name in resource.names

    def _without_name(self) -> Mapping:
        """The patch without what names the object: one that a target selects keeps its name and its kind."""
        assert isinstance(self.node, Mapping)
        entries: list[Entry] = []
        for entry in self.node.entries:
            name = entry.key.value.text if entry.key is not None else ""
            if name == "metadata" and isinstance(entry.value, Mapping):
                entries.append(Entry(entry.key, _without(entry.value, ("name", "namespace"))))
            elif name not in ("kind", "apiVersion"):
                entries.append(entry)
        return replace(self.node, entries=tuple(entries))


def _without(node: Mapping, names: tuple[str, ...]) -> Mapping:
    left = (entry for entry in node.entries if entry.key is None or entry.key.value.text not in names)
    return replace(node, entries=tuple(left))


def _objects(documents: list[Document]) -> Iterator[Node]:
    for document in documents:
        node = document.node
        if isinstance(node, Mapping) and text_of(node.get("kind")).endswith("List") and node.get("items") is not None:
            items = node.get("items")
            yield from items.items if isinstance(items, Sequence) else ()
        elif node is not None:
            yield node


def _texts(node: Node | None) -> list[str]:
    return [text_of(item) for item in node.items] if isinstance(node, Sequence) else []


def _below(folder: str, path: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, path))
    return "" if joined == "." else joined


__all__ = ["NAMES", "Builder", "Kustomization"]
