"""The inventory of workers for people: one row a worker, each value with where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flake8_celery_oom.formats.text import path_from_here, printable
from flake8_celery_oom.model import HostCpus, Known, Location, Unknown, Unset, Value, Worker
from flake8_celery_oom.rules.wording import amount

HEADINGS = ("worker", "where", "pool", "processes", "recycling", "limit")


def rows(workers: Iterable[Worker], prefix: str = "") -> list[tuple[str, ...]]:
    """One row a worker, in the order of the places."""
    ordered = sorted(workers, key=lambda worker: (worker.at, worker.via, worker.name))
    return [_row(worker, prefix) for worker in ordered]


def plain(table: Sequence[Sequence[str]]) -> str:
    """The rows under their headings, aligned with blanks."""
    lines = [HEADINGS, *table]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n" for line in lines
    )


def _row(worker: Worker, prefix: str) -> tuple[str, ...]:
    name = worker.name or worker.app_name or "-"
    pool = worker.pool if not isinstance(worker.pool, Unset) else Known("prefork", None, "default")
    recycling = [
        _cell(value, worker, prefix, unit)
        for value, unit in ((worker.max_tasks_per_child, " tasks"), (worker.max_memory_per_child, " KiB"))
        if not isinstance(value, Unset)
    ]
    return (
        printable(name),
        _where(worker.at, prefix),
        _cell(pool, worker, prefix),
        _processes(worker, prefix),
        ", ".join(recycling) or "none",
        _limit(worker.memory_limit, worker, prefix),
    )


def _processes(worker: Worker, prefix: str) -> str:
    if isinstance(worker.concurrency, Unset):
        return "host CPUs (default)"
    return _cell(worker.concurrency, worker, prefix)


def _limit(limit: Value[int], worker: Worker, prefix: str) -> str:
    match limit:
        case Known(value, at, origin):
            return _with_origin(amount(value), at, origin, worker, prefix)
        case Unset() | Unknown():
            return _cell(limit, worker, prefix)


def _cell(value: Value[Any], worker: Worker, prefix: str, unit: str = "") -> str:
    match value:
        case Unset():
            return "none"
        case Known(HostCpus() as cpus, at, origin):
            return _with_origin(f"host CPUs {cpus.source}".strip(), at, origin, worker, prefix)
        case Known(known, at, origin):
            return _with_origin(f"{known}{unit}", at, origin, worker, prefix)
        case Unknown(_, at, default, origin):
            if isinstance(default, HostCpus):
                default = f"host CPUs {default.source}".strip()
            text = "unknown" if default is None else f"unknown, else {default}{unit}"
            return _with_origin(text, at, origin, worker, prefix)


def _with_origin(text: str, at: Location | None, origin: str, worker: Worker, prefix: str) -> str:
    """``4 (cli)`` when the value stands in the lines of the worker, else ``4 (settings proj/settings.py:8)``."""
    said = "" if origin == "limit" else origin
    if at and not (at.path == worker.at.path and worker.at.line <= at.line <= worker.at.end_line):
        said = f"{said} {_where(at, prefix)}".strip()
    return printable(f"{text} ({said})" if said else text)


def _where(at: Location, prefix: str) -> str:
    return printable(f"{path_from_here(at.path, prefix)}:{at.line}")
