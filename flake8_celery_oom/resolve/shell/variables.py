"""The variables of a shell: their values, which of them are exported, and what functions made local."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.shell.environment import inherited
from flake8_celery_oom.resolve.shell.fields import (
    Array,
    Field,
    Piece,
    field_of,
    unquoted,
    word_of,
)

MAX_PIECES = 1_000


MAX_CHARACTERS = 40_000
"""A variable that would hold more is not known."""


def _is_short(value: Field | Array) -> bool:
    """Whether a value is within the bounds; one that grows and grows is not known any more."""
    fields = value.items if isinstance(value, Array) else (value,)
    if len(fields) > MAX_PIECES or sum(map(len, fields)) > MAX_PIECES:
        return False
    return sum(len(piece.text) for one in fields for piece in one) <= MAX_CHARACTERS


@dataclass(frozen=True, slots=True)
class Saved:
    """What a variable was before a function made it local: no value when nothing had set it."""

    value: Field | Array | None
    exported: bool
    unset: bool


@dataclass(slots=True)
class Variables:
    """The variables and positional arguments of one shell, and the environment around it."""

    environment: Mapping[str, Word]
    values: dict[str, Field | Array] = field(default_factory=dict)
    exported: frozenset[str] = frozenset()
    arguments: tuple[Field, ...] = ()
    open_arguments: bool = False
    """The script was read without a caller: its positional arguments are unknown, but ``"$@"`` is empty."""
    forwards: bool = False
    """Some caller of the script gives arguments: ``"$@"`` is unknown as well when it is read alone."""
    by_init: bool = False
    """The script is started by init, in an environment that has none of the script's variables (``service(8)``)."""
    unset: frozenset[str] = frozenset()
    exports_all: bool = False
    """Whether every variable that gets a value is exported (``set -a``)."""
    saved: tuple[Mapping[str, Saved], ...] = ()
    """For each function that runs, the innermost last: what its local variables were before."""
    outside: frozenset[str] = frozenset()
    """Variables that mean something to the programs that are started: a file that is not here may set them."""
    references: Mapping[str, str] = field(default_factory=dict)
    """Names that stand for another variable (``local -n name=other``)."""

    def copy(self) -> Variables:
        """A copy that can be changed on its own."""
        return replace(self, values=dict(self.values))

    def assign(self, name: str, value: Field | Array) -> None:
        """Give a variable a value."""
        name = self.references.get(name, name)
        self.values[name] = (
            value if _is_short(value) else (Piece(f"${name}", hole=Hole(f"${name}", name, several=True)),)
        )
        if self.exports_all:
            self.exported |= {name}

    def source_unknown(self) -> None:
        """What ``. file`` does of which nothing is here: after ``set -a`` whatever it sets is exported."""
        for name in self.outside if self.exports_all else ():
            self.assign(name, (Piece(f"${name}", hole=Hole(f"${name}", name)),))

    def take(self, arguments: Iterable[Field], *, still_open: bool = False) -> None:
        """Make these the positional arguments; more of them than are worth following are not known."""
        given = tuple(arguments)
        self.arguments = given if _is_short(Array(given)) else ((Piece("$@", hole=Hole("$@", "@", several=True)),),)
        self.open_arguments = still_open

    def remove(self, name: str) -> None:
        """What ``unset`` does: neither a value nor the mark of an exported variable is left."""
        self.values.pop(name, None)
        self.exported -= {name}
        self.unset |= {name}

    def make_local(self, name: str) -> None:
        """What ``local`` does inside of a function: remember what the variable is outside of it."""
        if self.saved and name not in self.saved[-1]:
            before = Saved(self.values.get(name), name in self.exported, name in self.unset)
            self.saved = (*self.saved[:-1], {**self.saved[-1], name: before})

    def leave(self) -> None:
        """What the end of a function does: its local variables are what they were before."""
        *outer, own = self.saved
        self.saved = tuple(outer)
        if self.references:
            self.references = {name: other for name, other in self.references.items() if name not in own}
        for name, before in own.items():
            self.remove(name)
            if before.value is not None:
                self.values[name] = before.value
            self.exported |= {name} if before.exported else set()
            self.unset -= set() if before.unset else {name}

    def get(self, name: str) -> Field | Array | None:
        """The value of a variable, or None when nothing sets it."""
        name = self.references.get(name, name)
        if name in self.values:
            return self.values[name]
        if name in self.environment and name not in self.unset:
            return unquoted(field_of(self.environment[name]))
        return None

    def child_environment(self, extra: Mapping[str, Field], at: Location) -> dict[str, Word]:
        """The environment of a command that this shell runs."""
        made = {name: word for name, word in inherited(self.environment).items() if name not in self.unset}
        for name, value in self.values.items():
            if isinstance(value, tuple) and (
                name in self.exported or (name in self.environment and name not in self.unset)
            ):
                made[name] = word_of(value, at)
        for name, value in extra.items():
            made[name] = word_of(value, at)
        return made
