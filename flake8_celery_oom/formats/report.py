"""What the formats of ``celery-oom check`` are made from: findings as the reader is to see them, and the counts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from flake8_celery_oom.core.findings import Edit, Finding, Fix, Severity
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.fingerprint import fingerprints
from flake8_celery_oom.formats.text import UNREAD, View, from_root, printable
from flake8_celery_oom.masking import masked

_PATH_IN_MESSAGE = re.compile(r"[^\s`'\"(),;:]+")
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a file as the reader calls it; ``message`` says what it is. Lines and columns count from 1."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str = ""


@dataclass(frozen=True, slots=True)
class Replacement:
    """One edit of a fix: what stands at the place is replaced by ``text``."""

    at: Place
    text: str


@dataclass(frozen=True, slots=True)
class Reported:
    """One finding in the words and paths of the reader; every text is one line without control characters.

    ``details`` say what the message leaves out; the cause shows at so many ``places``.
    """

    code: str
    name: str
    severity: Severity
    at: Place
    message: str
    related: tuple[Place, ...]
    fingerprint: str
    details: tuple[str, ...] = ()
    places: int = 1
    fix: Fix | None = None
    replacements: tuple[Replacement, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What one run reports.

    ``summary`` counts workers, unknown values, files, suppressed and baselined findings, and what was not looked at.
    """

    found: tuple[Reported, ...]
    summary: Mapping[str, int] = field(default_factory=dict)

    @property
    def unread(self) -> int:
        """How many files, folders, submodules and links out of the project were not looked at."""
        return sum(self.summary.get(name, 0) for name in UNREAD)

    def by_severity(self) -> Counter[Severity]:
        """How many findings there are of each severity."""
        return Counter(one.severity for one in self.found)


def reported(findings: Sequence[Finding], view: View = from_root, files: Collection[str] = ()) -> list[Reported]:
    """The findings of one project. Paths in messages are called as the reader does where they are among ``files``."""
    return [
        Reported(
            code=finding.code,
            name=finding.name,
            severity=finding.severity,
            at=_place(finding.at, view),
            message=_with_paths(finding.message, view, files),
            related=tuple(_place(one.at, view, _with_paths(one.message, view, files)) for one in finding.related),
            fingerprint=fingerprint,
            details=tuple(_with_paths(one, view, files) for one in finding.details),
            places=finding.places,
            fix=finding.fix,
            replacements=tuple(_replacements(finding.fix, view)),
        )
        for finding, fingerprint in zip(findings, fingerprints(findings), strict=True)
    ]


def in_order(found: Iterable[Reported]) -> tuple[Reported, ...]:
    """The findings of several projects, by place."""
    return tuple(sorted(found, key=lambda one: (one.at.path, one.at.line, one.at.column, one.code, one.message)))


def _place(at: Location, view: View, message: str = "") -> Place:
    path = view(at.path)
    return Place(path, at.line, at.column, at.end_line, at.end_column, printable(message))


def _replacements(fix: Fix | None, view: View) -> Iterable[Replacement]:
    """The edits of a fix; none where one would show a secret that stands beside what is mended."""
    edits: Sequence[Edit] = fix.edits if fix is not None else ()
    if any(masked(edit.replacement) != edit.replacement for edit in edits):
        return ()
    return (Replacement(_place(edit.at, view), edit.replacement) for edit in edits)


def _with_paths(message: str, view: View, files: Collection[str]) -> str:
    def called(match: re.Match[str]) -> str:
        word = match[0]
        path = word.rstrip(".")
        return view(path) + word[len(path) :] if path in files and ("/" in path or "." in path) else word

    return printable(_PATH_IN_MESSAGE.sub(called, message) if files and view is not from_root else message)
