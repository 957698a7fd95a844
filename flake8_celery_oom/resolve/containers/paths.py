"""Which file of the project a path in a container is."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import cached_property

from flake8_celery_oom.resolve.containers.images import Container, Placed, below, default_builds, inside
from flake8_celery_oom.resolve.facts.index import Facts


class CopiedFiles:
    """What any Dockerfile of the project puts where: an image that is pulled may be one that the project builds."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @cached_property
    def _placed(self) -> list[Placed]:
        images = self._facts.images.values()
        builds = [(image, default_builds(image, self._facts)[0]) for image in images if image.stages]
        return [placed for image, build in builds for placed in inside(image, build, self._facts).placed]

    def at(self, path: str) -> set[str]:
        """The files of the project that an image of it holds at a path."""
        found: set[str] = set()
        for placed in self._placed:
            rest = below(path, placed.target)
            if rest is not None:
                source = posixpath.normpath(posixpath.join(placed.source, rest)) if rest else placed.source
                found.update({source} & self._facts.file_set)
        return found


class Paths:
    """Finds the file of the project that a path in a container, or in the project itself, means."""

    def __init__(
        self, facts: Facts, container: Container, *, in_container: bool, folder: str, copied: CopiedFiles | None = None
    ) -> None:
        self.facts = facts
        self.copied = copied
        self.container = container
        self.in_container = in_container
        self.folder = folder

    def file(self, path: str, directory: str) -> str | None:
        """The project's file for a path that a command in ``directory`` names; None when none or several could be."""
        for candidate in self._candidates(path, directory):
            existing = self._existing(candidate)
            if existing is not None:
                return existing
        if path.startswith(("/usr/", "/bin/", "/sbin/", "/opt/")) and path.count("/") == 2:
            return None
        rooted = self.in_container and path.startswith("/")
        if rooted and self.copied is not None and not self.container.placed:
            sources = self.copied.at(posixpath.normpath(path))
            if sources:
                return sources.pop() if len(sources) == 1 else None
        found = self.facts.ending_with(path, at_least=2 if rooted else 1)
        if len(found) > 1:
            near = [candidate for candidate in found if candidate.startswith(self.folder + "/")]
            found = near if len(near) == 1 else _nearest(found, self.folder)
        if len(found) == 1 and ("/" in path.strip("/") or path.startswith("/") or self._says_path(path)):
            return found[0]
        return None

    def on_search_path(self, name: str, search_path: str) -> str | None:
        """The project's file that a bare program name finds in a folder of ``PATH``."""
        for folder in search_path.split(":"):
            if folder.startswith("/") and not any(char in folder for char in "${}"):
                for candidate in self._candidates(posixpath.join(folder, name), "/"):
                    existing = self._existing(candidate)
                    if existing is not None:
                        return existing
        return None

    def _existing(self, candidate: str) -> str | None:
        """The file, or the script that a ConfigMap holds: of several of its name the one that stands nearest."""
        if not candidate.startswith("configmap:"):
            return candidate if candidate in self.facts.file_set else None
        scripts = self.facts.config_map_scripts.get(candidate, [])
        near = [script.path for script in scripts if posixpath.dirname(script.text.source.path) == self.folder]
        return next(iter([*near, *(script.path for script in scripts)]), None)

    def targets_of(self, path: str) -> list[str]:
        """Where in the container a file of the project is found."""
        found = ((placed, below(path, placed.source) if placed.source else path) for placed in self.container.placed)
        return [posixpath.normpath(posixpath.join(one.target, rest)) for one, rest in found if rest is not None]

    @staticmethod
    def _says_path(path: str) -> bool:
        return path.endswith((".sh", ".bash", ".py", ".conf", ".ini")) or path.startswith("./")

    def _candidates(self, path: str, directory: str) -> Iterator[str]:
        if self.in_container:
            full = posixpath.normpath(posixpath.join(directory or "/", path))
            for placed in sorted(self.container.placed, key=lambda item: -len(item.target)):
                rest = below(full, placed.target)
                if rest is not None:
                    yield posixpath.normpath(posixpath.join(placed.source, rest)) if rest else placed.source
        else:
            yield posixpath.normpath(posixpath.join(directory, path))
        if not path.startswith("/"):
            yield posixpath.normpath(posixpath.join(self.folder, path))
            yield posixpath.normpath(posixpath.join(self.container.context, path))

    def folder_of(self, directory: str) -> str:
        """The project's folder that a working directory is, or the nearest guess: the build context."""
        if not self.in_container:
            return self._inside_project(directory)
        for placed in sorted(self.container.placed, key=lambda item: -len(item.target)):
            rest = below(directory, placed.target)
            if rest is not None:
                return self._inside_project(posixpath.normpath(posixpath.join(placed.source, rest)))
        for placed in self.container.placed:
            rest = below(placed.target, directory)
            if rest and placed.source.endswith("/" + rest):
                return placed.source[: -len(rest) - 1]
        return self._inside_project(self.container.context)

    def _inside_project(self, folder: str) -> str:
        """The folder when it is one of the project, else the one that the command is written for."""
        if folder in {"", "."}:
            return ""
        if folder in self.facts.folders:
            return folder
        context = self.container.context
        return context if context in self.facts.folders else ""


def _nearest(paths: list[str], folder: str) -> list[str]:
    """Of several paths the one that shares the longest beginning with ``folder``, when it is the only such."""
    scores = [len(posixpath.commonprefix([path.split("/"), folder.split("/")])) for path in paths]
    best = max(scores)
    return [path for path, score in zip(paths, scores, strict=True) if score == best]
