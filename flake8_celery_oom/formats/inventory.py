"""The inventory of workers, ready to be shown: what each will run with, what that needs, and where it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from flake8_celery_oom.analysis import budget
from flake8_celery_oom.analysis.budget import Need, Plan, Verdict
from flake8_celery_oom.analysis.loads import MOST_CPUS, Loaded, follows_cpus, idle_exceeds, loaded, most_cpus
from flake8_celery_oom.analysis.readings import own_processes
from flake8_celery_oom.analysis.weights import counted
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.quoting import quoted_name
from flake8_celery_oom.core.results import HostCpus, Project, Worker
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.formats.names import shown_names
from flake8_celery_oom.formats.text import View, from_root, printable
from flake8_celery_oom.masking import masked
from flake8_celery_oom.quantity import human_bytes, human_kib

Bound: TypeAlias = Literal["bounded", "unbounded", "unknown"]
"""Whether something bounds what tasks add to the processes of a container."""

SOURCES = {
    "cli": "command line",
    "env": "environment",
    "settings": "settings",
    "autoscale": "autoscale maximum",
    "default": "default",
    "limit": "",
}
"""Where a value comes from, for people."""

TASKS_OF = {"gevent": "greenlets", "eventlet": "greenlets", "threads": "threads"}
"""What runs the tasks of a pool without child processes."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One value of a worker: its name, what it is, and where that is written, or why it is not known."""

    name: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class PerCpu:
    """What a worker needs whose children are as many as the CPUs of its host, in bytes: at least, when idle.

    ``enough`` is the number of CPUs above which it exceeds the limit of its container, where it has one.
    """

    main: int
    child: int
    enough: int | None
    is_weighed: bool = False

    def text(self, limit: int | None) -> str:
        """The need in words."""
        least = "" if self.is_weighed else "at least "
        each = f"{least}{human_bytes(self.main)} + {human_bytes(self.child)} per host CPU"
        if not limit or self.enough is None or self.enough > MOST_CPUS:
            return each
        return f"{each} of {human_bytes(limit)}: exceeds above {self.enough} CPUs"


@dataclass(frozen=True, slots=True)
class Memory:
    """What the workers of one container need against its limit, all in bytes; None where that cannot be told.

    ``main`` is the part of ``need.idle`` that is not the children's. ``assumed``: a default was counted that the
    environment may change. ``counted`` names what was weighed. ``per_cpu`` is set for a worker that starts a child for
    every CPU of the host.
    """

    need: Need
    main: int | None
    limit: int | None
    verdict: Verdict | None
    bound: Bound
    assumed: bool
    counted: str
    per_cpu: PerCpu | None = None

    @property
    def most(self) -> int | None:
        """The least that is needed when every child is at its peak; when idle, where nothing bounds the peak."""
        return self.need.idle if self.need.tight is None else self.need.tight

    @property
    def text(self) -> str:
        """The need in words: ``539 MiB of 480 MiB: exceeds``."""
        idle, tight, safe = self.need.idle, self.need.tight, self.need.safe
        if idle is None:
            return "unknown" if self.per_cpu is None else self.per_cpu.text(self.limit)
        of = f" of {human_bytes(self.limit)}" if self.limit else ""
        if self.verdict == "exceeds":
            exceeded = "idle, exceeds" if idle > (self.limit or 0) else "exceeds"
            return f"{human_bytes(idle if idle > (self.limit or 0) else tight or 0)}{of}: {exceeded}"
        if tight is None or safe is None:
            return f"{human_bytes(idle)} idle{of}, then {self.bound}"
        return f"{human_bytes(tight)} to {human_bytes(safe)}{of}" + (f": {self.verdict}" if self.verdict else "")


@dataclass(frozen=True, slots=True)
class Entry:
    """One worker for people. ``beside`` are the workers that certainly run in the same container.

    ``leads``: it is the first of these, where the container's sum is said.
    """

    name: str
    where: str
    pool: str
    processes: str
    recycling: str
    limit: str
    memory: Memory
    beside: tuple[str, ...]
    origins: tuple[Origin, ...]
    findings: tuple[Finding, ...]
    unknown: int
    leads: bool = True


def entries(
    workers: Iterable[Worker], project: Project, findings: Sequence[Finding] = (), view: View = from_root
) -> list[Entry]:
    """An entry for each process that can run at the same time, in the order of their places.

    A script or program of a supervisor that other places run is no process of its own beside them, and the ways
    through a script that come to the same are one.
    """
    return [entry for _, entry in _distinct(workers, project, findings, view)]


def distinct(workers: Iterable[Worker], project: Project) -> list[Worker]:
    """The workers that :func:`entries` shows."""
    return [worker for worker, _ in _distinct(workers, project, (), from_root)]


