"""Which file of the project a path in a container is."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TypeAlias

from flake8_celery_oom.core.facts import WRITTEN
from flake8_celery_oom.resolve.containers.images import Container, Placed, below, default_builds, inside
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.invocation import Invocation

Question: TypeAlias = tuple[str, ...]
"""A method of Paths and its arguments."""


_OF_THE_MACHINE = "/etc/"
"""Below it a name alone is no sign of the project: ``/etc/default/jobs`` is not its ``init.d/jobs``."""


class CopiedFiles:
    """What any Dockerfile of the project puts where: an image that is pulled may be one that the project builds."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @cached_property
    def _by_image(self) -> list[tuple[Placed, ...]]:
        images = self._facts.images.values()
        builds = [(image, default_builds(image, self._facts)[0]) for image in images if image.stages]
        return [inside(image, build, self._facts).placed for image, build in builds]

    @cached_property
    def _placed(self) -> list[Placed]:
        return [placed for image in self._by_image for placed in image]

    def beside(self, path: str) -> tuple[Placed, ...]:
        """What is put into the image that holds this file of the project; nothing where none or several hold it."""
        holding = [image for image in self._by_image if any(_holds(placed, path) for placed in image)]
        return holding[0] if len(holding) == 1 else ()

    def at(self, path: str) -> set[str]:
        """The files of the project that an image of it holds at a path."""
        found: set[str] = set()
        for placed in self._placed:
            rest = below(path, placed.target)
            if rest is not None:
                source = posixpath.normpath(posixpath.join(placed.source, rest)) if rest else placed.source
                found.update({source} & self._facts.file_set)
        return found


def _holds(placed: Placed, path: str) -> bool:
    return not placed.source or below(path, placed.source) is not None


