"""Workers for programs: one JSON object, sorted, the same bytes for the same input."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from flake8_celery_oom.analysis.loads import Loaded, loaded
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.quoting import quoted_name
from flake8_celery_oom.core.results import CeleryVersion, HostCpus, Project, Worker
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.formats.inventory import findings_of, memory_of
from flake8_celery_oom.formats.text import View, from_root
from flake8_celery_oom.masking import masked

VERSION = 1


def workers_document(
    workers: Iterable[Worker], project: Project, findings: Sequence[Finding] = (), view: View = from_root
) -> list[dict[str, Any]]:
    """The workers of a project as JSON values: what each will run with, and where that is written.

    ``max_memory_per_child`` is KiB, ``memory_limit`` and ``need`` are bytes. ``findings`` are the codes reported at the
    worker. ``need`` and ``verdict`` are those of all workers that certainly run in the same container: this one and
    those ``beside`` it.
    """
    groups = {id(worker): group for group in loaded(project) for worker in group.workers}
    return [_worker(worker, groups[id(worker)], findings, view) for worker in sorted(workers, key=_order)]


def workers_output(workers: Sequence[dict[str, Any]]) -> str:
    """The output of ``celery-oom workers --format json``."""
    return _dump({"version": VERSION, "workers": [_without_secrets(one) for one in workers]})


def _without_secrets(value: Any) -> Any:
    match value:
        case str():
            return masked(value)
        case dict():
            return {key: _without_secrets(inner) for key, inner in value.items()}
        case list():
            return [_without_secrets(inner) for inner in value]
        case _:
            return value


def _worker(worker: Worker, group: Loaded, findings: Sequence[Finding], view: View) -> dict[str, Any]:
    memory = memory_of(group)
    pool: Value[str] = Known("prefork", None, "default") if isinstance(worker.pool, Unset) else worker.pool
    limit = _value(worker.memory_limit, view)
    limit.pop("from", None)
    return {
        **_place(worker.at, view),
        "end_line": worker.at.end_line,
        "column": worker.at.column,
        "kind": worker.kind,
        "name": worker.name,
        "via": [_place(at, view) for at in worker.via],
        "app": worker.app_name,
        "celery_version": version_text(worker.version),
        "pool": _value(pool, view),
        "concurrency": _value(worker.concurrency, view),
        "max_tasks_per_child": _value(worker.max_tasks_per_child, view),
        "max_memory_per_child": _value(worker.max_memory_per_child, view),
        "memory_limit": limit,
        "need": {"idle": memory.need.idle, "tight": memory.need.tight, "safe": memory.need.safe},
        "verdict": memory.verdict or "unknown",
        "beside": [{**_place(one.at, view), "name": one.name} for one in group.workers if one is not worker],
        "findings": sorted({one.code for one in findings_of(worker, findings)}),
    }


def _value(value: Value[Any], view: View) -> dict[str, Any]:
    match value:
        case Unset():
            return {"state": "unset"}
        case Known(HostCpus() as cpus, at, origin):
            shown: dict[str, Any] = {"state": "unknown", "reason": cpus_text(cpus), "from": origin}
        case Known(known, at, origin):
            named = quoted_name(known) if isinstance(known, str) else known
            shown = {"state": "known", "value": named, "from": origin}
        case Unknown(cause, at, default, origin):
            shown = {"state": "unknown", "reason": cause.text, "from": origin}
            if isinstance(default, HostCpus):
                shown["reason"] = cpus_text(default)
            elif default is not None:
                shown["default"] = default
    if at:
        shown["at"] = _place(at, view)
    return shown


def cpus_text(cpus: HostCpus) -> str:
    """Why a number is not known that is as large as the host."""
    return f"the CPU count of the host ({cpus.source})" if cpus.source else "the CPU count of the host"


def version_text(version: CeleryVersion) -> str | None:
    """A version as it is shown: ``5.4.0`` for an exact one, else the specifier; None where no file names one."""
    if "|" in version.specifier:
        return version.specifier
    return version.specifier.removeprefix("===").removeprefix("==") or None


def _place(at: Location, view: View) -> dict[str, Any]:
    return {"path": view(at.path), "line": at.line}


def _order(worker: Worker) -> tuple[Location, tuple[Location, ...], str, Location]:
    return worker.at, worker.via, worker.name, worker.command_at


def _dump(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"
