"""The shared words of every layer: locations, values, words of a command, facts, workers and findings.

Everything here is a frozen dataclass without behaviour beyond looking at itself. Nothing here reads files.

Offsets count code points in the decoded text of a file; lines and columns count from 1, columns in code points.
Paths are POSIX paths relative to the root of the workspace.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar

if TYPE_CHECKING:
    from flake8_celery_oom.text import MappedText

T = TypeVar("T")


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A stretch of one file: ``text[start:end]``, with the lines and columns that people and editors use."""

    path: str
    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"

    def contains(self, other: Location) -> bool:
        """Whether ``other`` lies inside this place, or is the same."""
        return self.path == other.path and self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Location) -> bool:
        """Whether the two places share a character; a place without length shares none."""
        return self.path == other.path and self.start < other.end and other.start < self.end


# --- values -----------------------------------------------------------------------------------------------------------

Origin: TypeAlias = Literal["cli", "env", "settings", "autoscale", "default", "limit"]


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """Somebody wrote the value and it can be read."""

    value: T
    at: Location | None = None
    origin: Origin = "cli"


@dataclass(frozen=True, slots=True)
class Unset:
    """Every place that could set the value was read, and nobody does. The only value that may be called missing."""

    looked_at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown(Generic[T]):
    """The value is or may be set, but the files alone don't say to what. Rules stay silent on it.

    ``default`` is what applies when the environment says nothing (``${C:-4}`` has the default 4).
    """

    reason: str
    at: Location | None = None
    default: T | None = None
    origin: Origin = "cli"


Value: TypeAlias = Known[T] | Unset | Unknown[T]


# --- words of a command -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hole:
    """A piece of text that only the running system fills in: ``$VAR``, ``{{ .Values.x }}``, ``%(ENV_X)s``.

    ``default`` is the text used when nothing else is said (``${C:-4}`` -> "4"). ``several`` is true when the hole may
    become no word or several words (an unquoted ``$OPTS``, ``"$@"``). ``host_cpus`` is true when the hole is the number
    of CPUs of the machine, or grows with it (``$(nproc)``). ``perhaps`` is the one word that the hole is, if it is a
    word at all (``if x: words.append("--pool=solo")``).
    """

    source: str
    name: str | None = None
    default: str | None = None
    at: Location | None = None
    several: bool = False
    host_cpus: bool = False
    perhaps: str | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command line or one value of a variable, known in whole, in part or not at all.

    ``mapped`` is the text the word was taken from, where there is one: it lets a word that holds a whole command
    (``sh -c "celery ..."``) be read with exact positions.
    """

    parts: tuple[str | Hole, ...]
    at: Location | None = None
    mapped: MappedText | None = field(default=None, compare=False, repr=False)

    @property
    def text(self) -> str | None:
        """The word's text, or None when a piece of it is unknown."""
        if all(isinstance(part, str) for part in self.parts):
            return "".join(part for part in self.parts if isinstance(part, str))
        return None

    @property
    def default_text(self) -> str | None:
        """The text with every hole replaced by its default, or None when a hole has none."""
        pieces = [part if isinstance(part, str) else part.default for part in self.parts]
        return None if any(piece is None for piece in pieces) else "".join(piece or "" for piece in pieces)

    @property
    def shown(self) -> str:
        """The word for people: holes as they are written in the file."""
        return "".join(part if isinstance(part, str) else part.source for part in self.parts)

    @property
    def holes(self) -> tuple[Hole, ...]:
        """The unknown pieces."""
        return tuple(part for part in self.parts if isinstance(part, Hole))

    @property
    def several(self) -> bool:
        """Whether the word may turn out to be no word, or more than one."""
        return any(hole.several for hole in self.holes)


def literal(text: str, at: Location | None = None) -> Word:
    """A wholly known word."""
    return Word((text,), at)


# --- facts: what one file says ----------------------------------------------------------------------------------------

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
    """A command given as text. ``shell`` says whether a shell runs it; without one only words are split."""

    text: MappedText
    at: Location
    shell: bool = True


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
class Extends:
    """Another launch whose values count where this one says nothing: compose's ``extends`` over two files.

    ``path`` is relative to the root, ``name`` the other launch's name.
    """

    path: str
    name: str


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
    extends: Extends | None = None
    namespace: str | None = None
    """The Kubernetes namespace, empty where the manifest names none; None for what is no object of Kubernetes."""


