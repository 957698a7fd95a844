"""What rules want changed, in Celery's terms; ``changes`` turns that into edits of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from flake8_celery_oom.core.facts import Requirement
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import App, Worker
from flake8_celery_oom.core.word import Word

Safety: TypeAlias = Literal["safe", "unsafe", "shown"]

NumberOption: TypeAlias = Literal["concurrency", "max_tasks_per_child", "max_memory_per_child", "prefetch_multiplier"]
"""An option of a worker as Celery calls it."""

RemovableOption: TypeAlias = NumberOption | Literal["autoscale"]
"""An option that can be taken away. Without ``autoscale`` the concurrency is what the command says otherwise."""


@dataclass(frozen=True, slots=True)
class SetOption:
    """The command of these workers gets an option; a value that stands there is replaced.

    ``at`` is the place of the finding: where the workers share their command with others, the edit stays inside it.
    ``doubt`` says in all wishes why one that is not safe is not, for people.
    """

    workers: tuple[Worker, ...]
    option: NumberOption
    value: int
    at: Location
    safety: Safety
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class RemoveOptions:
    """The command of these workers loses options."""

    workers: tuple[Worker, ...]
    options: tuple[RemovableOption, ...]
    safety: Safety


@dataclass(frozen=True, slots=True)
class AddArgument:
    """The command in which the word ``behind`` stands gets one more word right behind that: ``--max-tasks=10000``."""

    behind: Word
    text: str
    safety: Safety
    doubt: str = ""


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
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class SetSetting:
    """The configuration of an application gets a setting (new name), spelled as the settings beside it."""

    app: App
    name: str
    value: int
    safety: Safety
    workers: tuple[Worker, ...] = ()
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Respell:
    """Names or words are written otherwise: each ``(where, as it is, as it shall be)``; all of them or none.

    ``everywhere``: a name that other places of the project use as well is left. Words of one command change alone.
    """

    spellings: tuple[tuple[Location, str, str], ...]
    safety: Safety
    title: str = ""
    everywhere: bool = True
    doubt: str = ""


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
    SetOption
    | RemoveOptions
    | AddArgument
    | SetValue
    | SetSetting
    | Respell
    | WrapInInt
    | AddExtra
    | RemoveSuppression
    | Advise
)
