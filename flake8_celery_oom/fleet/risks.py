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


@dataclass(frozen=True, slots=True)
class Item:
    """One danger at one place. ``subject`` is the worker, or the code of a finding; ``teams`` own it."""

    risk: RiskKey
    repository: str
    path: str
    line: int
    subject: str
    text: str
    teams: tuple[str, ...]
    fix: str | None = None
    fix_safety: str | None = None

    @property
    def rank(self) -> int:
        """Where its kind stands: 0 is the surest loss."""
        return _RANK[self.risk]

    @property
    def same(self) -> tuple[str, ...]:
        """What stays the same of it from one run to the next."""
        if self.subject.startswith("CO"):
            return self.risk, self.repository, self.path, self.subject, self.text
        return self.risk, self.repository, self.path, self.subject


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
    return sorted(found, key=lambda one: (one.rank, one.repository, one.path, one.line, one.subject, one.text))


def _of_workers(rows: Iterable[Mapping[str, Any]], teams: Teams) -> Iterator[Item]:
    for row in rows:
        risk = _risk(row)
        if risk is None or not row["counted"] or not (row["leads"] or risk == "cpus"):
            continue
        owned = teams(row["repository"], row["path"], row["owners"])
        subject = row["name"] or row["app"] or "worker"
        yield Item(risk, row["repository"], row["path"], row["line"], subject, _said(risk, row), owned)


def _risk(row: Mapping[str, Any]) -> RiskKey | None:
    """The worst that can be said of a container, by its limit first."""
    limit = _applies(row["memory_limit"])
    if row["verdict"] == "exceeds":
        return "idle-over" if limit and (row["need_idle"] or 0) > limit else "over"
    if row["per_cpu"]:
        return "cpus"
    if row["verdict"] == "tight":
        return "tight"
    return "unbounded" if row["bound"] == "unbounded" and _applies(row["pool"]) == "prefork" else None


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
        needs = human_bytes(least or row["need_idle"] or 0)
        return f"needs {needs}{f' to {human_bytes(most)}' if most and most != least else ''}{of} at its peak{beside}"
    if risk == "cpus":
        each = f"{human_bytes(row['cpu_need'])} for every CPU of its host" if row["cpu_need"] else "a child per CPU"
        if not limit:
            return f"{each}, and no memory limit that is known"
        return f"{each}{of}" + (f": too much above {row['most_cpus']} CPUs" if row["most_cpus"] is not None else "")
    needs = f"needs {human_bytes(row['need_idle'])}{of} when idle, and more with every task" if row["need_idle"] else ""
    return (needs or f"grows with its tasks{f', limit {human_bytes(limit)}' if limit else ''}") + beside


def _of_findings(rows: Iterable[Mapping[str, Any]], with_workers: Container[str], teams: Teams) -> Iterator[Item]:
    for row in rows:
        if row["code"] in OF_WORKERS and row["repository"] in with_workers:
            continue
        risk = OF_CODES.get(row["code"]) or OF_WORKERS.get(row["code"], "other")
        owned = teams(row["repository"], row["path"], row["owners"])
        place = (row["repository"], row["path"], row["line"])
        yield Item(risk, *place, row["code"], row["message"], owned, row["fix"], row["fix_safety"])
