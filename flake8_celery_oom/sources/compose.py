"""Compose files: every service is a container that runs its command, or what its image runs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_celery_oom.core.cause import Cause, from_word
from flake8_celery_oom.core.facts import (
    Argv,
    Build,
    Command,
    EnvironmentSource,
    Extends,
    Fact,
    Launch,
    Mount,
    ShellText,
)
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.quantity import docker_bytes
from flake8_celery_oom.syntax import template, yaml
from flake8_celery_oom.syntax.compose_variables import interpolate, likely
from flake8_celery_oom.syntax.node_values import at_path, environment, problems
from flake8_celery_oom.syntax.yaml_nodes import Document, Mapping, Node, Scalar, Sequence, argv_or_text

KIND = "compose"
TITLE = "compose files"
NAMES = ("compose*.yml", "compose*.yaml", "docker-compose*.yml", "docker-compose*.yaml")

_NAME = re.compile(
    r"(?:docker-?)?compose(?:[._-].*)?\.ya?ml(?:\.(?:j2|jinja2?|tpl|tmpl)|[._-](?:template|dist|example|sample))?"
    r"|.*[._-](?:docker-)?compose\.ya?ml"
)
_SERVICES = re.compile(r"^services:[ \t]*(?:#.*)?\r?$(?P<below>(?:\r?\n(?:[ \t].*|#.*|\{%.*)?)*)", re.MULTILINE)
_KEY_OF_SERVICE = re.compile(
    r"^[ \t]{2,}(?:image|build|command|entrypoint|environment|env_file|extends|deploy|mem_limit|container_name):",
    re.MULTILINE,
)
_IN_LIST = re.compile(r"\s*-\s")
_MAX_EXTENDS = 10


def claims(path: str, head: str) -> bool:
    """Named like a compose file, or YAML with services that have an image, a command and the like."""
    name = posixpath.basename(path)
    if "\0" in head or not re.search(r"\.ya?ml(?:[._-]\w+)?$|^<stdin>$", name):
        return False
    if _NAME.fullmatch(name):
        return True
    match = _SERVICES.search(head)
    below = match["below"] if match else ""
    return not _IN_LIST.match(below) and _KEY_OF_SERVICE.search(below) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch a service. A file under another name whose text is broken after all is a problem, too."""
    facts: list[Fact] = []
    documents, templated = _documents(source)
    for document in documents:
        services = _services(document.node)
        if services is not None:
            named = [name for name, service in services.items() if isinstance(service, Mapping)]
            facts.extend(_Service.named(source, services, name).launch() for name in named)
        if not templated:
            facts.extend(problems(source, document, "YAML"))
    return facts


def _documents(source: SourceText) -> tuple[list[Document], bool]:
    """The documents, and whether they are those of a template."""
    kind = template.kind_of(source.text)
    if kind != "jinja" and "{{" not in source.path:
        documents = list(yaml.documents(source))
        if kind is None or not any(document.problem for document in documents):
            return documents, False
    return list(yaml.templated_documents(source, "jinja")), True


def _services(root: Node | None) -> Mapping | None:
    """The services; in the oldest format they are the whole file."""
    if not isinstance(root, Mapping):
        return None
    services = root.get("services")
    if isinstance(services, Mapping):
        return services
    oldest = services is None and any(
        isinstance(value, Mapping) and (value.get("image") or value.get("build")) for _, value in root.items()
    )
    return root if oldest else None


