"""From a project that was resolved to a report."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Any, TypeAlias

from flake8_celery_oom import __version__, discover
from flake8_celery_oom.analysis.loads import Loaded, follows_cpus, loaded
from flake8_celery_oom.api.report import Finding, Place, Related, Report, Setting
from flake8_celery_oom.api.report import Worker as Reported
from flake8_celery_oom.core import findings as core
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import HostCpus, Project, Worker
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.fingerprint import fingerprints
from flake8_celery_oom.formats.inventory import distinct, findings_of, memory_of
from flake8_celery_oom.formats.json import cpus_text, version_text
from flake8_celery_oom.formats.text import printable
from flake8_celery_oom.masking import masked
from flake8_celery_oom.reliance.questions import BINARY_HEAD
from flake8_celery_oom.workspace import Workspace

Owners: TypeAlias = Callable[[str], tuple[str, ...]]
"""Who owns a path."""


def report_of(workspace: Workspace, owners: Owners, problem: str = "") -> Report:
    """What was found in a project, whole."""
    if not may_use_celery(workspace):
        return _without_celery(workspace, problem)
    project, findings, summary = workspace.project(), workspace.findings(), workspace.summary()
    return Report(
        program=__version__,
        files=summary.files,
        unknown=summary.unknown,
        unread=summary.unread,
        unread_folders=summary.unread_folders,
        unread_submodules=summary.unread_submodules,
        unread_links=summary.unread_links,
        suppressed=summary.suppressed,
        baselined=summary.baselined,
        uses_celery=bool(project.workers or project.apps or project.launchers),
        blind=bool(summary.without_worker),
        problem=_line(problem),
        workers=tuple(_workers(project, findings, owners)),
        findings=tuple(
            _finding(one, fingerprint, owners)
            for one, fingerprint in zip(findings, fingerprints(findings), strict=True)
        ),
    )


def may_use_celery(workspace: Workspace) -> bool:
    """Whether a file speaks of Celery, or may start a worker without saying so; also where one could not be read.

    Where none does, there is neither app nor worker nor finding: nothing has to be resolved to know that.
    """
    root = str(workspace.root)
    for path in workspace.files:
        if not discover.is_candidate(path):
            continue
        data = discover.read_bytes(root, path, noted=False)
        if data is None or discover.mentions_celery(data) or b"\0" in data[:BINARY_HEAD]:
            return True
        if discover.is_python(path) and discover.may_be_a_worker(data):
            return True
        if discover.mentions_suppression(data):
            return True
    return False


def _without_celery(workspace: Workspace, problem: str) -> Report:
    folders, submodules, links = workspace.unseen()
    return Report(
        program=__version__,
        files=len(workspace.files),
        unknown=0,
        unread=0,
        unread_folders=folders,
        unread_submodules=submodules,
        unread_links=links,
        suppressed=0,
        baselined=0,
        uses_celery=False,
        blind=False,
        problem=_line(problem),
        workers=(),
        findings=(),
    )


def _line(text: str) -> str:
    return printable(masked(text))


def _workers(project: Project, findings: Sequence[core.Finding], owners: Owners) -> list[Reported]:
    groups = {id(worker): group for group in loaded(project) for worker in group.workers}
    shown = {id(worker) for worker in distinct(project.workers, project)} if project.workers else set()
    order = sorted(project.workers, key=lambda one: (one.at, one.via, one.name, one.command_at))
    return [_worker(worker, groups[id(worker)], findings, owners, shown) for worker in order]


def _worker(
    worker: Worker, group: Loaded, findings: Sequence[core.Finding], owners: Owners, shown: Container[int]
) -> Reported:
    memory = memory_of(group)
    pool: Value[str] = Known("prefork", None, "default") if isinstance(worker.pool, Unset) else worker.pool
    most, least = _bounds(worker.autoscale)
    return Reported(
        path=_line(worker.at.path),
        line=worker.at.line,
        end_line=worker.at.end_line,
        column=worker.at.column,
        kind=worker.kind,
        name=_line(worker.name),
        via=tuple(Place(_line(at.path), at.line) for at in worker.via),
        app=_line(worker.app_name) if worker.app_name else None,
        celery_version=version_text(worker.version),
        pool=_setting(pool),
        concurrency=_setting(worker.concurrency),
        autoscale_min=_setting(least),
        autoscale_max=_setting(most),
        max_tasks_per_child=_setting(worker.max_tasks_per_child),
        max_memory_per_child=_setting(worker.max_memory_per_child),
        prefetch_multiplier=_setting(worker.prefetch_multiplier),
        beat=_setting(worker.beat),
        memory_limit=_setting(worker.memory_limit),
        per_cpu=follows_cpus(worker) and memory.per_cpu is not None,
        cpu_need=memory.per_cpu.child if memory.per_cpu is not None else None,
        most_cpus=memory.per_cpu.enough if memory.per_cpu is not None else None,
        need_idle=memory.need.idle,
        need_tight=memory.need.tight,
        need_safe=memory.need.safe,
        verdict=memory.verdict or "unknown",
        bound=memory.bound,
        beside=tuple(_line(f"{one.at.path}:{one.at.line} {one.name}") for one in group.workers if one is not worker),
        leads=next((one for one in group.workers if id(one) in shown), None) is worker,
        counted=id(worker) in shown,
        findings=tuple(sorted({one.code for one in findings_of(worker, findings)})),
        owners=owners(worker.at.path),
    )


def _bounds(value: Value[tuple[int, int]]) -> tuple[Value[int], Value[int]]:
    """The maximum and the minimum of autoscale."""
    match value:
        case Known((most, least), at, origin):
            return Known(most, at, origin), Known(least, at, origin)
        case Unknown(cause, at, (most, least), origin):
            return Unknown(cause, at, most, origin), Unknown(cause, at, least, origin)
        case Unknown(cause, at, _, origin):
            return Unknown(cause, at, None, origin), Unknown(cause, at, None, origin)
        case _:
            return Unset(), Unset()


def _setting(value: Value[Any]) -> Setting[Any]:
    match value:
        case Unset():
            return Setting("unset")
        case Known(HostCpus() as cpus, at, origin):
            return Setting("unknown", origin=origin, reason=_line(cpus_text(cpus)), **_at(at))
        case Known(known, at, origin):
            return Setting("known", _plain(known), origin=origin, **_at(at))
        case Unknown(cause, at, HostCpus() as cpus, origin):
            return Setting("unknown", origin=origin, reason=_line(cpus_text(cpus)), **_at(at))
        case Unknown(cause, at, default, origin):
            return Setting("unknown", None, _plain(default), origin, reason=_line(cause.text), **_at(at))


def _plain(value: Any) -> Any:
    """A value as it can be stored: texts in one line, numbers as far as a database has them."""
    if isinstance(value, str):
        return _line(value)
    if isinstance(value, bool) or value is None:
        return value
    return max(-(2**63), min(2**63 - 1, int(value)))


def _at(at: Location | None) -> dict[str, Any]:
    return {"path": _line(at.path), "line": at.line} if at is not None else {}


def _finding(finding: core.Finding, fingerprint: str, owners: Owners) -> Finding:
    fix = finding.fix
    return Finding(
        fingerprint=fingerprint,
        code=finding.code,
        name=finding.name,
        severity=finding.severity,
        path=_line(finding.at.path),
        line=finding.at.line,
        column=finding.at.column,
        end_line=finding.at.end_line,
        end_column=finding.at.end_column,
        message=_line(finding.message),
        places=finding.places,
        related=tuple(Related(_line(one.at.path), one.at.line, _line(one.message)) for one in finding.related),
        fix=_line(fix.title) if fix is not None else None,
        fix_safety=fix.safety if fix is not None else None,
        owners=owners(finding.at.path),
    )
