"""A results file as it is read: what was looked at, what was not, the dangers, and what would help most."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flake8_celery_oom.fleet.risks import RISKS, Item, RiskKey, Teams, by_owners, items
from flake8_celery_oom.fleet.store import opened_for_reading, rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NO_TEAM = "no team"
_WORKERS = """SELECT repository, path, line, kind, name, app, pool, max_memory_per_child,
    max_tasks_per_child, verdict, bound, need_idle, need_tight, need_safe, per_cpu,
    cpu_need, most_cpus, memory_limit, beside, leads, counted, owners FROM workers ORDER BY repository, number"""
_FINDINGS = "SELECT * FROM findings ORDER BY repository, number"
_FAILED = """SELECT repository, result, reason FROM repositories WHERE result <> 'scanned' ORDER BY repository"""
_HELP = """SELECT code, name, count(*) AS findings, sum(places) AS places, count(DISTINCT repository) AS repositories,
    count(*) FILTER (fix_safety = 'safe') AS safe, count(*) FILTER (fix_safety = 'unsafe') AS unsafe
    FROM findings GROUP BY code, name ORDER BY repositories DESC, findings DESC, code"""


@dataclass(frozen=True, slots=True)
class NotLookedAt:
    """A repository of which nothing is known, and why."""

    repository: str
    result: str
    reason: str


@dataclass(frozen=True, slots=True)
class Help:
    """What one kind of change would mend: so many findings of a rule, so many of them by a safe fix."""

    code: str
    name: str
    findings: int
    places: int
    repositories: int
    safe: int
    unsafe: int


@dataclass(frozen=True, slots=True)
class Danger:
    """One repository with what endangers it, the surest loss first."""

    repository: str
    items: tuple[Item, ...]

    @property
    def order(self) -> tuple[int, ...]:
        """How sure the loss is, and of how many: the largest is the worst."""
        real = Counter(item.risk for item in self.items if not item.is_local)
        local = Counter(item.risk for item in self.items if item.is_local)
        return tuple(counts[risk.key] for counts in (real, local) for risk in RISKS)

    @property
    def counts(self) -> dict[RiskKey, int]:
        """How many of each kind there are."""
        counts = Counter(item.risk for item in self.items)
        return {risk.key: counts[risk.key] for risk in RISKS if counts[risk.key]}


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole of a results file. ``counts`` are numbers of repositories, workers, files and values."""

    counts: dict[str, int]
    ended: str
    program: str
    not_looked_at: tuple[NotLookedAt, ...]
    blind: tuple[str, ...]
    unconfigured: tuple[tuple[str, str], ...]
    dangers: tuple[Danger, ...]
    help: tuple[Help, ...]
    scanned: frozenset[str] = field(repr=False)

    @property
    def items(self) -> tuple[Item, ...]:
        """All dangers, the surest loss first."""
        found = [item for danger in self.dangers for item in danger.items]
        return tuple(sorted(found, key=lambda one: one.rank))

    def by_risk(self) -> dict[RiskKey, list[Item]]:
        """The dangers of each kind, also of those of which there are none."""
        found: dict[RiskKey, list[Item]] = {risk.key: [] for risk in RISKS}
        for item in self.items:
            found[item.risk].append(item)
        return found

    def by_team(self) -> list[tuple[str, Counter[RiskKey]]]:
        """How many dangers of each kind a team has, the team with the surest losses first."""
        found: defaultdict[str, Counter[RiskKey]] = defaultdict(Counter)
        for item in self.items:
            for team in item.teams or (NO_TEAM,):
                found[team][item.risk] += 1
        order = {team: tuple(-counts[risk.key] for risk in RISKS) for team, counts in found.items()}
        return sorted(found.items(), key=lambda one: (order[one[0]], one[0]))


def overview(path: str, teams: Teams = by_owners) -> Overview:
    """Read a results file. Raises StoreError."""
    with opened_for_reading(path) as connection:
        return _overview(connection, teams)