@dataclass(frozen=True, slots=True)
class _Service:
    """A service: its own mapping, then those that it extends in the same file, nearest first."""

    source: SourceText
    name: str
    key: Scalar
    layers: tuple[Mapping, ...]
    extends: Extends | None = None

    @classmethod
    def named(cls, source: SourceText, services: Mapping, name: str) -> _Service:
        """The service with all that it extends."""
        key = services.key(name)
        if key is None:
            raise KeyError(name)
        layers: list[Mapping] = []
        outside: Extends | None = None
        following: str | None = name
        while following is not None and len(layers) < _MAX_EXTENDS:
            layer = services.get(following)
            if not isinstance(layer, Mapping) or layer in layers:
                break
            layers.append(layer)
            following, outside = _extended(source, layer)
        return cls(source, name, key, tuple(layers), outside)

    def launch(self) -> Launch:
        """The service as a fact."""
        command = self._command("command")
        entrypoint = self._command("entrypoint")
        first = command or entrypoint
        return Launch(
            kind=KIND,
            name=self.name,
            at=first.at if first else self.key.at,
            command=command,
            entrypoint=entrypoint,
            image=self._image(),
            build=self._build(),
            environment=self._environment(),
            environment_from=tuple(self._environment_files()),
            workdir=_likely_text(self._get("working_dir")),
            mounts=tuple(self._mounts()),
            memory_limit=self._memory_limit(),
            replicas=self._replicas(),
            container=f"{self.source.path}:{self.name}",
            in_container=True,
            extends=self.extends,
        )

    def _get(self, *path: str) -> Node | None:
        for layer in self.layers:
            if (found := at_path(layer, *path)) is not None:
                return found
        return None

    def _relative(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.source.path), path))

    def _command(self, key: str) -> Command | None:
        """A list, or a text that compose itself splits into words."""
        node = self._get(key)
        if isinstance(node, Scalar):
            if node.is_null:
                return None
            return ShellText(interpolate(node.value, several=True), node.at, shell=False)
        command = argv_or_text(node)
        if not isinstance(command, Argv) or not isinstance(node, Sequence):
            return None
        return Argv(tuple(_interpolated(word) for word in command.words), command.at, command.notation)

    def _image(self) -> str | None:
        node = self._get("image")
        if not isinstance(node, Scalar) or node.is_null:
            return None
        word = Word.of(interpolate(node.value))
        return likely(word) or word.shown

    def _build(self) -> Build | None:
        node = self._get("build")
        arguments: dict[str, Word] = {}
        if isinstance(node, Scalar):
            context, dockerfile, target = _likely_text(node), "Dockerfile", None
        elif isinstance(node, Mapping):
            if node.get("dockerfile_inline") is not None:
                return None
            context = "." if node.get("context") is None else _likely_text(node.get("context"))
            dockerfile = "Dockerfile" if node.get("dockerfile") is None else _likely_text(node.get("dockerfile")) or ""
            target = _likely_text(node.get("target"))
            arguments = environment(node.get("args"), interpolate)
        else:
            return None
        if not context or not dockerfile or re.match(r"\w+://|git@|/", context):
            return None
        folder = self._relative(context)
        return Build(folder, posixpath.normpath(posixpath.join(folder, dockerfile)), target, arguments)

    def _environment(self) -> dict[str, Word]:
        variables: dict[str, Word] = {}
        for layer in reversed(self.layers):
            variables.update(environment(layer.get("environment"), interpolate))
        return variables

    def _environment_files(self) -> Iterator[EnvironmentSource]:
        for layer in reversed(self.layers):
            node = layer.get("env_file")
            for item in node.items if isinstance(node, Sequence) else [node]:
                written = item.get("path") if isinstance(item, Mapping) else item
                if isinstance(written, Scalar) and not written.is_null:
                    path = likely(Word.of(interpolate(written.value)))
                    name = Word.of(interpolate(written.value)).shown
                    yield EnvironmentSource("file", name, written.at, self._relative(path) if path else None)

    def _mounts(self) -> Iterator[Mount]:
        for layer in reversed(self.layers):
            node = layer.get("volumes")
            for item in node.items if isinstance(node, Sequence) else ():
                if isinstance(item, Mapping):
                    source, target = _likely_text(item.get("source")), _likely_text(item.get("target"))
                else:
                    parts = (_likely_text(item) or "").split(":")
                    source, target = (parts[0], parts[1]) if len(parts) > 1 else (None, None)
                if source and target and source.split("/")[0] in {".", ".."}:
                    yield Mount(self._relative(source), target)

    def _memory_limit(self) -> Value[int]:
        for path in (("deploy", "resources", "limits", "memory"), ("mem_limit",)):
            node = self._get(*path)
            if isinstance(node, Scalar) and not node.is_null:
                return _memory(node)
        return Unset()

    def _replicas(self) -> int:
        for path in (("deploy", "replicas"), ("scale",)):
            written = _likely_text(self._get(*path))
            if written is not None and re.fullmatch(r"[0-9]{1,6}", written):
                return int(written)
        return 1


def _extended(source: SourceText, layer: Mapping) -> tuple[str | None, Extends | None]:
    """The service of the same file that a service extends, or the one of another file."""
    node = layer.get("extends")
    if isinstance(node, Scalar):
        return _likely_text(node), None
    service, file = _likely_text(at_path(node, "service")), _likely_text(at_path(node, "file"))
    if not service or not file:
        return service, None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source.path), file))
    return (service, None) if path == source.path else (None, Extends(path, service))


def _interpolated(word: Word) -> Word:
    return Word.of(interpolate(word.mapped)) if isinstance(word.mapped, MappedText) else word


def _likely_text(node: Node | None) -> str | None:
    """A scalar's text with the defaults of its variables; None when it is missing or depends on who runs compose."""
    if not isinstance(node, Scalar) or node.is_null:
        return None
    return likely(Word.of(interpolate(node.value)))


def _memory(node: Scalar) -> Value[int]:
    """A limit in bytes; 0 is no limit."""
    word = Word.of(interpolate(node.value))
    if word.text is not None:
        amount = docker_bytes(word.text)
        if amount is None:
            return Unknown(Cause(f"{word.text!r} is no amount of memory"), node.at, origin="limit")
        return Known(amount, node.at, "limit") if amount else Unset((str(node.at),))
    written = likely(word)
    default = docker_bytes(written) if written is not None else None
    return Unknown(from_word(word, f"{word.shown} is set by who runs compose"), node.at, default, "limit")
