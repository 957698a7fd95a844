"""What rules report, and the edits that mend it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.wishes import Safety, Wish

Severity: TypeAlias = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace ``text[at.start:at.end]`` by ``replacement``."""

    at: Location
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that mends a finding; all its edits land, or none. What is only shown has no edits.

    ``doubt`` says why one that is not safe is not; empty where that needs no words.
    """

    title: str
    safety: Safety
    edits: tuple[Edit, ...]
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to a finding."""

    at: Location
    message: str


@dataclass(frozen=True, slots=True)
class SharedCause:
    """What several findings have in common and one edit mends: they are one finding, ``at`` the place of that edit.

    ``subject`` and ``message`` go behind the number of workers: ``3 `` ``workers of app `shop``` `` start ...``.
    ``label`` is what the one finding adds: ``worker `mail```. Commands may name one app in two ways (``shop``,
    ``shop:app``), so that the subject does not tell causes apart.
    """

    at: Location
    subject: str = field(compare=False)
    message: str
    label: str = field(compare=False)
    wish: Wish | None = field(default=None, compare=False, repr=False)


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
    details: tuple[str, ...] = ()
    """What the message leaves out: where was looked, the version. One line each."""
    places: int = 1
    """At how many places the same cause shows."""
    cause: SharedCause | None = field(default=None, compare=False, repr=False)
    """What it shares with others; None where it stands alone."""
