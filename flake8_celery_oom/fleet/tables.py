"""The tables of a results file. Columns follow from the types of the report, so that no field is forgotten.

docs/fleet.md describes them.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from flake8_celery_oom.api.report import Finding, Report, Worker

VERSION = 1
"""Of the tables: a file of another one is not written to."""

REPOSITORY = {
    "repository": "VARCHAR PRIMARY KEY",
    "path": "VARCHAR",
    "kind": "VARCHAR",
    "result": "VARCHAR",
    "reason": "VARCHAR",
    "commit": "VARCHAR",
    "state": "VARCHAR",
    "scanned_by": "VARCHAR",
    "settings": "VARCHAR",
    "scanned_at": "TIMESTAMP",
    "run": "BIGINT",
    "seconds": "DOUBLE",
    "cpu": "DOUBLE",
    "memory": "BIGINT",
    "seconds_limit": "DOUBLE",
    "memory_limit": "BIGINT",
}
"""Of one repository, beside what its report says of it as a whole."""
RUN = {
    "run": "BIGINT PRIMARY KEY",
    "program": "VARCHAR",
    "input": "VARCHAR",
    "settings": "VARCHAR",
    "started": "TIMESTAMP",
    "ended": "TIMESTAMP",
    "repositories": "BIGINT",
    "scanned": "BIGINT",
    "unchanged": "BIGINT",
    "failed": "BIGINT",
}
_PLAIN = {int: "BIGINT", str: "VARCHAR", bool: "BOOLEAN", float: "DOUBLE"}


@cache
def whole() -> dict[str, str]:
    """The columns of a report that are no lists of workers or findings."""
    return {name: kind for name, kind in columns(Report).items() if name not in {"program", "workers", "findings"}}


def columns(shape: type) -> dict[str, str]:
    """The columns of a dataclass with their types in SQL."""
    hints = get_type_hints(shape)
    return {field.name: _sql(hints[field.name]) for field in fields(shape)}


def struct(shape: type, of: type = str) -> str:
    """A dataclass as one type of SQL; ``of`` is what its type variable stands for."""
    hints = get_type_hints(shape)
    return f"STRUCT({_listed({field.name: _sql(hints[field.name], of) for field in fields(shape)})})"


def _sql(hint: Any, of: type = str) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(hint, TypeVar):
        return _PLAIN[of]
    if hint in _PLAIN:
        return _PLAIN[hint]
    if origin in {Union, UnionType}:
        return _sql(next(one for one in arguments if one is not type(None)), of)
    if origin is tuple:
        return f"{_sql(arguments[0])}[]"
    if origin is Literal:
        return "VARCHAR"
    shape: type = origin or hint
    if not is_dataclass(shape):
        raise TypeError(f"no type of SQL for {hint!r}")
    return struct(shape, *arguments)


def created() -> list[str]:
    """The statements that make the tables."""
    repository = {**REPOSITORY, **whole()}
    return [
        "CREATE TABLE about (key VARCHAR PRIMARY KEY, value VARCHAR)",
        f"CREATE TABLE runs ({_listed(RUN)})",
        f"CREATE TABLE repositories ({_listed(repository)})",
        f"CREATE TABLE workers (repository VARCHAR, number BIGINT, {_listed(columns(Worker))})",
        f"CREATE TABLE findings (repository VARCHAR, number BIGINT, {_listed(columns(Finding))})",
    ]


def _listed(named: dict[str, str]) -> str:
    return ", ".join(f'"{name}" {kind}' for name, kind in named.items())
