"""What Kubernetes objects say, whether written plainly or as a template: containers, ConfigMaps, LimitRanges.

Names that later layers rely on: a variable that comes from a ConfigMap or a Secret is a hole named
``configmap:NAME/KEY`` or ``secret:NAME/KEY``; a ConfigMap mounted as files is a mount of ``configmap:NAME``, and a key
of it that holds a script is a Script of the path ``configmap:NAME/KEY``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from flake8_celery_oom.core.cause import Cause, from_word
from flake8_celery_oom.core.facts import (
    Argv,
    Command,
    DefaultMemoryLimit,
    EnvironmentSource,
    Fact,
    Launch,
    Mount,
    Script,
    ShellText,
    Variables,
)
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.quoting import value_called
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.quantity import kubernetes_bytes
from flake8_celery_oom.sources import openshift
from flake8_celery_oom.sources.kubernetes_variables import Environment, expand, expanded_word
from flake8_celery_oom.syntax import yaml
from flake8_celery_oom.syntax.node_values import at_path, mappings
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence

_SHEBANG = re.compile(r"#!\s*(?:/usr)?/bin/(?:env\s+(?:-S\s+)?)?(\w+)")
_SCRIPT_NAME = re.compile(r".*\.(?:sh|bash)")
_MOST_OBJECTS = 2_000


def facts_of(root: Node | None, path: str, kind: str) -> Iterator[Fact]:
    """The facts of one document of the file ``path``; ``kind`` goes into the launches."""
    for one in _objects(openshift.filled_in(root)):
        match _shown(one.get("kind")):
            case "ConfigMap":
                yield from _config_map(one, path)
            case "LimitRange":
                yield from _limit_range(one)
            case _:
                yield from _launches(one, path, kind)


def _objects(root: Node | None) -> Iterator[Mapping]:
    """The objects of a document: itself, the items of a list, the objects of a template."""
    waiting: list[Node | None] = [root]
    for _ in range(_MOST_OBJECTS):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, Sequence):
            waiting.extend(reversed(node.items))
        elif isinstance(node, Mapping):
            items = node.get("objects" if _shown(node.get("kind")) == "Template" else "items")
            if isinstance(items, Sequence) and node.get("spec") is None:
                waiting.append(items)
            else:
                yield node


def _shown(node: Node | None) -> str:
    """A scalar for people and for comparing: templates as they are written."""
    return Word.of(node.value).shown if isinstance(node, Scalar) else ""


def _namespace(one: Mapping) -> str:
    return _shown(at_path(one, "metadata", "namespace"))


def _limit_range(one: Mapping) -> Iterator[Fact]:
    """The memory limit that a LimitRange gives to containers without one: its default, else its maximum."""
    for limit in mappings(at_path(one, "spec", "limits")):
        if _shown(limit.get("type")) != "Container":
            continue
        node = at_path(limit, "default", "memory") or at_path(limit, "max", "memory")
        if isinstance(node, Scalar) and not node.is_null:
            yield DefaultMemoryLimit(_namespace(one), _memory(node), node.at)


def _config_map(one: Mapping, path: str) -> Iterator[Fact]:
    name, data = _shown(at_path(one, "metadata", "name")), one.get("data")
    if not name or not isinstance(data, Mapping):
        return
    values: dict[str, Word] = {}
    for entry in data.entries:
        if entry.key is None or not isinstance(entry.value, Scalar):
            continue
        key, node = Word.of(entry.key.value).shown, entry.value
        values[key] = Word.of(node.value)
        if "\n" not in node.value.text:
            continue
        shebang = _SHEBANG.match(node.value.text)
        if shebang or _SCRIPT_NAME.fullmatch(key):
            yield Script(f"configmap:{name}/{key}", node.value, shebang.group(1) if shebang else "sh")
    yield Variables("configmap", name, path, values)


def _launches(one: Mapping, path: str, kind: str) -> Iterator[Launch]:
    object_name = _shown(at_path(one, "metadata", "name")) or _shown(at_path(one, "metadata", "generateName"))
    identity = f"{path}:{_shown(one.get('kind'))}/{object_name or one.at.line}"
    replicas = _replicas(one)
    for pod in yaml.walk(one):
        if not isinstance(pod, Mapping):
            continue
        volumes = _config_map_volumes(pod.get("volumes"))
        for field_name in ("containers", "initContainers", "container"):
            for container in mappings(pod.get(field_name)):
                if (
                    container.get("image") is None
                    and container.get("command") is None
                    and container.get("args") is None
                    and (container.get("name") is None or one.get("apiVersion") is None or not _is_patch(container))
                ):
                    continue
                reader = _Container(container, path, kind, volumes, _namespace(one))
                yield reader.launch(object_name, identity, replicas, initial=field_name == "initContainers")
        yield from _single_container(pod, path, kind, _namespace(one))


def _is_patch(container: Mapping) -> bool:
    """Whether a container without image and command says something that a patch of Kustomize puts over its base."""
    return container.get("resources") is not None or container.get("env") is not None


def _single_container(workload: Mapping, path: str, kind: str, namespace: str) -> Iterator[Launch]:
    """The ``podSpec`` of operators that make a Pod of one container of it (ClowdApp)."""
    container = workload.get("podSpec")
    if not isinstance(container, Mapping) or container.get("containers") is not None:
        return
    if container.get("command") is None and container.get("args") is None:
        return
    name = _shown(workload.get("name")) or _shown(at_path(workload, "metadata", "name"))
    reader = _Container(container, path, kind, _config_map_volumes(container.get("volumes")), namespace)
    identity = f"{path}:podSpec/{name or container.at.line}"
    yield reader.launch(name, identity, _count(workload.get("replicas")), initial=False)


def _replicas(one: Mapping) -> int:
    for name in ("replicas", "parallelism"):
        node = at_path(one, "spec", name)
        if isinstance(node, Scalar):
            return _count(node)
    return 1


def _count(node: Node | None) -> int:
    text = (Word.of(node.value).default_text or "") if isinstance(node, Scalar) else ""
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else 1


@dataclass(frozen=True, slots=True)
class _Volume:
    """A volume made of a ConfigMap: ``items`` maps its keys to other file names when it says so."""

    config_map: str
    items: dict[str, str] = field(default_factory=dict)


def _config_map_volumes(node: Node | None) -> dict[str, _Volume]:
    volumes: dict[str, _Volume] = {}
    for volume in mappings(node):
        config_map = volume.get("configMap")
        name = _shown(at_path(config_map, "name"))
        if name:
            items = {
                _shown(item.get("key")): _shown(item.get("path")) for item in mappings(at_path(config_map, "items"))
            }
            volumes[_shown(volume.get("name"))] = _Volume(name, items)
    return volumes


@dataclass(frozen=True, slots=True)
class _Container:
    """One entry of ``containers`` being read."""

    node: Mapping
    path: str
    kind: str
    volumes: dict[str, _Volume]
    namespace: str

    def launch(self, object_name: str, identity: str, replicas: int, *, initial: bool) -> Launch:
        """The container as a fact."""
        environment = Environment.read(self.get("env"))
        entrypoint = self._command("command", environment)
        arguments = self._command("args", environment)
        first = entrypoint or arguments
        own_name = _shown(self.node.get("name"))
        name = "/".join(dict.fromkeys(part for part in (object_name, own_name) if part))
        return Launch(
            kind=self.kind,
            name=f"{name} (init)" if initial else name,
            at=first.at if first is not None else self._place(),
            command=arguments,
            entrypoint=entrypoint,
            image=_shown(self.get("image")) or None,
            environment=environment.values,
            environment_from=(*environment.sources, *self._environment_from()),
            workdir=yaml.text(self.get("workingDir")),
            mounts=tuple(self._mounts()),
            memory_limit=self._memory_limit(),
            replicas=replicas,
            container=f"{identity}/{own_name or self.node.at.line}",
            in_container=True,
            namespace=self.namespace,
            health_check=self._health_check(),
        )

    def _health_check(self) -> Command | None:
        """The first probe that runs a command in the container."""
        for name in ("livenessProbe", "readinessProbe", "startupProbe"):
            command = yaml.argv_or_text(at_path(self.get(name), "exec", "command"), shell=False)
            if command is not None:
                return command
        return None

    def get(self, name: str) -> Node | None:
        """The value that counts; of the alternatives that a template writes, the last that can be read."""
        alternatives = self.node.get_all(name)
        readable = [node for node in alternatives if yaml.hole(node) is None and not _is_null(node)]
        return readable[-1] if len(alternatives) > 1 and readable else self.node.get(name)

    def _place(self) -> Location:
        key = self.node.key("name") or next((entry.key for entry in self.node.entries if entry.key is not None), None)
        return key.at if key is not None else self.node.at

    def _command(self, name: str, environment: Environment) -> Command | None:
        command = yaml.argv_or_text(self.get(name), shell=False)
        if isinstance(command, ShellText):
            return ShellText(expand(command.text, environment), command.at, shell=False)
        if isinstance(command, Argv):
            words = tuple(expanded_word(word, environment) for word in command.words)
            return Argv(words, command.at, command.notation)
        return None

    def _environment_from(self) -> Iterator[EnvironmentSource]:
        node = self.get("envFrom")
        for item in mappings(node):
            for key, kind in (("configMapRef", "configmap"), ("secretRef", "secret")):
                name = at_path(item, key, "name")
                if isinstance(name, Scalar):
                    yield EnvironmentSource("configmap" if kind == "configmap" else "secret", _shown(name), name.at)
        for hole in _holes(node):
            yield EnvironmentSource("other", hole.source, hole.at or self.node.at)

    def _mounts(self) -> Iterator[Mount]:
        for mount in mappings(self.get("volumeMounts")):
            volume = self.volumes.get(_shown(mount.get("name")))
            target, inner = yaml.text(mount.get("mountPath")), _shown(mount.get("subPath"))
            if volume is None or target is None:
                continue
            source = f"configmap:{volume.config_map}"
            renamed = {file: key for key, file in volume.items.items()}
            if inner:
                yield Mount(posixpath.join(source, renamed.get(inner, inner)), target)
            elif renamed:
                for file, key in renamed.items():
                    yield Mount(posixpath.join(source, key), posixpath.join(target, file))
            else:
                yield Mount(source, target)

    def _memory_limit(self) -> Value[int]:
        """``resources.limits.memory``; unknown when a template fills in any of the three."""
        node: Node | None = self.node
        holes: list[Hole] = []
        for name in ("resources", "limits", "memory"):
            if not isinstance(node, Mapping):
                break
            holes.extend(node.holes)
            node = self.get(name) if node is self.node else node.get(name)
        if isinstance(node, Scalar) and not node.is_null:
            return _memory(node)
        if holes:
            return Unknown(Cause(holes[-1].source), holes[-1].at, origin="limit")
        return Unset((f"{self.path}:{self.node.at.line}",))


def _memory(node: Scalar) -> Value[int]:
    """A limit in bytes; 0 is no limit."""
    word = Word.of(node.value)
    if word.text is None:
        default = word.default_text
        amount = kubernetes_bytes(default) if default is not None else None
        return Unknown(from_word(word), node.at, amount, "limit")
    amount = kubernetes_bytes(word.text)
    if amount is None:
        return Unknown(Cause(f"{value_called(word.text)} is no amount of memory"), node.at, origin="limit")
    return Known(amount, node.at, "limit") if amount else Unset((str(node.at),))


def _holes(node: Node | None) -> tuple[Hole, ...]:
    if isinstance(node, Scalar):
        return tuple(one.hole for one in node.value.holes)
    return node.holes if node is not None else ()


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.is_null
