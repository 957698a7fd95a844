"""The results of a fleet in one DuckDB file, or in one Parquet file with a DuckDB file beside it while a run writes.

Every batch of outcomes is one transaction: a run that is killed loses what was not written, and nothing twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flake8_celery_oom.api.report import Finding, Worker
from flake8_celery_oom.fleet import tables
from flake8_celery_oom.fleet.jobs import FAILED, Limits, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

PARQUET = ".parquet"
_HEAD = (
    "STRUCT(number BIGINT, name VARCHAR, path VARCHAR, result VARCHAR, reason VARCHAR, kind VARCHAR, commit VARCHAR, "
    "state VARCHAR, seconds DOUBLE, cpu DOUBLE, memory BIGINT"
)


class StoreError(Exception):
    """A results file that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What decides about a result beside the files of a repository.

    ``settings`` tell configurations apart that count for all repositories.
    """

    program: str
    settings: str
    limits: Limits


def connect(path: str | None, *, read_only: bool = False) -> DuckDBPyConnection:
    """A connection to a DuckDB file, None: to one in memory. Raises StoreError."""
    try:
        import duckdb
    except ImportError:
        raise StoreError("duckdb is not installed: pip install 'flake8-celery-oom[fleet]'") from None
    try:
        connection = duckdb.connect(path or ":memory:", read_only=read_only)
    except duckdb.Error as error:
        raise StoreError(f"{path}: {_why(str(error))}") from error
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _why(text: str) -> str:
    if "lock" in text.lower():
        return "another run writes to it"
    return f"is no file of results ({' '.join(text.split())[:200]})"


class Store:
    """A results file that one run writes."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._is_parquet = path.lower().endswith(PARQUET)
        self._work = f"{path}.part" if self._is_parquet else path
        is_new = not os.path.exists(self._work)
        try:
            self._connection = connect(self._work)
            self._connection.execute("SET threads = 1")  # what is written at a time is little
            if is_new or not self._has_tables():
                self._create()
                if self._is_parquet and os.path.exists(path):
                    with self._transaction():
                        load_parquet(self._connection, path)
            check_version(self._connection, path)
        except Exception as error:
            raise _unusable(path, error) from error
        self._run = 0

    def _has_tables(self) -> bool:
        return bool(self._connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'about'").fetchone())

    def _create(self) -> None:
        with self._transaction():
            for statement in tables.created():
                self._connection.execute(statement)
            self._connection.execute("INSERT INTO about VALUES ('version', ?)", [str(tables.VERSION)])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.begin()
        try:
            yield
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()

    def known(self, asked: Asked) -> dict[str, str]:
        """By repository the state in which it was looked at, where the same would come out again."""
        rows = self._connection.execute(
            """SELECT repository, state FROM repositories
            WHERE state <> '' AND scanned_by = ? AND settings = ? AND
                (result = 'scanned' OR (result IN ('timeout', 'memory') AND seconds_limit = ? AND memory_limit = ?))""",
            [asked.program, asked.settings, asked.limits.seconds, asked.limits.memory],
        )
        return dict(rows.fetchall())

    def begin(self, asked: Asked, given: str, count: int) -> None:
        """Note that a run over so many repositories begins."""
        (last,) = self._connection.execute("SELECT coalesce(max(run), 0) FROM runs").fetchone() or (0,)
        self._run = last + 1
        self._connection.execute(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, NULL, ?, 0, 0, 0)",
            [self._run, asked.program, given, asked.settings, _now(), count],
        )

    def write(self, outcomes: Sequence[Outcome], asked: Asked) -> None:
        """Write outcomes, all of them or none."""
        if not outcomes:
            return
        same = [one.name for one in outcomes if one.result == "unchanged"]
        changed = [one for one in outcomes if one.result != "unchanged"]
        failed = sum(one.result in FAILED for one in changed)
        with self._transaction():
            self._connection.execute(
                "UPDATE runs SET scanned = scanned + ?, unchanged = unchanged + ?, failed = failed + ? WHERE run = ?",
                [len(changed) - failed, len(same), failed, self._run],
            )
            if same:
                self._connection.execute(
                    "UPDATE repositories SET run = ? WHERE repository IN (SELECT unnest(?))", [self._run, same]
                )
            if changed:
                self._replace(changed, asked)

    def _replace(self, outcomes: Sequence[Outcome], asked: Asked) -> None:
        names = [one.name for one in outcomes]
        self._delete(names)
        documents = []
        for one in outcomes:
            head = {**asdict(one), "report": json.loads(one.body) if one.body else None}
            del head["body"], head["resident"]
            documents.append(head)
        run = self._connection.execute
        run(
            "CREATE OR REPLACE TEMP TABLE arrived AS SELECT unnest(CAST(CAST(? AS JSON) AS "
            + _arriving()
            + ")) AS one",
            [json.dumps(documents)],
        )
        whole = ", ".join(f'one.report."{name}"' for name in tables.whole())
        run(
            f"""INSERT INTO repositories SELECT one.name, one.path, one.kind, one.result, one.reason, one.commit,
            one.state, ?, ?, ?, ?, one.seconds, one.cpu, one.memory, ?, ?, {whole} FROM arrived ORDER BY one.number""",
            [asked.program, asked.settings, _now(), self._run, asked.limits.seconds, asked.limits.memory],
        )
        for table in ("workers", "findings"):
            run(
                f"""INSERT INTO {table} SELECT name, number, each.* FROM (SELECT one.name AS name, one.number AS place,
                unnest(one.report.{table}) AS each, generate_subscripts(one.report.{table}, 1) AS number FROM arrived)
                ORDER BY place, number"""
            )
        run("DROP TABLE arrived")

    def _delete(self, names: Sequence[str]) -> None:
        for table in ("repositories", "workers", "findings"):
            self._connection.execute(f"DELETE FROM {table} WHERE repository IN (SELECT unnest(?))", [list(names)])

    def end(self, names: Iterable[str]) -> int:
        """The run is complete: what is not among its repositories goes. Gives how many went."""
        wanted = set(names)
        rows = self._connection.execute("SELECT repository FROM repositories").fetchall()
        gone = [name for (name,) in rows if name not in wanted]
        with self._transaction():
            if gone:
                self._delete(gone)
            self._connection.execute("UPDATE runs SET ended = ? WHERE run = ?", [_now(), self._run])
        if self._is_parquet:
            save_parquet(self._connection, self.path)
            self._connection.close()
            os.unlink(self._work)
        return len(gone)

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0)


