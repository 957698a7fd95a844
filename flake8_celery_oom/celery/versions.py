"""What a requirement on Celery implies: ``holds(version, ">=5.0")`` is yes, no, or "it depends".

A requirement admits some of Celery's releases. Those are few and known, so they are simply tried one by one; versions
that the requirement itself names are tried too, which covers releases that this table does not know yet.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

from flake8_celery_oom.core.results import CeleryVersion

Release: TypeAlias = tuple[int, int, int, int]

LAST_PATCH = {
    (3, 1): 26,
    (4, 0): 2,
    (4, 1): 1,
    (4, 2): 2,
    (4, 3): 1,
    (4, 4): 7,
    (5, 0): 6,
    (5, 1): 2,
    (5, 2): 7,
    (5, 3): 6,
    (5, 4): 0,
    (5, 5): 3,
    (5, 6): 3,
    (5, 7): 0,
}
"""The release lines of Celery with the last patch release of each (3.1 is the oldest that is told apart)."""

RELEASES: tuple[Release, ...] = tuple(
    (major, minor, patch, 0) for (major, minor), last in LAST_PATCH.items() for patch in range(last + 1)
)

_CLAUSE = re.compile(
    r"\s*(?:(===|==|~=|!=|<=|>=|<|>|\^|~|=)\s*)?"  # the operator
    r"(?:v?(\d+(?:\.\d+)*)(\.\*)?([^\s,]*)|(\*))"  # the version, with what follows its numbers, or "*"
    r"\s*(?:,|(?=\s)|$)"
)
_SUFFIX = re.compile(
    r"(?:[-._]?(?:a|b|c|rc|alpha|beta|pre|preview|post|rev|r|dev)[-._]?\d*){0,5}(?:\+[\w.]+)?$", re.IGNORECASE
)


class _Clause:
    """One comparison of a requirement, such as ``>=5.2``."""

    __slots__ = ("named", "operator", "prefix")

    def __init__(self, operator: str, numbers: tuple[int, ...], *, wildcard: bool) -> None:
        self.named = _padded(numbers)
        self.prefix = numbers
        self.operator = operator
        if operator == "~=":
            self.prefix = numbers[:-1]
        elif operator == "^":
            self.prefix = numbers[:1]
        elif operator == "~":
            self.prefix = numbers[:2]
        elif not wildcard and operator in {"==", "===", "!="}:
            self.prefix = self.named

    def admits(self, release: Release) -> bool:
        """Whether ``release`` satisfies the comparison."""
        within = release[: len(self.prefix)] == self.prefix
        match self.operator:
            case "<":
                return release < self.named
            case "<=":
                return release <= self.named
            case ">":
                return release > self.named
            case ">=":
                return release >= self.named
            case "!=":
                return not within
            case "~=" | "^" | "~":
                return release >= self.named and within
            case _:
                return within


def _padded(numbers: tuple[int, ...]) -> Release:
    first, second, third, fourth = (*numbers, 0, 0, 0, 0)[:4]
    return first, second, third, fourth


def _clauses(text: str) -> list[_Clause] | None:
    """The comparisons of ``>=5.2,<6``; None when a part of the text is no comparison, or there is none."""
    clauses: list[_Clause] = []
    position = 0
    text = text.strip()
    while position < len(text):
        found = _CLAUSE.match(text, position)
        if found is None:
            return None
        position = found.end()
        operator, numbers, wildcard, suffix, _anything = found.groups()
        if numbers is None:
            continue
        if not _SUFFIX.match(suffix):
            return None
        clauses.append(
            _Clause(operator or "", tuple(int(number) for number in numbers.split("."))[:4], wildcard=bool(wildcard))
        )
    return clauses or None


@lru_cache(maxsize=1024)
def _admitted(specifier: str) -> tuple[Release, ...]:
    """The releases that a requirement admits; empty when the requirement says nothing or cannot be read."""
    admitted: list[Release] = []
    for alternative in re.split(r"\|\|?", specifier.partition(";")[0]):
        clauses = _clauses(alternative)
        if clauses is None:
            return ()
        named = {clause.named for clause in clauses}
        after = {(major, minor, patch + 1, 0) for major, minor, patch, _ in named}
        candidates = sorted(named | after | set(RELEASES))
        admitted += [release for release in candidates if all(clause.admits(release) for clause in clauses)]
    return tuple(admitted)


@lru_cache(maxsize=8192)
def _holds(specifier: str, condition: str) -> bool | None:
    clauses = _clauses(condition)
    if clauses is None:
        raise ValueError(f"not a condition on a version: {condition!r}")
    admitted = _admitted(specifier)
    if not admitted:
        return None
    satisfied = [all(clause.admits(release) for clause in clauses) for release in admitted]
    if all(satisfied):
        return True
    return None if any(satisfied) else False


def holds(version: CeleryVersion, condition: str) -> bool | None:
    """Whether every version that ``version`` admits satisfies ``condition`` (">=5.0", ">=4.0,<5.0").

    True: all do; False: none does; None: it depends, or the version is unknown. Pre-releases and post-releases count
    as the release they belong to. A ``condition`` that is no condition is a ValueError.
    """
    return _holds(version.specifier, condition)


def may_hold(version: CeleryVersion, condition: str) -> bool:
    """Whether some version that ``version`` admits satisfies ``condition``; an unknown version may be any."""
    return _holds(version.specifier, condition) is not False


@lru_cache(maxsize=1024)
def _narrowed(specifier: str, condition: str) -> str:
    if _holds(specifier, condition):
        return specifier
    if not _admitted(specifier) or "|" in specifier:
        return condition
    joint = f"{specifier.partition(';')[0]},{condition}"
    return joint if _admitted(joint) else condition


def narrowed(version: CeleryVersion, condition: str) -> CeleryVersion:
    """``version``, knowing that ``condition`` holds as well; what contradicts the condition gives way to it."""
    return CeleryVersion(_narrowed(version.specifier, condition), version.at)


@lru_cache(maxsize=1024)
def _exact(specifier: str) -> str | None:
    clauses = _clauses(specifier.partition(";")[0])
    if clauses is None or len(clauses) != 1 or clauses[0].operator not in {"", "==", "==="}:
        return None
    return specifier.partition(";")[0].strip().lstrip("=v ") if len(clauses[0].prefix) >= 3 else None


def exact(version: CeleryVersion) -> str | None:
    """The one version that ``version`` admits ("5.4.0"), or None when there is a choice."""
    return _exact(version.specifier)


def shown(version: CeleryVersion) -> str:
    """The version for people: ``Celery 5.4.0``, ``Celery >=5.2,<6``, ``Celery``."""
    text = exact(version) or version.specifier.partition(";")[0].strip()
    text = " or ".join(part.strip().removeprefix("==") for part in text.split("||")) if "||" in text else text
    return f"Celery {text}" if text not in {"", "*"} else "Celery"
