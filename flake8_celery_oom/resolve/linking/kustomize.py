"""Kubernetes manifests as Kustomize's overlays change them.

A strategic merge patch names an object and its containers: what it says goes over what the base says. Each overlay that
patches a container makes a launch of its own; the base counts as well only where something installs it unchanged. What
another kind of patch may do to a container is unknown.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.facts import Argv, Launch
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.value import Unknown, Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.syntax import yaml
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Sequence

_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_TOUCHES_CONTAINERS = re.compile(r"containers|/template/|\binitContainers\b")
_OPERATIONS = re.compile(r"^\s*-?\s*[\"']?op[\"']?\s*:", re.MULTILINE)
"""A patch that is a list of operations (RFC 6902)."""
_MOST = 500


@dataclass(frozen=True, slots=True)
class _Overlay:
    """One kustomization: the files and kustomizations it installs, and its patches."""

    folder: str
    files: frozenset[str]
    folders: frozenset[str]
    patches: frozenset[str]
    opaque: tuple[tuple[str | None, Location], ...]
    """Patches that are not followed: the name of the object that they are for, when they say it."""


def overlaid(facts: Facts) -> list[Launch]:
    """The launches of the project with those of Kubernetes as they are installed."""
    manifests = frozenset(launch.at.path for launch in facts.launches if launch.kind == "kubernetes")
    named = [path for path in facts.files if posixpath.basename(path) in _NAMES]
    overlays = {one.folder: one for path in named for one in _read(path, facts, manifests)}
    patching = {path for one in overlays.values() for path in one.patches}
    if not patching and not any(one.opaque for one in overlays.values()):
        return facts.launches
    installed = {folder: _files_of(folder, overlays) for folder in overlays}
    inner = {folder for one in overlays.values() for folder in one.folders}
    patches = [launch for launch in facts.launches if launch.at.path in patching]
    made: list[Launch] = []
    for launch in facts.launches:
        if launch.at.path in patching:
            continue
        ways = [folder for folder, files in sorted(installed.items()) if launch.at.path in files]
        if launch.kind != "kubernetes" or not ways:
            made.append(launch)
            continue
        made.extend(_installed(launch, ways, overlays, inner, patches))
    return made


def _installed(
    launch: Launch, ways: list[str], overlays: dict[str, _Overlay], inner: set[str], patches: list[Launch]
) -> Iterator[Launch]:
    """A container of a base in each kustomization that changes it, and unchanged where one installs it so."""
    changed: list[Launch] = []
    plain = False
    for folder in ways:
        one = _patched(launch, folder, overlays, patches)
        if one is not None:
            changed.append(one)
        elif folder not in inner:
            plain = True
    if plain or not changed:
        yield launch
    for one in changed:
        yield one if len(changed) == 1 and not plain else replace(one, name=f"{one.name} ({_folder_of(one, ways)})")


def _folder_of(launch: Launch, ways: list[str]) -> str:
    return next((folder for folder in ways if launch.container.endswith(f" in {folder}")), "")


def _patched(launch: Launch, folder: str, overlays: dict[str, _Overlay], patches: list[Launch]) -> Launch | None:
    one = overlays[folder]
    identity = launch.container.partition(":")[2]
    fitting = [
        patch for patch in patches if patch.at.path in one.patches and patch.container.partition(":")[2] == identity
    ]
    made = launch
    for patch in fitting:
        at = patch.at if patch.entrypoint or (patch.command and not made.entrypoint) else made.at
        made = replace(made.patched(patch), at=at)
    opaque = [at for name, at in one.opaque if name is None or name == identity.split("/")[1]]
    if opaque:
        made = _uncertain(made, opaque[0])
    return None if made is launch else replace(made, container=f"{made.container} in {folder}")


def _uncertain(launch: Launch, at: Location) -> Launch:
    """A container that a patch may have given other words and another limit."""
    reason = f"patched in {at.path}"
    word = Word((Hole(reason, at=at, several=True),), at)
    command = launch.command or launch.entrypoint
    limit: Value[int] = Unknown(Cause(reason), at, origin="limit")
    if isinstance(command, Argv):
        more = replace(command, words=(*command.words, word))
        if launch.command is not None:
            return replace(launch, command=more, memory_limit=limit)
        return replace(launch, entrypoint=more, memory_limit=limit)
    return replace(launch, memory_limit=limit)


def _files_of(folder: str, overlays: dict[str, _Overlay]) -> frozenset[str]:
    found: set[str] = set()
    waiting, seen = [folder], {folder}
    while waiting and len(seen) < _MOST:
        one = overlays.get(waiting.pop())
        if one is None:
            continue
        found |= one.files
        waiting.extend(one.folders - seen)
        seen |= one.folders
    return frozenset(found)


def _read(path: str, facts: Facts, manifests: frozenset[str]) -> Iterator[_Overlay]:
    source = facts.read(path)
    document = next(iter(yaml.either_documents(source)[0]), None) if source is not None else None
    root = document.node if document is not None else None
    if not isinstance(root, Mapping):
        return
    folder = posixpath.dirname(path)
    named = [_below(folder, text) for key in ("resources", "bases", "components") for text in _texts(root.get(key))]
    files = frozenset(one for one in named if one in facts.file_set)
    folders = frozenset(one for one in named if one not in facts.file_set)
    patches: set[str] = set()
    opaque: list[tuple[str | None, Location]] = []
    for key in ("patchesStrategicMerge", "patches", "patchesJson6902"):
        node = root.get(key)
        for item in node.items if isinstance(node, Sequence) else ():
            given: Node | None = item
            target: Node | None = None
            if isinstance(item, Mapping):
                given, target = item.get("path") or item.get("patch"), item.get("target")
            text = yaml.text(given) or ""
            file = _below(folder, text) if "\n" not in text else ""
            content = _content(file, text, facts)
            if file in manifests and not _OPERATIONS.search(content):
                patches.add(file)
            elif _TOUCHES_CONTAINERS.search(content):
                name = yaml.text(target.get("name")) if isinstance(target, Mapping) else None
                opaque.append((name or None, item.at))
    yield _Overlay(folder, files, folders, frozenset(patches), tuple(opaque))


def _content(file: str, text: str, facts: Facts) -> str:
    source = facts.read(file) if file in facts.file_set else None
    return source.text if source is not None else text


def _texts(node: Node | None) -> Iterable[str]:
    if isinstance(node, Sequence):
        yield from (text for item in node.items if (text := yaml.text(item)))


def _below(folder: str, path: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, path))
    return "" if joined == "." else joined
