"""Why a value is not known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from flake8_celery_oom.core.word import Word

CauseKind: TypeAlias = Literal["environment", "interpolation", "host-memory", "several", "other"]
"""``environment``: a variable that the files give no value; ``interpolation``: text with an unknown piece;
``host-memory``: it is, or is made of, the memory of the machine; ``several``: more than one cause takes part."""
OPERATING_SYSTEM = "sys.platform"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the files alone do not say a value. ``text`` is for people: no code concludes anything from it."""

    text: str
    kind: CauseKind = "other"
    variables: frozenset[str] = frozenset()
    """The environment variables that are known to take part, and ``OPERATING_SYSTEM`` where that does."""
    word: Word | None = None
    """What is written in the place of the value, with its holes (``${LIMIT}``)."""
    is_closed: bool = False
    """Whether nothing but ``variables`` takes part: where none of them is set, the value is the same everywhere."""

    def __str__(self) -> str:
        return self.text

    def said(self, text: str) -> Cause:
        """A cause that follows from this one, in other words."""
        return replace(self, text=text, kind=self.kind if self.kind == "host-memory" else "other")

    def joined(self, others: Iterable[Cause]) -> Cause:
        """The cause together with others, in the words of this one."""
        every = (self, *others)
        if all(
            (one.kind, one.variables, one.is_closed) == (self.kind, self.variables, self.is_closed) for one in every
        ):
            return self
        variables = frozenset(name for one in every for name in one.variables)
        return replace(self, kind="several", variables=variables, is_closed=all(one.is_closed for one in every))


def from_environment(name: str, text: str) -> Cause:
    """A value that the environment variable ``name`` gives or decides, and no file sets."""
    return Cause(text, "environment", frozenset({name}), is_closed=True)


def from_word(word: Word, text: str = "") -> Cause:
    """A value that is written with a piece only the running system fills in; ``text`` is the word by default."""
    return Cause(text or word.shown, "interpolation", word=word)
