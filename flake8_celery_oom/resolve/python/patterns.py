"""Patterns of ``match``: which case a known value takes."""

from __future__ import annotations

import ast

from flake8_celery_oom.core.results import HostCpus
from flake8_celery_oom.resolve.python.values import Abstract, Constant


def matched_case(statement: ast.Match, subject: Abstract) -> list[ast.stmt] | None:
    """The body that ``match`` runs for a known subject; None where that is not decided by plain values."""
    if not isinstance(subject, Constant) or isinstance(subject.value, HostCpus):
        return None
    for case in statement.cases:
        holds = _fits(case.pattern, subject) if case.guard is None else None
        if holds is None:
            return None
        if holds:
            return case.body
    return []


def _fits(pattern: ast.pattern, subject: Constant) -> bool | None:
    if isinstance(pattern, ast.MatchValue) and isinstance(pattern.value, ast.Constant):
        return bool(pattern.value.value == subject.value)
    if isinstance(pattern, ast.MatchSingleton):
        return pattern.value is subject.value
    if isinstance(pattern, ast.MatchOr):
        found = [_fits(one, subject) for one in pattern.patterns]
        return True if True in found else None if None in found else False
    return True if isinstance(pattern, ast.MatchAs) and pattern.pattern is None and pattern.name is None else None