def _overview(connection: DuckDBPyConnection, teams: Teams) -> Overview:
    about = rows(connection, "SELECT * FROM runs ORDER BY run DESC LIMIT 1")
    last: dict[str, Any] = about[0] if about else {"ended": None, "program": ""}
    names = rows(connection, "SELECT repository FROM repositories WHERE result = 'scanned'")
    blind = rows(connection, "SELECT repository FROM repositories WHERE blind ORDER BY repository")
    spoilt = rows(connection, "SELECT repository, problem FROM repositories WHERE problem <> '' ORDER BY repository")
    found = items(rows(connection, _WORKERS), rows(connection, _FINDINGS), teams)
    return Overview(
        counts=_counts(connection),
        ended=f"{last['ended']:%Y-%m-%d %H:%M} UTC" if last["ended"] else "",
        program=last["program"],
        not_looked_at=tuple(NotLookedAt(**row) for row in rows(connection, _FAILED)),
        blind=tuple(row["repository"] for row in blind),
        unconfigured=tuple((row["repository"], row["problem"]) for row in spoilt),
        dangers=_dangers(found),
        help=tuple(Help(**{**row, "places": int(row["places"])}) for row in rows(connection, _HELP)),
        scanned=frozenset(row["repository"] for row in names),
    )


def _dangers(found: Sequence[Item]) -> tuple[Danger, ...]:
    by_repository: defaultdict[str, list[Item]] = defaultdict(list)
    for item in found:
        by_repository[item.repository].append(item)
    dangers = [Danger(name, tuple(own)) for name, own in sorted(by_repository.items())]
    return tuple(sorted(dangers, key=lambda one: one.order, reverse=True))


def _counts(connection: DuckDBPyConnection) -> dict[str, int]:
    (first,) = rows(
        connection,
        """SELECT count(*) AS repositories, count(*) FILTER (result = 'scanned') AS scanned,
        count(*) FILTER (uses_celery) AS with_celery, coalesce(sum(files), 0) AS files,
        coalesce(sum(unknown), 0) AS unknown, coalesce(sum(unread), 0) AS unread,
        coalesce(sum(suppressed), 0) AS suppressed, coalesce(sum(baselined), 0) AS baselined FROM repositories""",
    )
    (second,) = rows(
        connection,
        """SELECT count(*) FILTER (counted) AS workers, count(*) FILTER (counted AND memory_limit.state = 'unset')
        AS without_limit, count(*) FILTER (counted AND verdict = 'fits') AS fitting FROM workers""",
    )
    (third,) = rows(connection, "SELECT count(*) AS findings FROM findings")
    return {name: int(value) for name, value in (first | second | third).items()}


# --- two of them ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between two results. Only repositories that both looked at are compared.

    ``lost`` were looked at before and are not now: of them nothing is known to be mended.
    """

    worse: tuple[Item, ...]
    mended: tuple[Item, ...]
    new_repositories: tuple[str, ...]
    gone: tuple[str, ...]
    lost: tuple[str, ...]
    before: dict[RiskKey, int]
    after: dict[RiskKey, int]


def change(before: Overview, after: Overview) -> Change:
    """Compare two results, the earlier first."""
    both = before.scanned & after.scanned
    failed = {one.repository for one in after.not_looked_at}
    return Change(
        worse=_only_in(after, before, both),
        mended=_only_in(before, after, both),
        new_repositories=tuple(sorted(after.scanned - before.scanned)),
        gone=tuple(sorted(before.scanned - after.scanned - failed)),
        lost=tuple(sorted(before.scanned & failed)),
        before={risk: len(own) for risk, own in before.by_risk().items()},
        after={risk: len(own) for risk, own in after.by_risk().items()},
    )


def _only_in(these: Overview, those: Overview, repositories: frozenset[str]) -> tuple[Item, ...]:
    """The dangers of one that the other has not, or only in a lesser kind."""
    others: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for item in those.items:
        others[item.same].append(item.rank)
    found = []
    for item in these.items:
        if item.repository not in repositories:
            continue
        ranks = others[item.same]
        as_bad = next((rank for rank in ranks if rank <= item.rank), None)
        if as_bad is None:
            found.append(item)
        else:
            ranks.remove(as_bad)
    return tuple(found)
