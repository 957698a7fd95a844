"""The services of one compose project: its files put over one another, with what they include and extend.

Held against Docker Compose 5.6.1 (``loader/loader.go``, ``extends.go`` and ``include.go`` of compose-go 2): each file's
includes come first, then ``extends``, then the file is put over those before it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.compose_file import ComposeFile, services_of
from flake8_celery_oom.syntax.compose_merge import TooLargeError, items_of, marked, merged, without
from flake8_celery_oom.syntax.compose_variables import Lookup, interpolate, likely
from flake8_celery_oom.syntax.node_values import at_path
from flake8_celery_oom.syntax.yaml_nodes import Mapping as MappingNode
from flake8_celery_oom.syntax.yaml_nodes import Node, Scalar

MAX_DEPTH = 10
"""Services that extend one another, and files that include one another."""
MOST_INCLUDES = 100
"""Files that one project includes, each as often as it is included."""

_TOO_LARGE = "a service that is too large to be read"

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a project, all files taken together.

    ``files`` are those that define it, in order; what stands in another file comes by ``extends``. ``missing`` says
    what it extends and that is not here: then nothing that it does not say itself is known to be unset. ``removed``
    are the paths that it takes away from the service below it.
    """

    name: str
    key: Scalar
    node: MappingNode
    files: tuple[str, ...]
    missing: str | None = None
    removed: frozenset[tuple[str, ...]] = frozenset()


@dataclass
class Context:
    """Where the files of a project are read from: the folder that their paths start at, and their variables."""

    folders: dict[str, str] = field(default_factory=dict)
    values: dict[str, Values] = field(default_factory=dict)

    def lookup(self, path: str) -> Lookup:
        """The likely values of the variables of a file."""
        return self.values.get(path, {}).get

    def text(self, node: Node | None) -> str | None:
        """A scalar with the likely values of its variables; None where it is missing or depends on who runs compose."""
        if not isinstance(node, Scalar) or node.is_null:
            return None
        return likely(Word.of(interpolate(node.value, self.lookup(node.at.path))))

    def path(self, node: Node | None) -> str | None:
        """A path that a file names, relative to the root of the repository."""
        text = self.text(node)
        if text is None or node is None or text.startswith(("/", "~")):
            return None
        return posixpath.normpath(posixpath.join(self.folders.get(node.at.path, ""), text))


Files = Mapping[str, ComposeFile]
ValuesOf = Callable[[Sequence[str], Values], Values]
"""The variables of env files, over those that are known already."""


class Loader:
    """Puts the files of one project together."""

    def __init__(self, files: Files, values_of: ValuesOf) -> None:
        self._files = files
        self._values_of = values_of
        self.context = Context()
        self._includes_left = MOST_INCLUDES

    def load(self, paths: Sequence[str], folder: str, env_files: Sequence[str]) -> list[Service]:
        """The services of a project of these files in the order in which they are first named."""
        return list(self._load(paths, folder, self._values_of(env_files, {}), ()).values())

    def _load(
        self, paths: Sequence[str], folder: str, values: Values, including: tuple[str, ...]
    ) -> dict[str, Service]:
        model: dict[str, Service] = {}
        for path in paths:
            if (file := self._files.get(path)) is None:
                continue
            self.context.folders[path] = folder
            self.context.values[path] = values
            for document in file.documents:
                available = self._included(document, folder, values, (*including, path))
                for name, one in _services(path, document):
                    available[name] = _over(available.get(name), one)
                for name, one in available.items():
                    model[name] = _over(model.get(name), self._extended(one, available, path, 0))
                for name in _reset(document):
                    model.pop(name, None)
        return model

    def _included(
        self, document: MappingNode, folder: str, values: Values, including: tuple[str, ...]
    ) -> dict[str, Service]:
        found: dict[str, Service] = {}
        if len(including) > MAX_DEPTH:
            return found
        for item in items_of(document.get("include")):
            written = items_of(item if isinstance(item, Scalar) else at_path(item, "path"))
            paths = [self.context.path(one) for one in written]
            known = [path for path in paths if path is not None]
            if not known or known[0] in including or self._includes_left <= 0:
                continue
            self._includes_left -= len(known)
            inside = self.context.path(at_path(item, "project_directory")) or posixpath.dirname(known[0])
            named = [self.context.path(one) for one in items_of(at_path(item, "env_file"))]
            env_files = [path for path in named if path is not None] or [posixpath.join(inside, ".env")]
            made = self._load(known, inside, {**self._values_of(env_files, values), **values}, including)
            found.update({name: _over(one, found[name]) if name in found else one for name, one in made.items()})
        return found

    def _extended(self, service: Service, beside: Mapping[str, Service], path: str, depth: int) -> Service:
        """A service over the one that it extends. ``beside`` are the services of its file, ``path``."""
        node = service.node.get("extends")
        if node is None or depth >= MAX_DEPTH:
            return service
        name = self.context.text(node if isinstance(node, Scalar) else at_path(node, "service"))
        file = at_path(node, "file")
        if file is not None:
            path = self.context.path(file) or ""
            beside = self._services_of(path, node.at.path)
        base = beside.get(name or "")
        if base is None:
            wanted = self.context.text(file) or ""
            return replace(service, missing=f"{name or 'a service'} of {wanted}" if wanted else name or "a service")
        below = self._extended(base, beside, path, depth + 1)
        own = _over(below, service)
        node = without(own.node, ("extends",))
        return replace(own, key=service.key, node=node, files=service.files, missing=service.missing or below.missing)

    def _services_of(self, path: str, named_in: str) -> dict[str, Service]:
        """The services of a file that is only extended: its own paths start at its own folder."""
        file = self._files.get(path)
        if file is None:
            return {}
        self.context.folders.setdefault(path, posixpath.dirname(path))
        self.context.values.setdefault(path, self.context.values.get(named_in, {}))
        found: dict[str, Service] = {}
        for document in file.documents:
            for name, one in _services(path, document):
                found[name] = _over(found.get(name), one)
        return found


def _services(path: str, document: MappingNode) -> Iterator[tuple[str, Service]]:
    services = services_of(document)
    for name, node in services.items() if services is not None else ():
        key = services.key(name) if services is not None else None
        if key is not None and isinstance(node, MappingNode):
            yield name, _written(name, key, node, path)


def _written(name: str, key: Scalar, node: MappingNode, path: str) -> Service:
    try:
        return Service(name, key, node, (path,), removed=marked(node))
    except TooLargeError:
        return Service(name, key, node, (path,), missing=_TOO_LARGE)


def _reset(document: MappingNode) -> Iterator[str]:
    """The services that a document takes away from the files before it."""
    services = services_of(document)
    for name, node in services.items() if services is not None else ():
        if node.tag == "!reset":
            yield name


def _over(base: Service | None, service: Service) -> Service:
    try:
        node = merged(base.node if base is not None else None, service.node, service.removed)
    except TooLargeError:
        return replace(service, missing=_TOO_LARGE)
    made = replace(service, node=node) if isinstance(node, MappingNode) else service
    if base is None:
        return made
    files = (*base.files, *(path for path in service.files if path not in base.files))
    return replace(made, key=base.key, files=files, missing=base.missing or service.missing)
