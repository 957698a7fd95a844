"""The inventory of workers for people: one row a worker, each value with where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flake8_celery_oom.formats.text import View, from_root, printable
from flake8_celery_oom.model import HostCpus, Known, Location, Unknown, Unset, Value, Worker
from flake8_celery_oom.quantity import human_bytes

HEADINGS = ("worker", "where", "pool", "processes", "recycling", "limit")


def rows(workers: Iterable[Worker], view: View = from_root) -> list[tuple[str, ...]]:
    """One row a worker, in the order of the places."""
    ordered = sorted(workers, key=lambda worker: (worker.at, worker.via, worker.name))
    return [_row(worker, view) for worker in ordered]


def plain(table: Sequence[Sequence[str]]) -> str:
    """The rows under their headings, aligned with blanks."""
    lines = [HEADINGS, *table]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n" for line in lines
    )


def _row(worker: Worker, view: View) -> tuple[str, ...]:
    name = worker.name or worker.app_name or "-"
    pool = worker.pool if not isinstance(worker.pool, Unset) else Known("prefork", None, "default")
    recycling = [
        _cell(value, worker, view, unit)
        for value, unit in ((worker.max_tasks_per_child, " tasks"), (worker.max_memory_per_child, " KiB"))
        if not isinstance(value, Unset)
    ]
    return (
        printable(name),
        _where(worker.at, view),
        _cell(pool, worker, view),
        _processes(worker, view),
        ", ".join(recycling) or "none",
        _limit(worker.memory_limit, worker, view),
    )


def _processes(worker: Worker, view: View) -> str:
    if isinstance(worker.concurrency, Unset):
        return "host CPUs (default)"
    return _cell(worker.concurrency, worker, view)


def _limit(limit: Value[int], worker: Worker, view: View) -> str:
    match limit:
        case Known(value, at, origin):
            return _with_origin(human_bytes(value), at, origin, worker, view)
        case Unset() | Unknown():
            return _cell(limit, worker, view)


def _cell(value: Value[Any], worker: Worker, view: View, unit: str = "") -> str:
    match value:
        case Unset():
            return "none"
        case Known(HostCpus() as cpus, at, origin):
            return _with_origin(f"host CPUs {cpus.source}".strip(), at, origin, worker, view)
        case Known(known, at, origin):
            return _with_origin(f"{known}{unit}", at, origin, worker, view)
        case Unknown(_, at, default, origin):
            if isinstance(default, HostCpus):
                default = f"host CPUs {default.source}".strip()
            text = "unknown" if default is None else f"unknown, else {default}{unit}"
            return _with_origin(text, at, origin, worker, view)


def _with_origin(text: str, at: Location | None, origin: str, worker: Worker, view: View) -> str:
    """``4 (cli)`` when the value stands in the lines of the worker, else ``4 (settings proj/settings.py:8)``."""
    said = "" if origin == "limit" else origin
    if at and not (at.path == worker.at.path and worker.at.line <= at.line <= worker.at.end_line):
        said = f"{said} {_where(at, view)}".strip()
    return printable(f"{text} ({said})" if said else text)


def _where(at: Location, view: View) -> str:
    return printable(f"{view(at.path)}:{at.line}")
