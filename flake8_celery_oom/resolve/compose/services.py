"""What a service of a compose project launches."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from flake8_celery_oom.core.cause import Cause, from_word
from flake8_celery_oom.core.facts import Argv, Build, Command, EnvironmentSource, Launch, Mount, ShellText
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.quoting import value_called
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.quantity import docker_bytes
from flake8_celery_oom.resolve.compose.env_files import EnvFiles, likely_text
from flake8_celery_oom.resolve.compose.loading import Context, Service
from flake8_celery_oom.syntax.compose_environment import assignments
from flake8_celery_oom.syntax.compose_merge import items_of
from flake8_celery_oom.syntax.compose_variables import interpolate, likely
from flake8_celery_oom.syntax.compose_words import split
from flake8_celery_oom.syntax.node_values import at_path, health_check
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence, argv_or_text

KIND = "compose"
_REMOTE = re.compile(r"\w+://|git@|/|~")
_NUMBER = re.compile(r"[0-9]{1,6}")


def launch_of(service: Service, context: Context, env_files: EnvFiles) -> Launch:
    """The service as a launch. Its environment holds the variables of the env files that are here, too."""
    return _Reader(service, context, env_files).launch()


class _Reader:
    def __init__(self, service: Service, context: Context, env_files: EnvFiles) -> None:
        self._service = service
        self._context = context
        self._env_files = env_files

    def launch(self) -> Launch:
        service = self._service
        command = self._command("command")
        entrypoint = self._command("entrypoint")
        written = [one for one in (command, entrypoint) if one is not None and one.at.path in service.files]
        return Launch(
            kind=KIND,
            name=service.name,
            at=written[0].at if written else service.key.at,
            command=command,
            entrypoint=entrypoint,
            image=self._image(),
            build=self._build(),
            environment=self._environment(),
            environment_from=tuple(origin for origin, _ in self._named_env_files()),
            workdir=self._context.text(self._get("working_dir")),
            mounts=tuple(self._mounts()),
            memory_limit=self._memory_limit(),
            replicas=self._replicas(),
            container=f"{service.files[-1]}:{service.name}",
            in_container=True,
            health_check=self._health_check(),
        )

    def _health_check(self) -> Command | None:
        switched_off = self._context.text(self._get("healthcheck", "disable"))
        if switched_off is not None and switched_off.lower() == "true":
            return Argv((), self._service.key.at)
        return health_check(self._get("healthcheck", "test"))

    def _get(self, *path: str) -> Node | None:
        return at_path(self._service.node, *path)

    def _interpolated(self, text: MappedText, *, several: bool = False) -> MappedText:
        return interpolate(text, self._context.lookup(text.source.path), several=several)

    def _command(self, key: str) -> Command | None:
        """A list, or a text that compose itself splits into words."""
        node = self._get(key)
        if isinstance(node, Scalar):
            if node.is_null:
                return None
            text = self._interpolated(node.value, several=True)
            return ShellText(text, node.at, shell=False, words=split(text))
        command = argv_or_text(node)
        if not isinstance(command, Argv) or not isinstance(node, Sequence):
            return None
        return Argv(tuple(self._interpolated_word(word) for word in command.words), command.at, command.notation)

    def _interpolated_word(self, word: Word) -> Word:
        return Word.of(self._interpolated(word.mapped)) if isinstance(word.mapped, MappedText) else word

    def _image(self) -> str | None:
        node = self._get("image")
        if not isinstance(node, Scalar) or node.is_null:
            return None
        word = Word.of(self._interpolated(node.value))
        return likely(word) or word.shown

    def _build(self) -> Build | None:
        node = self._get("build")
        if node is None or (isinstance(node, Scalar) and node.is_null) or isinstance(node, Sequence):
            return None
        if at_path(node, "dockerfile_inline") is not None:
            return None
        context = self._folder(node if isinstance(node, Scalar) else node.get("context"))
        dockerfile, target = "Dockerfile", None
        if isinstance(node, Mapping):
            named = node.get("dockerfile")
            dockerfile = "Dockerfile" if named is None else self._context.text(named) or ""
            named = node.get("target")
            target = self._context.text(named)
            if target is None and isinstance(named, Scalar) and not named.is_null:
                target = Word.of(self._interpolated(named.value)).shown
        if context is None or not dockerfile:
            return None
        path = posixpath.normpath(posixpath.join(context, dockerfile))
        return Build(context, path, target, self._assignments(at_path(node, "args")))

    def _folder(self, node: Node | None) -> str | None:
        """The context of a build, None where it is not in the project.

        One that is not written is the folder of the project that has the service, also where the build comes from a
        service of another file (``extends``).
        """
        if node is None or (isinstance(node, Scalar) and node.is_null):
            return posixpath.normpath(self._context.folders.get(self._service.key.at.path, "") or ".")
        text = self._context.text(node)
        return None if not text or _REMOTE.match(text) else self._context.path(node)

    def _assignments(self, node: Node | None) -> dict[str, Word]:
        return {
            name: word
            for item in items_of(node)
            for name, word in assignments(item, self._context.lookup(item.at.path))
        }

    def _environment(self) -> dict[str, Word]:
        """The variables of the env files in order, then those of the service; one of its own empties those before."""
        own = self._assignments(self._get("environment"))
        found: dict[str, Word] = {}

        def lookup(name: str) -> str | None:
            outside = self._context.lookup(self._service.files[0])(name)
            if outside is not None:
                return outside
            return likely_text(own[name]) if name in own else None

        for origin, raw in self._named_env_files():
            if origin.path is not None:
                found.update(self._env_files.words(origin.path, lookup, before=found, raw=raw))
        return {**found, **own}

    def _named_env_files(self) -> list[tuple[EnvironmentSource, bool]]:
        """Each env file once, in the order in which they are named first, and whether its values are raw."""
        found: dict[str, tuple[EnvironmentSource, bool]] = {}
        for item in items_of(self._get("env_file")):
            written = item.get("path") if isinstance(item, Mapping) else item
            if isinstance(written, Scalar) and not written.is_null:
                name = Word.of(self._interpolated(written.value)).shown
                path = self._context.path(written)
                raw = self._context.text(at_path(item, "format")) == "raw"
                found[path or name] = EnvironmentSource("file", name, written.at, path), raw
        return list(found.values())

    def _mounts(self) -> Iterator[Mount]:
        found: dict[str, Mount] = {}
        for item in items_of(self._get("volumes")):
            if isinstance(item, Mapping):
                source, target = self._context.text(item.get("source")), self._context.text(item.get("target"))
            else:
                parts = (self._context.text(item) or "").split(":")
                source, target = (parts[0], parts[1]) if len(parts) > 1 else (None, None)
            if not source or not target:
                continue
            found.pop(posixpath.normpath(target), None)
            if source.split("/")[0] in {".", ".."}:
                folder = self._context.folders.get(item.at.path, "")
                found[posixpath.normpath(target)] = Mount(posixpath.normpath(posixpath.join(folder, source)), target)
        yield from found.values()

    def _memory_limit(self) -> Value[int]:
        for path in (("deploy", "resources", "limits", "memory"), ("mem_limit",)):
            node = self._get(*path)
            if isinstance(node, Scalar) and not node.is_null:
                return self._memory(node)
        if self._service.missing is not None:
            missing = Cause(f"the service extends {self._service.missing}, which is not here")
            return Unknown(missing, self._service.key.at)
        return Unset()

    def _memory(self, node: Scalar) -> Value[int]:
        """A limit in bytes; 0 is no limit."""
        word = Word.of(self._interpolated(node.value))
        if word.text is not None:
            amount = docker_bytes(word.text)
            if amount is None:
                return Unknown(Cause(f"{value_called(word.text)} is no amount of memory"), node.at, origin="limit")
            return Known(amount, node.at, "limit") if amount else Unset((str(node.at),))
        written = likely(word)
        default = docker_bytes(written) if written is not None else None
        return Unknown(from_word(word, f"{word.shown} is set by who runs compose"), node.at, default, "limit")

    def _replicas(self) -> int:
        for path in (("scale",), ("deploy", "replicas")):
            written = self._context.text(self._get(*path))
            if written is not None and _NUMBER.fullmatch(written):
                return int(written)
        return 1
