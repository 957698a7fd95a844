"""Amazon ECS: task definitions in JSON or YAML, in CloudFormation templates, and manifests of Copilot.

Memory counts in MiB. A container without a limit of its own shares the one of its task.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_celery_oom.core.cause import Cause, from_word
from flake8_celery_oom.core.facts import EnvironmentSource, Fact, Launch
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.quoting import value_called
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.sources.cloudformation import Parameters
from flake8_celery_oom.syntax import json, yaml
from flake8_celery_oom.syntax.node_values import at_path, environment, health_check, mappings, number, problems
from flake8_celery_oom.syntax.yaml_nodes import Document, Mapping, Node, Scalar

KIND = "ecs"
TITLE = "Amazon ECS and CloudFormation"
NAMES = ("task-definition*.json", "*.template", "**/copilot/*/manifest.yml", "template.yaml")

_MIB = 1024**2
_TASK = re.compile(r"[\"']?[cC]ontainerDefinitions[\"']?\s*:")
_TEMPLATE = re.compile(r"AWSTemplateFormatVersion|^Resources:|\"Resources\"\s*:|AWS::ECS::", re.MULTILINE)
_COPILOT = re.compile(r"^type:[ \t]*[\"']?(?:Backend|Worker|Load Balanced Web|Scheduled) (?:Service|Job)", re.MULTILINE)
_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(MB|MIB|GB|GIB)?", re.IGNORECASE)


def claims(path: str, head: str) -> bool:
    """JSON or YAML that defines a task, a CloudFormation template, or a manifest of Copilot."""
    name = posixpath.basename(path)
    if not name.endswith((".json", ".yml", ".yaml", ".template")):
        return False
    if name in {"manifest.yml", "manifest.yaml"} and _COPILOT.search(head):
        return True
    return ("ontainerDefinitions" in head and _TASK.search(head) is not None) or _TEMPLATE.search(head) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch for each container of each task."""
    in_json = source.path.endswith(".json") or source.text.lstrip()[:1] == "{"
    if not _TASK.search(source.text) and not _COPILOT.search(source.text):
        return []
    documents: list[Document] = [json.parse(source)] if in_json else list(yaml.documents(source))
    facts: list[Fact] = []
    for document in documents:
        root = document.node
        if isinstance(root, Mapping):
            parameters = Parameters.of(root)
            for name, task in _tasks(root):
                facts.extend(_Task(source.path, name, task, parameters).launches())
            if _COPILOT.search(source.text):
                facts.append(_copilot(source.path, root))
        facts.extend(problems(source, document, "JSON" if in_json else "YAML"))
    return facts


def _tasks(root: Mapping) -> Iterator[tuple[str, Mapping]]:
    """Every mapping with a list of containers, by the name that is nearest to it."""
    resources = root.get("Resources")
    named = resources.items() if isinstance(resources, Mapping) else [("", root)]
    for name, node in named:
        for task in yaml.walk(node):
            if isinstance(task, Mapping) and (task.get("containerDefinitions") or task.get("ContainerDefinitions")):
                family = _either(task, "family")
                yield name or (yaml.text(family) or "task"), task


def _either(node: Node | None, name: str) -> Node | None:
    """A key as the API writes it (``entryPoint``) or as CloudFormation does (``EntryPoint``)."""
    found = at_path(node, name)
    return found if found is not None else at_path(node, name[0].upper() + name[1:])


@dataclass(frozen=True, slots=True)
class _Task:
    """A task definition being read."""

    path: str
    name: str
    node: Mapping
    parameters: Parameters

    def launches(self) -> Iterator[Launch]:
        """One Launch for each container."""
        for container in mappings(_either(self.node, "containerDefinitions")):
            yield self._launch(container)

    def _launch(self, container: Mapping) -> Launch:
        entrypoint = self.parameters.command(_either(container, "entryPoint"))
        command = self.parameters.command(_either(container, "command"))
        name_node, first = _either(container, "name"), entrypoint if command is None else command
        name = (word.default_text or word.shown) if (word := self.parameters.word(name_node)) is not None else ""
        image = self.parameters.word(_either(container, "image"))
        own_limit = _either(container, "memory")
        limit = own_limit if own_limit is not None else _either(self.node, "memory")
        variables, sources = self._environment(container)
        return Launch(
            kind=KIND,
            name=name or self.name,
            at=first.at if first is not None else name_node.at if name_node is not None else container.at,
            command=command,
            entrypoint=entrypoint,
            image=image.default_text or image.shown if image is not None else None,
            environment=variables,
            environment_from=tuple(sources),
            workdir=yaml.text(_either(container, "workingDirectory")),
            memory_limit=self._memory(limit, container),
            container=f"{self.path}:{self.name}" + (f"/{name}" if own_limit is not None else ""),
            in_container=True,
            health_check=health_check(at_path(_either(container, "healthCheck"), "command")),
        )

    def _environment(self, container: Mapping) -> tuple[dict[str, Word], list[EnvironmentSource]]:
        variables: dict[str, Word] = {}
        sources: list[EnvironmentSource] = []
        for secret in mappings(_either(container, "secrets")):
            name = yaml.text(_either(secret, "name"))
            if name:
                variables[name] = Word((Hole(f"secret {name}", at=secret.at),), secret.at)
        for variable in mappings(_either(container, "environment")):
            name, value = yaml.text(_either(variable, "name")), self.parameters.word(_either(variable, "value"))
            if name and value is not None:
                variables[name] = value
        for file in mappings(_either(container, "environmentFiles")):
            written = self.parameters.word(_either(file, "value"))
            if written is not None:
                sources.append(EnvironmentSource("other", written.shown, file.at))
        return variables, sources

    def _memory(self, node: Node | None, container: Mapping) -> Value[int]:
        if node is None or (isinstance(node, Scalar) and node.is_null):
            return Unset((f"{self.path}:{container.at.line}",))
        word = self.parameters.word(node)
        return _amount(word, node) if word is not None else Unknown(Cause("..."), node.at, origin="limit")


def _amount(word: Word, node: Node) -> Value[int]:
    """MiB, or an amount with its unit, in bytes."""
    if word.text is not None:
        amount = _bytes(word.text)
        if amount:
            return Known(amount, node.at, "limit")
        return Unknown(Cause(f"{value_called(word.text)} is no amount of memory"), node.at, origin="limit")
    default = word.default_text
    return Unknown(from_word(word), node.at, _bytes(default) if default is not None else None, "limit")


def _bytes(text: str) -> int | None:
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        return None
    unit = 1024 * _MIB if (found[2] or "").upper().startswith("G") else _MIB
    return int(float(found[1]) * unit)


def _copilot(path: str, root: Mapping) -> Launch:
    """The service of a Copilot manifest; its command is text that is split into words, or a list."""
    command, entrypoint = (yaml.argv_or_text(root.get(name), shell=False) for name in ("command", "entrypoint"))
    first = command or entrypoint
    memory = root.get("memory")
    name = yaml.text(root.get("name")) or "service"
    place = root.key("name") or root
    return Launch(
        kind=KIND,
        name=name,
        at=first.at if first is not None else place.at,
        command=command,
        entrypoint=entrypoint,
        image=yaml.text(at_path(root, "image", "location")),
        environment=environment(root.get("variables")),
        memory_limit=_amount(Word.of(memory.value), memory) if isinstance(memory, Scalar) else Unset((path,)),
        replicas=number(root.get("count")) or 1,
        container=f"{path}:{name}",
        in_container=True,
    )