@dataclass(frozen=True, slots=True)
class Copy:
    """COPY or ADD of a Dockerfile: ``sources`` as written (globs too), ``stage`` for ``--from``."""

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
    """A file of NAME=value lines, or a ConfigMap: ``name`` is how others refer to it."""

    kind: Literal["file", "configmap"]
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


Fact: TypeAlias = Launch | Image | Script | Requirement | Variables | DefaultMemoryLimit | Problem


# --- what resolve makes of the facts ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CeleryVersion:
    """The Celery that a worker runs: ``specifier`` as in a requirement ("==5.4.0", ">=5.2,<6"), empty when none says.

    What a specifier implies is asked of :mod:`flake8_celery_oom.celery.versions`.
    """

    specifier: str = ""
    at: Location | None = None


@dataclass(frozen=True, slots=True)
class HostCpus:
    """The value is the number of CPUs of the machine; ``source`` is how that was written (``$(nproc)``, ``0``)."""

    source: str


Setting: TypeAlias = object
"""The value of a Celery setting as Python would have it: int, float, str, bool, None, HostCpus, tuple, list or dict."""


DeadReason: TypeAlias = Literal[
    "namespace", "no-namespace", "old-name-in-namespace", "keyword", "lower-case", "no-setting"
]
"""Why Celery never reads a name: it stands outside of the namespace; it is written for a namespace and there is none;
it is an old name, which no namespace knows before 5.7; it is an argument of ``Celery()`` that none takes before 5.1;
it is in small letters, which Django takes from no settings module; Celery has no such setting."""


@dataclass(frozen=True, slots=True)
class DeadSetting:
    """A name in the configuration of an app that Celery never reads.

    ``setting`` is what it is meant to set (new name), ``right`` how that is spelled there, None when that is unclear.
    ``namespace`` is that of the app, with its underscore (``CELERY_``).
    """

    name: str
    at: Location
    setting: str
    reason: DeadReason
    right: str | None = None
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class MixedNames:
    """Old and new names of settings in one configuration, so that Celery refuses it: ``(name, its place)``."""

    old: tuple[tuple[str, Location], ...]
    new: tuple[tuple[str, Location], ...]


@dataclass(frozen=True, slots=True)
class App:
    """A Celery application of the project, with the settings that reach it under their new names (4.0+)."""

    name: str
    at: Location
    configured_at: Location
    version: CeleryVersion
    settings: Mapping[str, Value[Setting]]
    imports: frozenset[str] = frozenset()
    """Top-level packages that the app's modules import (``django``, ``pandas``): they decide what a child weighs."""
    written: Mapping[str, Location] = field(default_factory=dict)
    """By setting: where its name is written."""
    comments: Mapping[str, str] = field(default_factory=dict)
    """By setting: the comment behind its value on the same line."""
    uncast: Mapping[str, Location] = field(default_factory=dict)
    """By setting: where it is read from the environment as text, and nothing makes a number of it."""
    dead: tuple[DeadSetting, ...] = ()
    mixed: MixedNames | None = None


@dataclass(frozen=True, slots=True)
class BoundVariable:
    """A variable of a worker's environment that is called like one of its bounds (``CELERYD_CONCURRENCY``).

    ``option`` is the bound ("concurrency"); ``at`` is the name, or the value where the name is not found beside it.
    ``reader`` says who reads it: Celery itself, something in the project, or nothing.
    """

    name: str
    option: str
    at: Location
    word: Word
    reader: Literal["celery", "project", "nothing"]


@dataclass(frozen=True, slots=True)
class Worker:
    """One Celery worker that the project starts, and what it will really run with.

    ``at`` is the place that starts it, ``command_at`` the celery command itself, which may stand in another file;
    ``via`` are the places in between, ending with the command. ``concurrency`` is what the pool will hold at most:
    the autoscale maximum where autoscale is used. ``max_memory_per_child`` is KiB, ``memory_limit`` bytes.
    """

    kind: str
    name: str
    at: Location
    command_at: Location
    via: tuple[Location, ...]
    words: tuple[Word, ...]
    app_name: str | None
    app: App | None
    version: CeleryVersion
    pool: Value[str]
    concurrency: Value[int | HostCpus]
    autoscale: Value[tuple[int, int]]
    max_tasks_per_child: Value[int]
    max_memory_per_child: Value[int]
    prefetch_multiplier: Value[int]
    beat: Value[bool]
    memory_limit: Value[int]
    container: str
    called: bool = False
    """The command stands in a script that other places of the project run: they are workers of their own."""
    standalone: bool = True
    """The worker was found by reading the script alone, without a caller."""
    entry: str = ""
    """What the first of the words is, as ``celery.worker_command.Entry`` calls it; empty: it says so itself."""
    variables: tuple[BoundVariable, ...] = ()
    packages: frozenset[str] = frozenset()
    """What the requirements of the app ask for, ``celery[gevent]`` too for an extra; empty: there are none."""


