"""Cloud Foundry manifests: what each process of an application runs, and the memory of one instance of it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_celery_oom.core.cause import Cause, from_word
from flake8_celery_oom.core.facts import Fact, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.quoting import value_called
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.quantity import cloud_foundry_bytes
from flake8_celery_oom.syntax import yaml
from flake8_celery_oom.syntax.node_values import at_path, environment, mappings, number, problems, scalars
from flake8_celery_oom.syntax.substitution import substitute
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar

KIND = "cf_manifest"
TITLE = "Cloud Foundry manifests"
NAMES = ("manifest*.yml", "*manifest.yml")

_APPLICATIONS = re.compile(r"^applications:[ \t]*(?:#.*|\r?)\n(?:[ \t]*(?:#.*|\r?)\n)*[ \t]*-\s", re.MULTILINE)
_OWN_KEY = re.compile(
    r"^[ \t]+(?:-[ \t]+)?(?:buildpacks?|disk_quota|no-route|random-route|routes|health-check-\w+|instances|stack"
    r"|memory):",
    re.MULTILINE,
)
_VARIABLE = re.compile(r"\(\([\w.\-/]+\)\)")


def claims(path: str, head: str) -> bool:
    """YAML with a list of ``applications``, named like a manifest or with keys of Cloud Foundry's."""
    name = posixpath.basename(path)
    if not name.endswith((".yml", ".yaml")) or not _APPLICATIONS.search(head):
        return False
    return "manifest" in name or _OWN_KEY.search(head) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch for each process and each sidecar of an application."""
    facts: list[Fact] = []
    documents, templated = yaml.either_documents(source)
    for document in documents:
        root = document.node
        if isinstance(root, Mapping):
            for application in mappings(root.get("applications")):
                facts.extend(_Application(source.path, root, application).launches())
        facts.extend(() if templated else problems(source, document, "YAML"))
    return facts


@dataclass(frozen=True, slots=True)
class _Application:
    """One application; ``root`` holds the defaults of manifests of the old kind."""

    path: str
    root: Mapping
    node: Mapping

    def launches(self) -> Iterator[Launch]:
        """The application's own process (``web``), those under ``processes``, and the sidecars beside each."""
        name = self._name(self.node.get("name")) or f"line {self.node.at.line}"
        processes = {self._name(one.get("type")) or "web": one for one in mappings(self.node.get("processes"))}
        processes.setdefault("web", self.node)
        for kind, process in processes.items():
            own = process is self.node or kind == "web"
            launched = name if process is self.node else f"{name}/{kind}"
            yield self._launch(launched, process, self._memory(process, own=own), f"{name}/{kind}", own=own)
        for sidecar in mappings(self.node.get("sidecars")):
            beside = [scalar.value.text for scalar in scalars(sidecar.get("process_types"))]
            for kind in beside or ["web"]:
                process = processes.get(kind, self.node)
                limit = self._memory(process, own=process is self.node or kind == "web")
                launched = f"{name}/{self._name(sidecar.get('name'))}"
                yield self._launch(launched, sidecar, limit, f"{name}/{kind}")

    def _launch(self, name: str, node: Mapping, limit: Value[int], container: str, *, own: bool = False) -> Launch:
        command = node.get("command") or (self._get("command") if own else None)
        text = None
        if isinstance(command, Scalar) and not command.is_null and command.value.text != "default":
            text = ShellText(_with_variables(command.value), command.at)
        key = node.key("name") or node.key("type")
        return Launch(
            kind=KIND,
            name=name,
            at=text.at if text is not None else key.at if key is not None else node.at,
            command=text,
            image=yaml.text(at_path(self.node, "docker", "image")),
            environment=self._environment(),
            workdir=self._workdir(),
            memory_limit=limit,
            replicas=number(node.get("instances") or (self._get("instances") if own else None)) or 1,
            container=f"{self.path}:{container}",
        )

    def _get(self, name: str) -> Node | None:
        return self.node.get(name) or self.root.get(name)

    @staticmethod
    def _name(node: Node | None) -> str:
        return Word.of(node.value).shown if isinstance(node, Scalar) else ""

    def _environment(self) -> dict[str, Word]:
        variables = environment(self.root.get("env"), _with_variables)
        variables.update(environment(self.node.get("env"), _with_variables))
        return variables

    def _workdir(self) -> str | None:
        path = yaml.text(self.node.get("path"))
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.path), path)) if path else None

    def _memory(self, process: Mapping, *, own: bool) -> Value[int]:
        """The limit in bytes. Without one the platform's default counts, which the manifest doesn't tell."""
        node = process.get("memory") or (self._get("memory") if own else None)
        if not isinstance(node, Scalar) or node.is_null:
            return Unset((f"{self.path}:{process.at.line}",))
        word = Word.of(_with_variables(node.value))
        amount = cloud_foundry_bytes(word.text) if word.text is not None else None
        if amount is None:
            set_when_pushed = from_word(word, f"{word.shown} is set when the application is pushed")
            cause = set_when_pushed if word.holes else Cause(f"{value_called(word.text)} is no amount")
            return Unknown(cause, node.at, origin="limit")
        return Known(amount, node.at, "limit")


def _with_variables(text: MappedText) -> MappedText:
    """The text with a hole for each ``((variable))``."""
    return substitute(text, _VARIABLE, lambda match, piece: Hole(match[0], at=piece.location()))
