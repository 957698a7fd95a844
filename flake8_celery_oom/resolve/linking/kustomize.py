"""Kubernetes manifests as the kustomizations of a project install them.

Each way in which a container is installed is a launch of its own, where they differ in more than names and images. A
base counts as well only where something installs it unchanged. ConfigMaps that overlays fill in different ways get
different names, and so do the references to them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from flake8_celery_oom.core.facts import Fact, Launch, Script, Variables
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.kustomize.build import NAMES, Builder
from flake8_celery_oom.resolve.kustomize.resources import Resource
from flake8_celery_oom.sources.kubernetes_objects import facts_of

KIND = "kubernetes"
_MOST_ROOTS = 200


def overlaid(facts: Facts) -> None:
    """Replace the launches, ConfigMaps and scripts of ``facts`` by those that kustomizations install."""
    folders = sorted({posixpath.dirname(path) for path in facts.files if posixpath.basename(path) in NAMES})
    builder = Builder(facts.file_set, facts.read)
    read = [one for folder in folders if (one := builder.kustomization(folder)) is not None]
    inner = {path for one in read for path in (*one.resources, *one.components)}
    roots = [one.folder for one in read if one.folder not in inner and _builds(one.root.get("kind"))]
    if not read or len(roots) > _MOST_ROOTS:
        return
    builds = [(folder, builder.build(folder)) for folder in roots]
    generated = {resource.path for _, resources in builds for resource in resources}
    replaced = generated | builder.object_files | builder.patch_files | {one.path for one in read}
    made = _Installed()
    for folder, resources in builds:
        made.add(folder, resources, builder)
    facts.launches[:] = [one for one in facts.launches if one.kind != KIND or _file_of(one) not in replaced]
    facts.variables[:] = [one for one in facts.variables if one.kind != "configmap" or one.path not in replaced]
    for path in [
        path
        for path, one in facts.scripts.items()
        if path.startswith("configmap:") and one.text.source.path in replaced
    ]:
        del facts.scripts[path]
    facts.add(made.facts())


def _builds(kind: object) -> bool:
    """Whether a file is something to install by itself: a component is not."""
    value = getattr(kind, "value", None)
    return value is None or value.text != "Component"


def _file_of(launch: Launch) -> str:
    return launch.container.partition(":")[0] or launch.at.path


@dataclass
class _Installed:
    """What all roots install."""

    variants: dict[tuple[object, ...], list[tuple[str, Launch]]] = field(default_factory=dict)
    """By container: the different ways in which it is installed, with the folder of the first root that does so."""
    config_maps: dict[str, list[tuple[str, Variables]]] = field(default_factory=dict)
    other: list[Fact] = field(default_factory=list)

    def add(self, folder: str, resources: list[Resource], builder: Builder) -> None:
        """Take in what one root installs."""
        found = [(one, fact) for one in resources for fact in facts_of(one.node, one.path, KIND)]
        names = {fact.name: self._config_map(folder, fact) for _, fact in found if isinstance(fact, Variables)}
        for resource, fact in found:
            if isinstance(fact, Launch):
                self._launch(folder, resource, _with_names(fact, names), builder)
            elif isinstance(fact, Script):
                name, mark, key = fact.path.removeprefix("configmap:").partition("/")
                renamed = replace(fact, path=f"configmap:{names.get(name, name)}{mark}{key}")
                if renamed not in self.other:
                    self.other.append(renamed)
            elif not isinstance(fact, Variables):
                self.other.append(fact)

    def _config_map(self, folder: str, variables: Variables) -> str:
        """The name under which a ConfigMap of this root goes: its own for the first of its kind."""
        known = self.config_maps.setdefault(variables.name, [])
        for name, one in known:
            if _same_values(one, variables):
                return name
        name = f"{variables.name} of {folder}" if known else variables.name
        known.append((name, replace(variables, name=name)))
        return name

    def _launch(self, folder: str, resource: Resource, launch: Launch, builder: Builder) -> None:
        key = (*resource.key, launch.container.rpartition("/")[2], launch.at.path if not launch.container else "")
        ways = self.variants.setdefault(key, [])
        if not any(_same_way(one, launch) for _, one in ways):
            ways.append((folder, launch))

    def facts(self) -> Iterator[Fact]:
        """All of it; where a container is installed in several ways, each is named after its root."""
        for ways in self.variants.values():
            for folder, launch in ways:
                several = len(ways) > 1
                name = f"{launch.name} ({folder})" if several else launch.name
                container = f"{launch.container} in {folder}" if several else launch.container
                yield replace(launch, name=name, container=container)
        for known in self.config_maps.values():
            yield from (variables for _, variables in known)
        yield from self.other


def _same_values(one: Variables, other: Variables) -> bool:
    return {name: word.parts for name, word in one.values.items()} == {
        name: word.parts for name, word in other.values.items()
    }


def _same_way(one: Launch, other: Launch) -> bool:
    """Whether two launches of a container differ in names, images and numbers of replicas at most."""
    return replace(one, name="", container="", image=None, replicas=1, namespace=None) == replace(
        other, name="", container="", image=None, replicas=1, namespace=None
    )


def _with_names(launch: Launch, names: dict[str, str]) -> Launch:
    """A launch with the names that its ConfigMaps go under."""
    changed = {name: new for name, new in names.items() if name != new}
    if not changed:
        return launch
    return replace(
        launch,
        environment={name: _with_name(word, changed) for name, word in launch.environment.items()},
        environment_from=tuple(
            replace(origin, name=changed.get(origin.name, origin.name)) if origin.kind == "configmap" else origin
            for origin in launch.environment_from
        ),
        mounts=tuple(replace(mount, source=_renamed(mount.source, changed)) for mount in launch.mounts),
    )


def _with_name(word: Word, changed: dict[str, str]) -> Word:
    if not any(isinstance(part, Hole) and (part.name or "").startswith("configmap:") for part in word.parts):
        return word
    parts = (
        replace(part, name=_renamed(part.name, changed)) if isinstance(part, Hole) and part.name else part
        for part in word.parts
    )
    return replace(word, parts=tuple(parts))


def _renamed(reference: str, changed: dict[str, str]) -> str:
    """``configmap:NAME/KEY`` under another name."""
    kind, mark, rest = reference.partition(":")
    if kind != "configmap":
        return reference
    name, slash, key = rest.partition("/")
    return f"{kind}{mark}{changed.get(name, name)}{slash}{key}"
