"""Containers in Terraform: ECS task definitions, Kubernetes and Cloud Run containers, and templates of their JSON.

A container is what has an image and a command, wherever it stands: in a resource, a module's arguments, ``locals``,
``jsonencode(...)`` or JSON in a here-document. ECS counts memory in MiB (Amazon ECS task definition parameters).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_celery_oom.core.cause import Cause, from_word
from flake8_celery_oom.core.facts import Fact, Launch
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.quoting import value_called
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.quantity import kubernetes_bytes
from flake8_celery_oom.syntax import hcl, json
from flake8_celery_oom.syntax.node_values import at_path, mappings
from flake8_celery_oom.syntax.terraform_config_maps import MAKES, config_maps
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence, text, word

KIND = "terraform"
TITLE = "Terraform"
NAMES = ("*.tf", "*.tofu", "*.json.tpl", "*.tftpl")

_MIB = 1024**2
_NAME = re.compile(r"\.(?:tf|tofu)(?:\.(?:j2|tpl|tmpl|template|example|dist))?\Z")
_TEMPLATE_NAME = re.compile(r"\.json\.?(?:tpl|tftpl|tmpl|template)\Z|\.tftpl\Z|\.json\Z|\.tpl\Z")
_LIST_OF_CONTAINERS = re.compile(r"\s*\[\s*\{")
_CONTAINER_KEYS = re.compile(r"\"(?:command|entryPoint)\"\s*:")
_IMAGE_KEY = re.compile(r"\"image\"\s*:")
_KEY = re.compile(r"\b(?:command|entry_?[pP]oint|args)\b")
_COMMANDS = ("command", "container_command")
_ENTRYPOINTS = ("entryPoint", "entrypoint", "entry_point")
_IMAGES = ("image", "container_image")
_MEMORIES = ("memory", "container_memory")


def claims(path: str, head: str) -> bool:
    """A file of Terraform or OpenTofu, or a template of the list of containers that one hands to ECS."""
    if "\0" in head:
        return False
    if _NAME.search(path):
        return True
    if not _TEMPLATE_NAME.search(path) or not _LIST_OF_CONTAINERS.match(head):
        return False
    return _IMAGE_KEY.search(head) is not None and _CONTAINER_KEYS.search(head) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch for each container, and the ConfigMaps that are made of files."""
    if _KEY.search(source.text) is None and MAKES.search(source.text) is None:
        return []
    if not _NAME.search(source.path):
        return list(_launches(source.path, _json(hcl.template(MappedText.plain(source)))))
    root = hcl.parse(source)
    defaults = _defaults(root)
    if defaults:
        root = hcl.parse(source, defaults)
    return [*_launches(source.path, root), *config_maps(source, root)]


def _json(template: MappedText) -> Node | None:
    return json.parse(hcl.masked(template)).node


def _defaults(root: Mapping) -> dict[str, str]:
    """What variables and locals of the same file come to when nobody says otherwise."""
    found: dict[str, str] = {}
    for name, node in _labelled(root, "variable"):
        value = text(node.get("default"))
        if value is not None:
            found[f"var.{name}"] = value
    for block in root.get_all("locals"):
        for name, value_node in block.items() if isinstance(block, Mapping) else ():
            value = text(value_node)
            if value is not None:
                found[f"local.{name}"] = value
    return found


