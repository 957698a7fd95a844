"""railway.toml, railway.json, nixpacks.toml and railpack.json: the command that starts the service."""

from __future__ import annotations

import posixpath

from flake8_celery_oom.core.facts import Build, Fact, Launch, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import json, toml
from flake8_celery_oom.syntax.node_values import at_path, environment, number, problems
from flake8_celery_oom.syntax.yaml_nodes import Node, Scalar, text

KIND = "railway"
TITLE = "Railway and Nixpacks"
NAMES = ("railway*.toml", "railway*.json", "nixpacks.toml", "railpack.json")

_NAMES = frozenset({"railway.toml", "railway.json", "nixpacks.toml", "nixpacks.json", "railpack.json"})


def claims(path: str, head: str) -> bool:
    """By its name, also ``railway.worker.toml``: each service of a project may have a file of its own."""
    name = posixpath.basename(path)
    own = name.startswith("railway.") and name.endswith((".toml", ".json"))
    return (own or name in _NAMES) and "\0" not in head


def read(source: SourceText) -> list[Fact]:
    """One Launch: ``deploy.startCommand`` of Railway and Railpack, ``start.cmd`` of Nixpacks."""
    is_json = source.path.endswith(".json")
    document = json.parse(source) if is_json else toml.parse(source)
    root = document.node
    facts: list[Fact] = []
    command = at_path(root, "deploy", "startCommand") or at_path(root, "start", "cmd")
    if isinstance(command, Scalar) and command.value.text.strip():
        build = _build(source.path, root)
        replicas = number(at_path(root, "deploy", "numReplicas"))
        facts.append(
            Launch(
                KIND,
                _name(source.path),
                command.at,
                ShellText(command.value, command.at),
                build=build,
                environment=environment(at_path(root, "variables")),
                workdir=None if build else posixpath.dirname(source.path) or ".",
                replicas=1 if replicas is None else replicas,
                in_container=build is not None,
            )
        )
    return [*facts, *problems(source, document, "JSON" if is_json else "TOML")]


def _build(path: str, root: Node | None) -> Build | None:
    """The Dockerfile that Railway is told to build; without one the command runs in the project's own folder."""
    written = text(at_path(root, "build", "dockerfilePath"))
    if written is None and (text(at_path(root, "build", "builder")) or "").lower() != "dockerfile":
        return None
    folder = posixpath.dirname(path)
    return Build(folder or ".", posixpath.normpath(posixpath.join(folder, (written or "Dockerfile").lstrip("/"))))


def _name(path: str) -> str:
    """``worker`` for railway.worker.toml, else ``start``."""
    return ".".join(posixpath.basename(path).split(".")[1:-1]) or "start"