def _distinct(
    workers: Iterable[Worker], project: Project, findings: Sequence[Finding], view: View
) -> list[tuple[Worker, Entry]]:
    groups = {id(worker): group for group in loaded(project) for worker in group.workers}
    chosen = sorted(workers, key=lambda worker: (worker.at, worker.via, worker.name, worker.command_at))
    found: dict[object, tuple[Worker, Entry]] = {}
    for worker in own_processes(chosen):
        entry = _shown(_entry(worker, groups[id(worker)], findings, view))
        same = (entry.name, entry.where, entry.pool, entry.processes, entry.recycling, entry.memory)
        found.setdefault(id(worker) if entry.beside else same, (worker, entry))
    return list(found.values())


def _shown(entry: Entry) -> Entry:
    """The entry without secrets, control characters, and characters that turn the direction of a text."""

    def clean(text: str) -> str:
        return printable(masked(text))

    return replace(
        entry,
        name=clean(entry.name),
        where=clean(entry.where),
        pool=clean(entry.pool),
        processes=clean(entry.processes),
        recycling=clean(entry.recycling),
        limit=clean(entry.limit),
        origins=tuple(replace(one, value=clean(one.value), source=clean(one.source)) for one in entry.origins),
        beside=tuple(map(clean, entry.beside)),
    )


def memory_of(group: Loaded) -> Memory:
    """What the workers of a group need together."""
    plans = group.plans
    judged, per_cpu = group.need, _per_cpu(group)
    if per_cpu is not None and not idle_exceeds(group):
        judged = budget.UNKNOWN
    mains = [budget.main_process(plan) for plan in plans]
    return Memory(
        need=judged,
        main=sum(main or 0 for main in mains) if judged.idle is not None else None,
        limit=group.limit,
        verdict=budget.verdict(judged, group.limit) if group.limit and judged.idle is not None else None,
        bound=_bound(group, judged),
        assumed=group.assumed,
        counted=counted(max(plans, key=lambda plan: len(plan.imports))),
        per_cpu=per_cpu,
    )


def _per_cpu(group: Loaded) -> PerCpu | None:
    pairs = list(zip(group.workers, group.plans, strict=True))
    following = [plan for worker, plan in pairs if follows_cpus(worker) and budget.child_weight(plan) is not None]
    if not following:
        return None
    one = budget.together(budget.need(replace(plan, concurrency=1)) for plan in following).idle
    others = sum(budget.need(plan).idle or 0 for worker, plan in pairs if not follows_cpus(worker))
    child = sum((budget.child_weight(plan) or 0) * plan.copies for plan in following)
    return PerCpu(one - child + others, child, most_cpus(group), group.is_weighed) if one is not None else None


