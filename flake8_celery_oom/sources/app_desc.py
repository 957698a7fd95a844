"""BlueKing's app_desc.yaml (2 and 3) and app.yml (1): processes, their plan and number, and variables.

The platform runs a process in a container of its own, in the folder that ``source_dir`` names. The plan gives the
container's memory: sizes and default are those of the PaaS (blueking-paas: ``paasng/settings/workloads.py``,
``cnative/specs/procs/quota.py``).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.facts import Argv, Command, Fact, Launch, ShellText, Variables
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax import yaml
from flake8_celery_oom.syntax.node_values import at_path, mappings, number, problems
from flake8_celery_oom.syntax.template import kind_of
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence, argv_or_text, text

KIND = "app_desc"
TITLE = "BlueKing's app_desc.yaml"
NAMES = ("app_desc.yaml", "app_desc.yml")

_NAME = re.compile(r"app_desc\.ya?ml(?:\.\w+)?")
_FIRST_VERSION = re.compile(r"app\.ya?ml")
_CODE_OF_APP = re.compile(r"^app_code\s*:", re.MULTILINE)
_MIB = 1024 * 1024
_PLAN = re.compile(r"\d+(?:\.\d+)?C(?P<amount>\d{1,6})(?P<unit>[GM])(?:\d+R)?", re.ASCII)
_DEFAULT_PLANS = frozenset({"Starter", "default"})
_DEFAULT_MIB = 1024
_STAGING = "stag"


def claims(path: str, head: str) -> bool:
    """By its name; ``app.yml`` of the first version also needs its ``app_code``."""
    name = posixpath.basename(path)
    if _FIRST_VERSION.fullmatch(name):
        return _CODE_OF_APP.search(head) is not None
    return _NAME.fullmatch(name) is not None and "\0" not in head


def read(source: SourceText) -> list[Fact]:
    """One Launch for each process and command of a release; else the variables, for the processes of a Procfile."""
    kind = kind_of(source.text)
    documents = list(yaml.templated_documents(source, kind) if kind else yaml.documents(source))
    facts: list[Fact] = []
    for document in documents:
        for name, module in _modules(document.node):
            facts.extend(_Module(source, name, module).facts())
        if kind is None:
            facts.extend(problems(source, document, "YAML"))
    return facts


def _modules(root: Node | None) -> Iterator[tuple[str, Mapping]]:
    modules = at_path(root, "modules")
    if isinstance(modules, Sequence):
        for module in mappings(modules):
            yield text(module.get("name")) or "", module
    elif isinstance(modules, Mapping):
        for name, node in modules.items():
            if isinstance(node, Mapping):
                yield name, node
    if isinstance(root, Mapping) and root.get("app_code") is not None:
        yield text(root.get("app_code")) or "", root
    only = at_path(root, "module")
    if isinstance(only, Mapping):
        yield text(only.get("name")) or "default", only


@dataclass(frozen=True, slots=True)
class _Process:
    """A process of either version: its settings, and where it stands."""

    name: str
    settings: Mapping
    at: Location


@dataclass(frozen=True, slots=True)
class _Module:
    """A module of either version of the format."""

    source: SourceText
    name: str
    node: Mapping

    def facts(self) -> Iterator[Fact]:
        """The launches of the module, or the variables of one that has no processes."""
        launches = list(self.launches())
        yield from launches
        variables = dict(self._variables())
        if variables and not launches:
            yield Variables("file", self.source.path, self.source.path, variables)

    def launches(self) -> Iterator[Launch]:
        """The processes and the release commands of the module."""
        variables = dict(self._variables())
        for process in self._processes():
            if (command := _command(process.settings)) is not None:
                memory = self._memory(process)
                replicas = number(process.settings.get("replicas"))
                yield self._launch(process.name, command, variables, memory, 1 if replicas is None else replicas)
        for key, hook in (
            ("pre_release_hook", at_path(self.node, "scripts", "pre_release_hook")),
            ("preRelease", at_path(self.node, "spec", "hooks", "preRelease")),
        ):
            command = _command(hook) if isinstance(hook, Mapping) else _text_command(hook)
            if command is not None:
                yield self._launch(key, command, variables, _default_memory(command.at), 1)

    def _launch(
        self, name: str, command: Command, variables: dict[str, Word], memory: Value[int], replicas: int
    ) -> Launch:
        folder = text(self.node.get("source_dir")) or text(self.node.get("sourceDir")) or ""
        return Launch(
            KIND,
            name,
            command.at,
            command,
            environment=variables,
            workdir=posixpath.normpath(posixpath.join(posixpath.dirname(self.source.path), folder.lstrip("/"))),
            memory_limit=memory,
            replicas=replicas,
            container=f"{self.source.path}:{self.name}:{name}",
        )

    def _processes(self) -> Iterator[_Process]:
        for node in (self.node.get("processes"), at_path(self.node, "spec", "processes")):
            if isinstance(node, Mapping):
                for name, settings in node.items():
                    key = node.key(name)
                    if isinstance(settings, Mapping) and key is not None:
                        yield _Process(name, settings, key.at)
            for settings in mappings(node) if isinstance(node, Sequence) else ():
                written = settings.get("name")
                yield _Process(text(written) or "", settings, written.at if written else settings.at)

    def _variables(self) -> Iterator[tuple[str, Word]]:
        """Variables of all environments, then those of production, which win."""
        lists = (
            (self.node.get("env_variables"), "key", "environment_name"),
            (self.node.get("env"), "key", ""),
            (self.node.get("env"), "name", ""),
            (at_path(self.node, "spec", "configuration", "env"), "name", ""),
            (at_path(self.node, "spec", "envOverlay", "envVariables"), "name", "envName"),
        )
        for node, name_key, environment_key in lists:
            entries = mappings(node)
            for entry in sorted(entries, key=lambda entry: text(entry.get(environment_key)) == "prod"):
                name, value = text(entry.get(name_key)), entry.get("value")
                if name and isinstance(value, Scalar) and text(entry.get(environment_key)) != _STAGING:
                    yield name, Word.of(value.value)

    def _memory(self, process: _Process) -> Value[int]:
        """What the plan gives; where environments have plans of their own, the smallest."""
        plans = [process.settings.get(key) for key in ("plan", "resQuotaPlan")]
        plans += [
            overlay.get("plan")
            for overlay in mappings(at_path(self.node, "spec", "envOverlay", "resQuotas"))
            if text(overlay.get("process")) == process.name
        ]
        limits = [_plan(plan) for plan in plans if isinstance(plan, Scalar) and not plan.is_null]
        unreadable = next((limit for limit in limits if not isinstance(limit, Known)), None)
        if unreadable is not None:
            return unreadable
        known = [limit for limit in limits if isinstance(limit, Known)]
        return min(known, key=lambda limit: limit.value) if known else _default_memory(process.at)


def _command(settings: Mapping) -> Command | None:
    """``command`` of version 2, ``procCommand`` or ``command`` and ``args`` of version 3."""
    for key in ("procCommand", "command"):
        if (command := _text_command(settings.get(key))) is not None:
            return command
    parts = [argv_or_text(settings.get(key)) for key in ("command", "args")]
    lists = [part for part in parts if isinstance(part, Argv) and part.words]
    if not lists:
        return None
    last = lists[-1]
    return Argv(tuple(word for part in lists for word in part.words), last.at, last.notation)


def _text_command(node: Node | None) -> Command | None:
    if isinstance(node, Scalar) and not node.is_null and node.value.text.strip():
        return ShellText(node.value, node.at)
    return None


def _plan(node: Scalar) -> Value[int]:
    """``4C2G5R``: the number in front of G is GiB, in front of M it is MiB."""
    name = text(node)
    if name in _DEFAULT_PLANS:
        return Known(_DEFAULT_MIB * _MIB, node.at, "limit")
    match = _PLAN.fullmatch(name or "")
    if match is None:
        return Unknown(
            Cause(f"plan {Word.of(node.value).shown!r} is set up by the platform's operator"), node.at, origin="limit"
        )
    return Known(int(match["amount"]) * _MIB * (1024 if match["unit"] == "G" else 1), node.at, "limit")


def _default_memory(at: Location) -> Value[int]:
    return Known(_DEFAULT_MIB * _MIB, at, "default")
