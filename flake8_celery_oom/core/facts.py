"""What one file says, before anything is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.value import Unset, Value
from flake8_celery_oom.core.word import Word

Notation: TypeAlias = Literal[
    "shell",  # words of a shell command line, also inside a YAML scalar, an ini value, a recipe...
    "json",  # ["celery", "-A", "proj"]: JSON array, Dockerfile exec form
    "yaml-flow",  # the same in YAML: quotes are optional
    "yaml-block",  # one item a line, behind a dash
    "python",  # a list of a Python program
    "toml",
]


@dataclass(frozen=True, slots=True)
class Argv:
    """A command given as a list of words: no shell reads it."""

    words: tuple[Word, ...]
    at: Location
    notation: Notation = "json"


@dataclass(frozen=True, slots=True)
class ShellText:
    """A command given as text. ``shell`` says whether a shell runs it; without one only words are split.

    ``words`` are these words where the program that reads the file splits by rules of its own.
    """

    text: MappedText
    at: Location
    shell: bool = True
    words: tuple[Word, ...] | None = field(default=None, compare=False, repr=False)


Command: TypeAlias = Argv | ShellText


@dataclass(frozen=True, slots=True)
class Build:
    """How an image is built: the context folder and the Dockerfile, both relative to the root; the target stage.

    ``arguments`` are the build arguments that are given.
    """

    context: str
    dockerfile: str
    target: str | None = None
    arguments: Mapping[str, Word] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder or file of the project (``source``, relative to the root) seen as ``target`` in a container."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class EnvironmentSource:
    """Variables that stand elsewhere: an env file, a ConfigMap, a Secret. ``path`` is set for files of the project."""

    kind: Literal["file", "configmap", "secret", "other"]
    name: str
    at: Location
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Launch:
    """One place where a file says that something is to be run, in a container, by a supervisor or by hand."""

    kind: str
    name: str
    at: Location
    command: Command | None = None
    entrypoint: Command | None = None
    image: str | None = None
    build: Build | None = None
    environment: Mapping[str, Word] = field(default_factory=dict)
    environment_from: tuple[EnvironmentSource, ...] = ()
    workdir: str | None = None
    mounts: tuple[Mount, ...] = ()
    memory_limit: Value[int] = Unset()
    replicas: int = 1
    container: str = ""
    """Launches with the same container share one memory limit; empty: a container of its own."""
    in_container: bool = False
    """Whether paths of the command are paths inside an image rather than of the project."""
    unlikely: bool = False
    """Whether this is what runs when a condition turns out against its default; then another launch is at its place."""
    namespace: str | None = None
    """The Kubernetes namespace, empty where the manifest names none; None for what is no object of Kubernetes."""
    autostart: bool = True
    """False where the supervisor waits until it is told to start the program (``autostart=false``)."""
    stopped_as_group: bool | None = None
    """Whether the supervisor stops or kills the program together with its children; None where no file says it."""
    python: str = ""
    """The Python that the image brings, "3.12"; empty where its name does not say it."""
    health_check: Command | None = None
    """What is run in the container again and again to see how it does; without words where that is switched off."""

    def patched(self, patch: Launch) -> Launch:
        """The launch with what ``patch`` says in place of its own (a systemd drop-in); lists are merged."""
        return replace(
            self,
            command=patch.command or self.command,
            entrypoint=patch.entrypoint or self.entrypoint,
            image=patch.image or self.image,
            build=patch.build or self.build,
            environment={**self.environment, **patch.environment},
            environment_from=(*self.environment_from, *patch.environment_from),
            workdir=patch.workdir or self.workdir,
            mounts=(*self.mounts, *patch.mounts),
            memory_limit=self.memory_limit if isinstance(patch.memory_limit, Unset) else patch.memory_limit,
            health_check=patch.health_check or self.health_check,
        )


WRITTEN = "written:"
"""How the path of a script begins that stands inside of another file: ``written:Dockerfile:120``."""


@dataclass(frozen=True, slots=True)
class Copy:
    """COPY or ADD of a Dockerfile: ``sources`` as written (globs too), ``stage`` for ``--from``.

    A here-document is the script that it holds: a source that begins with WRITTEN.
    """

    sources: tuple[str, ...]
    target: str
    stage: str | None
    at: Location


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a Dockerfile as written; what it inherits is found by resolve."""

    name: str | None
    base: str
    at: Location
    entrypoint: Command | None = None
    command: Command | None = None
    environment: Mapping[str, Word] = field(default_factory=dict)
    arguments: Mapping[str, Word] = field(default_factory=dict)
    workdir: str | None = None
    copies: tuple[Copy, ...] = ()
    runs: tuple[ShellText, ...] = ()
    health_check: Command | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """A Dockerfile: its stages in order; the last is built when no target is named."""

    path: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """A file that can be run: a shell script."""

    path: str
    text: MappedText
    interpreter: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement or locked package: the name is normalised (``celery``), the specifier may be empty."""

    name: str
    specifier: str
    extras: frozenset[str]
    at: Location
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Variables:
    """A file of NAME=value lines, or a ConfigMap: ``name`` is how others refer to it.

    A file of defaults that shells read is there a second time, as systemd reads it (``unit``): there a value is the
    rest of its line.
    """

    kind: Literal["file", "configmap", "unit"]
    name: str
    path: str
    values: Mapping[str, Word]


@dataclass(frozen=True, slots=True)
class DefaultMemoryLimit:
    """The memory limit in bytes of the containers of a Kubernetes namespace that have none of their own (LimitRange).

    ``namespace`` is empty where the manifest names none.
    """

    namespace: str
    limit: Value[int]
    at: Location


@dataclass(frozen=True, slots=True)
class Problem:
    """A file, or a place in it, that could not be read: what is wrong and what to do, in one line."""

    at: Location
    message: str


def mishap(at: Location, error: Exception) -> Problem:
    """What ended the reading of a file, or of what is started at a place, before it was done."""
    if isinstance(error, RecursionError):
        return Problem(at, "is nested too deeply to be read")
    if isinstance(error, MemoryError):
        return Problem(at, "needs more memory than there is to be read")
    what = " ".join(f"{type(error).__name__}: {error}"[:200].split())
    return Problem(at, f"could not be read ({what}): a mistake in celery-oom, please report it")


@dataclass(frozen=True, slots=True)
class NotationFact:
    """A file whose content only means something together with others: what it says is a type of its own notation.

    Resolve asks for all facts of such a type.
    """

    path: str


Fact: TypeAlias = NotationFact | Launch | Image | Script | Requirement | Variables | DefaultMemoryLimit | Problem