@dataclass(frozen=True, slots=True)
class Project:
    """Everything that rules may look at, in a fixed order."""

    workers: tuple[Worker, ...]
    apps: tuple[App, ...]
    launches: tuple[Launch, ...]
    requirements: tuple[Requirement, ...]
    problems: tuple[Problem, ...]
    files: int = 0
    names_used: frozenset[str] = frozenset()
    """Names of dead settings that Python code of the project itself reads."""
    incomplete: bool = False
    """Whether a submodule of the repository is not here: workers may be started in it."""


# --- what rules say ---------------------------------------------------------------------------------------------------

Severity: TypeAlias = Literal["error", "warning", "info"]
Safety: TypeAlias = Literal["safe", "unsafe", "shown"]


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace ``text[at.start:at.end]`` by ``replacement``."""

    at: Location
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that mends a finding; all its edits land, or none. What is only shown has no edits."""

    title: str
    safety: Safety
    edits: tuple[Edit, ...]


# --- what rules wish for: Celery's words, no text; flake8_celery_oom.changes makes edits of them ----------------------

NumberOption: TypeAlias = Literal["concurrency", "max_tasks_per_child", "max_memory_per_child"]
"""An option of a worker as Celery calls it."""


@dataclass(frozen=True, slots=True)
class SetOption:
    """The command of these workers gets an option; a value that stands there is replaced.

    ``at`` is the place of the finding: where the workers share their command with others, the edit stays inside it.
    """

    workers: tuple[Worker, ...]
    option: NumberOption
    value: int
    at: Location
    safety: Safety


@dataclass(frozen=True, slots=True)
class RemoveOptions:
    """The command of these workers loses options."""

    workers: tuple[Worker, ...]
    options: tuple[NumberOption, ...]
    safety: Safety


@dataclass(frozen=True, slots=True)
class SetValue:
    """The value at ``at`` becomes a number: a setting, a variable of the environment. It is ``option`` of ``workers``.

    A value that the environment may give (``${C:-0}``) keeps that, and gets another default.
    """

    at: Location
    value: int
    safety: Safety
    option: NumberOption
    workers: tuple[Worker, ...] = ()
    apps: tuple[App, ...] = ()


@dataclass(frozen=True, slots=True)
class SetSetting:
    """The configuration of an application gets a setting (new name), spelled as the settings beside it."""

    app: App
    name: str
    value: int
    safety: Safety
    workers: tuple[Worker, ...] = ()


@dataclass(frozen=True, slots=True)
class Respell:
    """Names or words are written otherwise: each ``(where, as it is, as it shall be)``; all of them or none.

    ``everywhere``: a name that other places of the project use as well is left. Words of one command change alone.
    """

    spellings: tuple[tuple[Location, str, str], ...]
    safety: Safety
    title: str = ""
    everywhere: bool = True


@dataclass(frozen=True, slots=True)
class WrapInInt:
    """The text that Python code reads at ``at`` is made a number by ``int(...)``. It is ``option`` of ``workers``."""

    at: Location
    safety: Safety
    option: NumberOption
    workers: tuple[Worker, ...] = ()


@dataclass(frozen=True, slots=True)
class AddExtra:
    """A requirement also asks for an extra: ``celery`` becomes ``celery[gevent]``."""

    requirement: Requirement
    extra: str
    safety: Safety


@dataclass(frozen=True, slots=True)
class RemoveSuppression:
    """A comment no longer names the code at ``at``; a comment that names no other goes."""

    at: Location
    safety: Safety


@dataclass(frozen=True, slots=True)
class Advise:
    """What only the user can do, since it takes a decision: ``title`` says what. No edit belongs to it."""

    title: str


Wish: TypeAlias = (
    SetOption | RemoveOptions | SetValue | SetSetting | Respell | WrapInInt | AddExtra | RemoveSuppression | Advise
)


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to a finding."""

    at: Location
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says: ``at`` is where the fix belongs, ``message`` one line with the consequence and the numbers."""

    code: str
    name: str
    severity: Severity
    at: Location
    message: str
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    wish: Wish | None = field(default=None, compare=False, repr=False)
    """What would mend it, in Celery's words."""