def findings_of(worker: Worker, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings whose place is the worker's, or its celery command's; those of several places at one of them."""
    own = (worker.at, worker.command_at)
    return tuple(one for one in findings if any(place.touches(at) for place in _places(one) for at in own))


def _places(finding: Finding) -> Iterator[Location]:
    yield finding.at
    if finding.places > 1:
        yield from (related.at for related in finding.related)


def _bound(group: Loaded, judged: Need) -> Bound:
    if judged.safe is not None:
        return "bounded"
    pairs = zip(group.workers, group.plans, strict=True)
    bounds = [worker.max_memory_per_child for worker, plan in pairs if plan.pool not in budget.ONE_PROCESS]
    return "unknown" if any(isinstance(one, Unknown) and one.default is None for one in bounds) else "unbounded"


def _entry(worker: Worker, group: Loaded, findings: Sequence[Finding], view: View) -> Entry:
    number = next(number for number, one in enumerate(group.workers) if one is worker)
    values = (
        worker.pool,
        worker.concurrency,
        worker.max_tasks_per_child,
        worker.max_memory_per_child,
        worker.memory_limit,
    )
    memory = memory_of(group)
    names = shown_names(group.workers)
    return Entry(
        name=names[number],
        where=_where(worker.at, view),
        pool=quoted_name(_plain(worker.pool)) if not isinstance(worker.pool, Unset) else "prefork",
        processes=_processes(worker, group.plans[number]),
        recycling=_recycling(worker, group.plans[number]),
        limit=_limit(worker.memory_limit),
        memory=memory,
        beside=tuple(name for name, one in zip(names, group.workers, strict=True) if one is not worker),
        origins=tuple(_origins(worker, memory, view)),
        findings=findings_of(worker, findings),
        unknown=sum(isinstance(value, Unknown) for value in values),
        leads=number == 0,
    )


def _where(at: Location, view: View) -> str:
    return printable(f"{view(at.path)}:{at.line}")


# --- cells ------------------------------------------------------------------------------------------------------------


def _plain(value: Value[Any], unit: str = "") -> str:
    """A value in few characters; one with ``?`` applies when the environment does not say otherwise."""
    match value:
        case Unset():
            return "none"
        case Known(HostCpus()):
            return "host CPUs"
        case Known(known):
            return printable(f"{known}{unit}")
        case Unknown(default=None):
            return "?"
        case Unknown(default=HostCpus()):
            return "host CPUs?"
        case Unknown(default=default):
            return printable(f"{default}{unit}?")


def _processes(worker: Worker, plan: Plan) -> str:
    """``1 + 4``: the main process and its children; ``1 (100 greenlets)`` for a pool without children."""
    count = "host CPUs" if isinstance(worker.concurrency, Unset) else _plain(worker.concurrency)
    if plan.pool in budget.ONE_PROCESS:
        shown = f"1 ({count} {TASKS_OF[plan.pool]})" if plan.pool in TASKS_OF else "1"
    elif plan.pool != "prefork":
        return "?" if count == "?" else f"? ({count})"
    elif isinstance(worker.autoscale, Known):
        most, least = worker.autoscale.value
        shown = f"1 + {least}..{most}"
    else:
        shown = f"1 + {count}"
    shown = f"{shown} + beat" if plan.beat else shown
    return f"{plan.copies} x ({shown})" if plan.copies > 1 else shown


def _recycling(worker: Worker, plan: Plan) -> str:
    """When a child is replaced: ``at 391 MiB, after 200 tasks``."""
    if plan.pool in budget.ONE_PROCESS:
        return f"none ({plan.pool})"
    parts = []
    for value, form in ((worker.max_memory_per_child, _at_kib), (worker.max_tasks_per_child, _after_tasks)):
        match value:
            case Known(number) if number:
                parts.append(form(number))
            case Unknown(default=None):
                parts.append("?")
            case Unknown(default=number):
                parts.append(f"{form(number or 0)}?")
            case _:
                continue
    return ", ".join(dict.fromkeys(parts)) or "never"


def _at_kib(kib: int) -> str:
    return f"at {human_kib(kib)}"


def _after_tasks(tasks: int) -> str:
    return f"after {tasks} {'task' if tasks == 1 else 'tasks'}"


def _limit(limit: Value[int]) -> str:
    match limit:
        case Known(value):
            return human_bytes(value)
        case Unknown(default=int(value)):
            return f"{human_bytes(value)}?" if value else "none?"
        case _:
            return _plain(limit)


# --- origins ----------------------------------------------------------------------------------------------------------


def _origins(worker: Worker, memory: Memory, view: View) -> Iterator[Origin]:
    version = worker.version
    if worker.app_name:
        at = worker.app.at if worker.app is not None else None
        yield Origin("app", printable(worker.app_name), _where(at, view) if at is not None else "not in this project")
    if version.specifier:
        yield Origin("celery", version.specifier.removeprefix("=="), _where(version.at, view) if version.at else "")
    pool: Value[Any] = Known("prefork", None, "default") if isinstance(worker.pool, Unset) else worker.pool
    yield Origin("pool", quoted_name(_plain(pool)), _source(pool, view))
    if isinstance(worker.concurrency, Unset):
        yield Origin("concurrency", "host CPUs", f"default; {_looked_at(worker.concurrency, view)}")
    else:
        yield _origin("concurrency", worker.concurrency, view)
    if isinstance(worker.autoscale, Known):
        most, least = worker.autoscale.value
        yield Origin("autoscale", f"{least} to {most}", _source(worker.autoscale, view))
    yield _origin("max-memory-per-child", worker.max_memory_per_child, view, " KiB")
    yield _origin("max-tasks-per-child", worker.max_tasks_per_child, view)
    if isinstance(worker.beat, Known) and worker.beat.value:
        yield Origin("beat", "yes", _source(worker.beat, view))
    yield Origin("memory limit", _limit(worker.memory_limit), _source(worker.memory_limit, view))
    if memory.need.idle is not None or memory.per_cpu is not None:
        yield Origin("need", memory.text, _reckoned(memory))
    if worker.via:
        yield Origin("started through", "", " -> ".join(_where(at, view) for at in worker.via))


def _origin(name: str, value: Value[Any], view: View, unit: str = "") -> Origin:
    return Origin(name, _plain(value, unit), _source(value, view))


def _source(value: Value[Any], view: View) -> str:
    """Where a value is written: ``settings, shop/settings.py:8``; for one that is not known also why."""
    match value:
        case Unset():
            return _looked_at(value, view)
        case Known(known, at, origin):
            detail = known.source if isinstance(known, HostCpus) else ""
        case Unknown(cause, at, _, origin):
            detail = cause.text
    place = _where(at, view) if at is not None else ""
    return printable(", ".join(part for part in (detail, SOURCES[origin], place) if part))


def _looked_at(value: Unset, view: View) -> str:
    places = [view(place) if place.endswith(".py") else place for place in value.looked_at]
    return printable(f"looked at {', '.join(places)}") if places else ""


def _reckoned(memory: Memory) -> str:
    parts = [f"at least {human_bytes(memory.need.idle)} when idle"] if memory.need.idle is not None else []
    parts.append(f"weighed as {memory.counted}")
    parts += ["the environment may set other numbers"] if memory.assumed else []
    return "; ".join(parts)