def _labelled(root: Mapping, kind: str) -> Iterator[tuple[str, Mapping]]:
    for block in root.get_all(kind):
        for name, node in block.items() if isinstance(block, Mapping) else ():
            if isinstance(node, Mapping):
                yield name, node


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands around a container: the nearest name, and the memory of its task."""

    name: str = ""
    key: str = ""
    memory: Node | None = None
    task: Location | None = None


def _launches(path: str, root: Node | None) -> Iterator[Launch]:
    """The containers at any depth, in the order of the file."""
    waiting: list[tuple[Node, _Around]] = [(root, _Around())] if root is not None else []
    while waiting:
        node, around = waiting.pop()
        if isinstance(node, Sequence):
            waiting.extend((item, around) for item in reversed(node.items))
        elif isinstance(node, Mapping):
            if _is_container(node, around):
                yield _launch(path, node, around)
                continue
            inner = [(entry.value, _inside(entry.key, node, around)) for entry in node.entries]
            waiting.extend(reversed(inner))
        elif around.key in {"container_definitions", "containerDefinitions"} and "{" in node.value.text:
            inner_root = _json(node.value)
            waiting.extend([(inner_root, around)] if inner_root is not None else [])


def _inside(key: Scalar | None, node: Mapping, around: _Around) -> _Around:
    name = key.value.text if key is not None else ""
    if name in {"container_definitions", "containerDefinitions"}:
        own = text(_first(node, ("family", "name")))
        return _Around(own or around.key or around.name, name, _first(node, _MEMORIES), node.at)
    return _Around(around.name, name, around.memory, around.task)


def _is_container(node: Mapping, around: _Around) -> bool:
    """Whether a mapping has an image and words to run; the image of a named container may be given elsewhere."""
    runs = _first(node, (*_COMMANDS, *_ENTRYPOINTS, "args")) is not None
    named = around.task is not None or around.key in {"container", "containers", "container_definition"}
    return runs and (named or _first(node, _IMAGES) is not None)


def _first(node: Mapping, names: tuple[str, ...]) -> Node | None:
    return next((found for name in names if (found := node.get(name)) is not None and not _is_null(found)), None)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.is_null


def _launch(path: str, node: Mapping, around: _Around) -> Launch:
    in_pod = any(node.get(name) is not None for name in ("args", "env", "resources"))
    command, entrypoint = hcl.command(_first(node, _COMMANDS)), hcl.command(_first(node, _ENTRYPOINTS))
    first = command or entrypoint
    if in_pod:
        command, entrypoint = hcl.command(node.get("args")), command
        first = entrypoint or command
    own = _first(node, ("name", "container_name"))
    own_name = word(own) if own is not None else None
    name = (own_name.default_text or own_name.shown) if own_name is not None else around.key or around.name
    limit = _pod_memory(node) if in_pod else _first(node, _MEMORIES)
    shared = limit is None and not in_pod and around.task is not None
    image = word(_first(node, _IMAGES))
    task = around.task if around.task is not None else node.at
    return Launch(
        kind=KIND,
        name=name or around.name or "container",
        at=first.at if first is not None else node.at,
        command=command,
        entrypoint=entrypoint,
        image=image.default_text or image.shown if image is not None else None,
        environment=_environment(node),
        workdir=text(_first(node, ("workingDirectory", "working_directory", "working_dir"))),
        memory_limit=_memory(around.memory if shared else limit, path, node.at),
        container=f"{path}:{task.line}" + ("" if shared else f"/{name}:{node.at.line}"),
        in_container=True,
    )


def _environment(node: Mapping) -> dict[str, Word]:
    """``[{name, value}]`` as ECS has it, blocks ``env { name, value }``, or a map of names."""
    found: dict[str, Word] = {}
    for secret in mappings(node.get("secrets")):
        name = text(secret.get("name"))
        if name:
            found[name] = Word((Hole(f"secret {name}", at=secret.at),), secret.at)
    for key in ("environment", "env", "map_environment"):
        for group in node.get_all(key):
            for variable in mappings(group):
                name, value = text(variable.get("name")), word(variable.get("value"))
                if name:
                    found[name] = value or Word((Hole(name, at=variable.at),), variable.at)
                elif variable.get("name") is None:
                    found.update((key, value) for key, node in variable.items() if (value := word(node)) is not None)
    return found


def _pod_memory(node: Mapping) -> Node | None:
    """``resources { limits = { memory = "1Gi" } }``, ``limits`` as a block, or Azure's ``resources.memory``."""
    limits = at_path(node, "resources", "limits", "memory")
    return limits if limits is not None else at_path(node, "memory")


def _memory(node: Node | None, path: str, at: Location) -> Value[int]:
    """A bare number is MiB; with a unit it is an amount of Kubernetes."""
    if node is None or _is_null(node):
        return Unset((f"{path}:{at.line}",))
    written = word(node)
    if written is None:
        return Unknown(Cause("..."), node.at, origin="limit")
    if written.text is None:
        default = written.default_text
        return Unknown(from_word(written), node.at, _bytes(default) if default is not None else None, "limit")
    amount = _bytes(written.text)
    if amount is None:
        return Unknown(Cause(f"{value_called(written.text)} is no amount of memory"), node.at, origin="limit")
    return Known(amount, node.at, "limit") if amount else Unset((f"{path}:{at.line}",))


def _bytes(amount: str) -> int | None:
    return int(amount) * _MIB if amount.isdecimal() and len(amount) < 10 else kubernetes_bytes(amount)