def _arriving() -> str:
    report = {**tables.whole(), "workers": f"{tables.struct(Worker)}[]", "findings": f"{tables.struct(Finding)}[]"}
    listed = ", ".join(f'"{name}" {kind}' for name, kind in {**report, "program": "VARCHAR"}.items())
    return f"{_HEAD}, report STRUCT({listed}))[]"


def _unusable(path: str, error: Exception) -> Exception:
    if isinstance(error, StoreError):
        return error
    if type(error).__module__.startswith(("duckdb", "_duckdb")):
        return StoreError(f"{path}: {_why(str(error))}")
    return error


def check_version(connection: DuckDBPyConnection, path: str) -> None:
    """Raises StoreError for a file of other tables."""
    row = connection.execute("SELECT value FROM about WHERE key = 'version'").fetchone()
    if row != (str(tables.VERSION),):
        raise StoreError(f"{path}: was written by another version of this program: scan into a new file")


# --- Parquet ----------------------------------------------------------------------------------------------------------


def save_parquet(connection: DuckDBPyConnection, path: str) -> None:
    """Write all as one Parquet file, in one step: a row a repository, its workers and findings as lists."""
    temporary = f"{path}.{os.getpid()}"
    inner = "(SELECT list({0} ORDER BY number) FROM {0} WHERE {0}.repository = repositories.repository)"
    lists = ", ".join(f"{inner.format(table)} AS {table}" for table in ("workers", "findings"))
    last = "(SELECT list(runs ORDER BY run) FROM runs) AS runs"
    connection.execute(
        f"COPY (SELECT *, {lists}, {last}, {tables.VERSION} AS version FROM repositories ORDER BY repository) "
        f"TO {_quoted(temporary)} (FORMAT parquet, COMPRESSION zstd)"
    )
    os.replace(temporary, path)


def load_parquet(connection: DuckDBPyConnection, path: str) -> None:
    """Read such a file into the tables, which are empty. Raises StoreError."""
    source = f"read_parquet({_quoted(path)})"
    known = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    if "version" not in known:
        raise StoreError(f"{path}: is no file of results")
    if connection.execute(f"SELECT 1 FROM {source} WHERE version <> {tables.VERSION}").fetchone():
        raise StoreError(f"{path}: was written by another version of this program: scan into a new file")
    connection.execute(f"INSERT INTO repositories SELECT * EXCLUDE (workers, findings, runs, version) FROM {source}")
    for table in ("workers", "findings"):
        connection.execute(f"INSERT INTO {table} SELECT each.* FROM (SELECT unnest({table}) AS each FROM {source})")
    connection.execute(
        f"INSERT INTO runs SELECT each.* FROM (SELECT unnest(runs) AS each FROM {source} LIMIT 1) LIMIT 1"
    )


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "''") + "'"


def opened_for_reading(path: str) -> DuckDBPyConnection:
    """The tables of a results file of either kind. Raises StoreError."""
    if not os.path.exists(path):
        raise StoreError(f"{path}: no such file")
    try:
        if not path.lower().endswith(PARQUET):
            connection = connect(path, read_only=True)
            check_version(connection, path)
            return connection
        connection = connect(None)
        for statement in tables.created():
            connection.execute(statement)
        load_parquet(connection, os.path.abspath(path))
    except Exception as error:
        raise _unusable(path, error) from error
    return connection


def settings_of(config: str) -> str:
    """What tells the configuration apart that counts for all repositories; empty where each has its own."""
    from hashlib import blake2b

    return blake2b(Path(config).read_bytes(), digest_size=8).hexdigest() if config else ""


def rows(connection: DuckDBPyConnection, query: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The rows of a query, by the names of its columns."""
    found = connection.execute(query, list(values))
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
