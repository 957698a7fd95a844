"""What endangers the workers of a fleet, the surest loss first: one item for each container, worker or finding."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from flake8_celery_oom.api.owners import Owners
from flake8_celery_oom.quantity import human_bytes

RiskKey: TypeAlias = Literal[
    "idle-over", "over", "cpus", "tight", "unbounded", "recycling", "dead", "leaky", "refused", "loop", "other"
]


@dataclass(frozen=True, slots=True)
class Risk:
    """A kind of danger: what it is called, and what it means for a worker."""

    key: RiskKey
    title: str
    meaning: str


RISKS = (
    Risk("idle-over", "over the limit when idle", "the processes do not fit before the first task: killed at once"),
    Risk("over", "over the limit at work", "the children may grow past the limit of their container: killed"),
    Risk("cpus", "grows with the host", "one child for every CPU: the larger the host, the sooner it is killed"),
    Risk("tight", "within the limit only while memory is shared", "fits only while the children share what they do"),
    Risk("unbounded", "grows without a bound", "no child is ever replaced, whatever it has taken"),
    Risk("recycling", "recycling has no effect", "a bound is set, and the pool does not keep it"),
    Risk("dead", "settings that do nothing", "a bound is written, and Celery does not read it, or not as meant"),
    Risk("refused", "does not start as meant", "Celery refuses the option or the configuration"),
    Risk("loop", "tasks that kill again and again", "a task that lost its worker is given to the next one"),
    Risk("leaky", "leaky releases", "a release with a known leak is installed"),
    Risk("other", "other findings", "what else was reported"),
)
OF_CONTAINERS: frozenset[RiskKey] = frozenset({"idle-over", "over", "tight"})
"""What is said of a container once, whatever runs in it."""
BY_KEY = {risk.key: risk for risk in RISKS}
_RANK = {risk.key: rank for rank, risk in enumerate(RISKS)}

OF_CODES: dict[str, RiskKey] = {
    "CO205": "recycling",
    "CO106": "dead", "CO203": "dead", "CO204": "dead", "CO206": "dead",
    "CO104": "refused", "CO107": "refused", "CO207": "refused", "CO208": "refused", "CO103": "refused",
    "CO403": "loop", "CO501": "leaky",
}  # fmt: skip
OF_WORKERS: dict[str, RiskKey] = {
    "CO101": "cpus", "CO102": "cpus", "CO201": "unbounded", "CO202": "unbounded", "CO301": "over", "CO302": "idle-over",
    "CO303": "unbounded", "CO304": "tight",
}  # fmt: skip
"""Findings that say of a worker what its own item says: they count where no worker was found, only an app."""


LOCAL_KINDS = frozenset({"vscode", "pycharm", "tox", "workflow", "jenkinsfile", "tiltfile"})


@dataclass(frozen=True, slots=True)
class Item:
    """One danger at one place. ``subject`` is the worker, or the code of a finding; ``teams`` own it.

    ``kind`` is that of the file that starts the worker, empty for a finding.
    """

    risk: RiskKey
    repository: str
    path: str
    line: int
    subject: str
    text: str
    teams: tuple[str, ...]
    kind: str = ""
    fix: str | None = None
    fix_safety: str | None = None

    @property
    def rank(self) -> int:
        """Where its kind stands: 0 is the surest loss."""
        return _RANK[self.risk]

    @property
    def is_local(self) -> bool:
        """Whether an editor, a test or a pipeline starts the worker: it is nobody's loss but the developer's."""
        return self.kind in LOCAL_KINDS

    @property
    def same(self) -> tuple[str, ...]:
        """What stays the same of it from one run to the next: of a worker not how it is endangered."""
        place = (self.repository, self.path, self.subject)
        return (*place, self.kind) if self.kind else (*place, self.text)


Teams: TypeAlias = Callable[[str, str, Iterable[str]], tuple[str, ...]]
"""From a repository, a path in it and its owners by CODEOWNERS to the teams."""


def by_owners(_repository: str, _path: str, owners: Iterable[str]) -> tuple[str, ...]:
    """The teams are the owners."""
    return tuple(owners)


def by_mapping(text: str) -> Teams:
    """The teams by a file in the syntax of CODEOWNERS whose patterns match ``repository/path``; else the owners."""
    mapping = Owners(text)

    def teams(repository: str, path: str, owners: Iterable[str]) -> tuple[str, ...]:
        return mapping(f"{repository}/{path}") or tuple(owners)

    return teams


def items(workers: Iterable[Mapping[str, Any]], findings: Iterable[Mapping[str, Any]], teams: Teams) -> list[Item]:
    """The dangers of the rows of two tables, the surest loss first."""
    listed = list(workers)
    with_workers = {row["repository"] for row in listed}
    found = [*_of_workers(listed, teams), *_of_findings(findings, with_workers, teams)]
    return sorted(found, key=_order)


def _order(item: Item) -> tuple[object, ...]:
    place = (item.repository, item.path, item.line)
    return item.rank, item.is_local, *place, item.subject, item.text


def _of_workers(rows: Iterable[Mapping[str, Any]], teams: Teams) -> Iterator[Item]:
    for row in rows:
        risk = _risk(row)
        if risk is None or not row["counted"] or (risk in OF_CONTAINERS and not row["leads"]):
            continue
        owned = teams(row["repository"], row["path"], row["owners"])
        subject = row["name"] or row["app"] or "worker"
        yield Item(risk, row["repository"], row["path"], row["line"], subject, _said(risk, row), owned, row["kind"])


def _risk(row: Mapping[str, Any]) -> RiskKey | None:
    """The worst that can be said of a container, by its limit first."""
    limit = _applies(row["memory_limit"])
    if row["verdict"] == "exceeds":
        return "idle-over" if limit and (row["need_idle"] or 0) > limit else "over"
    if row["per_cpu"]:
        return "cpus"
    if row["verdict"] == "tight":
        return "tight"
    return "unbounded" if _applies(row["pool"]) == "prefork" and _never_recycles(row) else None


def _never_recycles(row: Mapping[str, Any]) -> bool:
    """Whether it is known that nothing replaces a child; 0 means never."""
    bounds = (row["max_memory_per_child"], row["max_tasks_per_child"])
    return all(one["state"] == "unset" or (one["state"] == "known" and not one["value"]) for one in bounds)


def _applies(setting: Mapping[str, Any]) -> Any:
    return setting["value"] if setting["value"] is not None else setting["default"]


def _said(risk: RiskKey, row: Mapping[str, Any]) -> str:
    limit = _applies(row["memory_limit"])
    of = f" of {human_bytes(limit)}" if limit else ""
    beside = f", with {len(row['beside'])} more in the container" if row["beside"] else ""
    if risk == "idle-over":
        return f"needs {human_bytes(row['need_idle'])}{of} when idle{beside}"
    if risk in {"over", "tight"}:
        least, most = row["need_tight"], row["need_safe"]
        upwards = f" to {human_bytes(most)}" if most and most != least else ""
        return f"needs {human_bytes(least or row['need_idle'] or 0)}{upwards}{of} at its peak{beside}"
    if risk == "cpus":
        return _said_per_cpu(row, limit, of)
    if not row["need_idle"]:
        return f"grows with its tasks{f', limit {human_bytes(limit)}' if limit else ''}{beside}"
    return f"needs at least {human_bytes(row['need_idle'])}{of} when idle, and more with every task{beside}"


def _said_per_cpu(row: Mapping[str, Any], limit: int | None, of: str) -> str:
    need = row["cpu_need"]
    each = f"at least {human_bytes(need)} for every CPU of its host" if need else "a child for every CPU of its host"
    if not limit:
        return f"{each}, and no memory limit that is known"
    return f"{each}{of}" + (f": too much above {row['most_cpus']} CPUs" if row["most_cpus"] is not None else "")


def _of_findings(rows: Iterable[Mapping[str, Any]], with_workers: Container[str], teams: Teams) -> Iterator[Item]:
    for row in rows:
        if row["code"] in OF_WORKERS and row["repository"] in with_workers:
            continue
        risk = OF_CODES.get(row["code"]) or OF_WORKERS.get(row["code"], "other")
        owned = teams(row["repository"], row["path"], row["owners"])
        place = (row["repository"], row["path"], row["line"])
        yield Item(risk, *place, row["code"], row["message"], owned, "", row["fix"], row["fix_safety"])
