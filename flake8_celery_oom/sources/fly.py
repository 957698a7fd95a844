"""fly.toml: processes, the machines they run on, and their memory."""

from __future__ import annotations

import posixpath
import re

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.facts import Argv, Build, Command, Fact, Launch
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.quoting import quoted
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Value
from flake8_celery_oom.syntax import toml
from flake8_celery_oom.syntax.node_values import at_path, environment, mappings, problems, scalars
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, argv_or_text, text

KIND = "fly"
TITLE = "Fly"
NAMES = ("fly.toml", "fly.*.toml")

_MIB = 1024 * 1024
_MEMORY = re.compile(r"(\d+)\s*(mb|mib|m|gb|gib|g)?", re.IGNORECASE)
_SIZE = re.compile(r"(?P<kind>shared-cpu|performance|dedicated-cpu)-(?P<cpus>\d+)x", re.IGNORECASE)
_MIB_PER_CPU = {"shared-cpu": 256, "performance": 2048, "dedicated-cpu": 2048}
"""What a preset gives to each of its CPUs when no memory is named, from Fly's list of machine sizes."""


def claims(path: str, head: str) -> bool:
    """``fly.toml`` and ``fly.<environment>.toml``."""
    name = posixpath.basename(path)
    return name.startswith("fly.") and name.endswith(".toml") and "\0" not in head


def read(source: SourceText) -> list[Fact]:
    """One Launch a process group; without groups one named ``app`` that runs what the image says."""
    document = toml.parse(source)
    root = document.node
    facts: list[Fact] = []
    if isinstance(root, Mapping):
        processes = root.get("processes")
        groups = processes.items() if isinstance(processes, Mapping) else []
        launched: list[tuple[str, Node | None]] = [*groups] or [("app", at_path(root, "experimental", "cmd"))]
        for name, node in launched:
            facts.append(_launch(source, root, name, node))
        release = at_path(root, "deploy", "release_command")
        if isinstance(release, Scalar):
            facts.append(_launch(source, root, "release_command", release))
    return [*facts, *problems(source, document, "TOML")]


def _launch(source: SourceText, root: Mapping, name: str, node: Node | None) -> Launch:
    command = _command(node)
    return Launch(
        KIND,
        name,
        command.at if command else _place(source, root, name),
        command,
        entrypoint=_command(at_path(root, "experimental", "entrypoint")),
        image=text(at_path(root, "build", "image")),
        build=_build(source.path, root),
        environment=environment(root.get("env")),
        memory_limit=_memory(root, name),
        container=f"{source.path}:{name}",
        in_container=True,
    )


def _command(node: Node | None) -> Command | None:
    """Fly splits a text into words itself; no shell reads it."""
    command = argv_or_text(node, shell=False)
    return Argv(command.words, command.at, "toml") if isinstance(command, Argv) else command


def _place(source: SourceText, root: Mapping, name: str) -> Location:
    processes = root.get("processes")
    key = processes.key(name) if isinstance(processes, Mapping) else root.key("app")
    return key.at if key else source.line_location(1)


def _build(path: str, root: Mapping) -> Build | None:
    """The Dockerfile next to the file unless another, an image or a buildpack is named."""
    settings = root.get("build")
    if any(at_path(settings, key) is not None for key in ("image", "builder", "builtin", "buildpacks")):
        return None
    folder = posixpath.dirname(path)
    dockerfile = posixpath.join(folder, text(at_path(settings, "dockerfile")) or "Dockerfile")
    target = text(at_path(settings, "build-target"))
    return Build(folder or ".", posixpath.normpath(dockerfile), target)


def _memory(root: Mapping, process: str) -> Value[int]:
    machines = mappings(root.get("vm"))
    named = [machine for machine in machines if process in _processes(machine)]
    for machine in named or [machine for machine in machines if not _processes(machine)]:
        for key in ("memory", "memory_mb"):
            node = machine.get(key)
            if isinstance(node, Scalar):
                return _amount(node)
        size = machine.get("size")
        if isinstance(size, Scalar) and (match := _SIZE.fullmatch(size.value.text)):
            mebibytes = _MIB_PER_CPU[match["kind"].lower()] * int(match["cpus"][:4])
            return Known(mebibytes * _MIB, size.at, "limit")
        return Unknown(Cause("the size of the machine"), machine.at, origin="limit")
    return Unknown(Cause("fly.toml names no machine size; 'fly scale' sets it"))


def _processes(machine: Mapping) -> list[str]:
    return [item.value.text for item in scalars(machine.get("processes"))]


def _amount(node: Scalar) -> Value[int]:
    match = _MEMORY.fullmatch(node.value.text.replace("_", "").strip())
    if match is None or node.value.holes:
        return Unknown(Cause(f"memory {quoted(node.value.text)}"), node.at, origin="limit")
    factor = 1024 * _MIB if (match[2] or "m").lower().startswith("g") else _MIB
    return Known(int(match[1][:9]) * factor, node.at, "limit")