class Paths:
    """Finds the file of the project that a path in a container, or in the project itself, means.

    ``note`` gets every question that is asked, with its answer.
    """

    def __init__(
        self,
        facts: Facts,
        container: Container,
        *,
        in_container: bool,
        folder: str,
        copied: CopiedFiles | None = None,
        note: Callable[[Question, object], None] | None = None,
    ) -> None:
        self._facts = facts
        self._copied = copied
        self._container = container
        self._in_container = in_container
        self._folder = folder
        self._note = note

    @property
    def folder(self) -> str:
        """The folder of the file that the launch stands in."""
        found = self.answer(("folder",))
        return found if isinstance(found, str) else ""

    def file(self, path: str, directory: str) -> str | None:
        """The project's file for a path that a command in ``directory`` names; None when none or several could be."""
        found = self.answer(("file", path, directory))
        return found if isinstance(found, str) else None

    def copied_file(self, path: str, invocation: Invocation) -> str | None:
        """The project's file that an earlier command of the same shell has put at a path; None when none has."""
        wanted = posixpath.normpath(posixpath.join(invocation.directory, path))
        found = (self.file(one.source, "") for one in reversed(invocation.copied) if one.target == wanted)
        return next((one for one in found if one is not None), None)

    def targets_for(self, path: str, invocation: Invocation) -> tuple[str, ...]:
        """Where a file of the project is found once an invocation comes: in the container, and where it was copied."""
        copied = [one.target for one in invocation.copied if self.file(one.source, "") == path]
        return (*self.targets_of(path), *copied)

    def on_search_path(self, name: str, search_path: str) -> str | None:
        """The project's file that a bare program name finds in a folder of ``PATH``."""
        found = self.answer(("on_search_path", name, search_path))
        return found if isinstance(found, str) else None

    def targets_of(self, path: str) -> tuple[str, ...]:
        """Where in the container a file of the project is found."""
        found = self.answer(("targets_of", path))
        return found if isinstance(found, tuple) else ()

    def folder_of(self, directory: str) -> str:
        """The project's folder that a working directory is, or the nearest guess: the build context."""
        found = self.answer(("folder_of", directory))
        return found if isinstance(found, str) else ""

    def answer(self, question: Question) -> str | tuple[str, ...] | None:
        """What one of the methods above gives for these arguments."""
        found: str | tuple[str, ...] | None
        match question:
            case ("file", path, directory):
                found = self._file(path, directory)
            case ("on_search_path", name, search_path):
                found = self._on_search_path(name, search_path)
            case ("targets_of", path):
                found = self._targets_of(path)
            case ("folder_of", directory):
                found = self._folder_of(directory)
            case _:
                found = self._folder
        if self._note is not None:
            self._note(question, found)
        return found

    def _file(self, path: str, directory: str) -> str | None:
        for candidate in self._candidates(path, directory):
            existing = self._existing(candidate)
            if existing is not None:
                return existing
        if path.startswith(("/usr/", "/bin/", "/sbin/", "/opt/")) and path.count("/") == 2:
            return None
        rooted = self._in_container and path.startswith("/")
        alone = not self._in_container or not self._container.placed
        if path.startswith("/") and self._copied is not None and alone:
            sources = self._copied.at(posixpath.normpath(path))
            if len(sources) == 1 or (sources and rooted):
                return sources.pop() if len(sources) == 1 else None
        found = self._facts.ending_with(path, at_least=2 if rooted or path.startswith(_OF_THE_MACHINE) else 1)
        if len(found) > 1:
            near = [candidate for candidate in found if candidate.startswith(self._folder + "/")]
            found = near if len(near) == 1 else _nearest(found, self._folder)
        if len(found) == 1 and ("/" in path.strip("/") or path.startswith("/") or self._says_path(path)):
            return found[0]
        return None

    def _on_search_path(self, name: str, search_path: str) -> str | None:
        for folder in search_path.split(":"):
            if folder.startswith("/") and not any(char in folder for char in "${}"):
                for candidate in self._candidates(posixpath.join(folder, name), "/"):
                    existing = self._existing(candidate)
                    if existing is not None:
                        return existing
        return None

    def _existing(self, candidate: str) -> str | None:
        """The file, a script inside of one, or what a ConfigMap holds: what starts something, or the nearest one."""
        if candidate.startswith(WRITTEN):
            return candidate if candidate in self._facts.scripts else None
        if not candidate.startswith("configmap:"):
            return candidate if candidate in self._facts.file_set else None
        made_of = self._facts.config_map_files.get(candidate, ())
        starting = [path for path in made_of if path in self._facts.scripts or any(self._facts.launches_in(path))]
        if made_of:
            return starting[0] if len(starting) == 1 else None
        scripts = self._facts.config_map_scripts.get(candidate, [])
        near = [script.path for script in scripts if posixpath.dirname(script.text.source.path) == self._folder]
        return next(iter([*near, *(script.path for script in scripts)]), None)

    def _targets_of(self, path: str) -> tuple[str, ...]:
        found = ((placed, below(path, placed.source) if placed.source else path) for placed in self._container.placed)
        return tuple(posixpath.normpath(posixpath.join(one.target, rest)) for one, rest in found if rest is not None)

    @staticmethod
    def _says_path(path: str) -> bool:
        return path.endswith((".sh", ".bash", ".py", ".conf", ".ini")) or path.startswith("./")

    def _candidates(self, path: str, directory: str) -> Iterator[str]:
        if self._in_container:
            full = posixpath.normpath(posixpath.join(directory or "/", path))
            for placed in sorted(self._container.placed, key=lambda item: -len(item.target)):
                rest = below(full, placed.target)
                if rest is not None:
                    yield posixpath.normpath(posixpath.join(placed.source, rest)) if rest else placed.source
        else:
            yield posixpath.normpath(posixpath.join(directory, path))
        if not path.startswith("/"):
            yield posixpath.normpath(posixpath.join(self._folder, path))
            yield posixpath.normpath(posixpath.join(self._container.context, path))

    def _folder_of(self, directory: str) -> str:
        if not self._in_container:
            return self._inside_project(directory)
        for placed in sorted(self._container.placed, key=lambda item: -len(item.target)):
            rest = below(directory, placed.target)
            if rest is not None:
                return self._inside_project(posixpath.normpath(posixpath.join(placed.source, rest)))
        for placed in self._container.placed:
            rest = below(placed.target, directory)
            if rest and placed.source.endswith("/" + rest):
                return placed.source[: -len(rest) - 1]
        return self._inside_project(self._container.context)

    def _inside_project(self, folder: str) -> str:
        """The folder when it is one of the project, else the one that the command is written for."""
        if folder in {"", "."}:
            return ""
        if folder in self._facts.folders:
            return folder
        context = self._container.context
        return context if context in self._facts.folders else ""


def _nearest(paths: list[str], folder: str) -> list[str]:
    """Of several paths the one that shares the longest beginning with ``folder``, when it is the only such."""
    scores = [len(posixpath.commonprefix([path.split("/"), folder.split("/")])) for path in paths]
    best = max(scores)
    return [path for path, score in zip(paths, scores, strict=True) if score == best]
