"""The options of ``celery`` and ``celery worker``, with the releases that know each spelling.

Source: ``celery/bin/base.py``, ``bin/celery.py``, ``bin/celeryd.py`` and ``bin/worker.py`` of Celery 3.1.26, 4.0.2 to
4.4.7 and 5.0.5 to 5.7.0; every row is held against recorded answers of those releases by the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from flake8_celery_oom.celery.versions import holds, may_hold
from flake8_celery_oom.core.results import CeleryVersion

Kind: TypeAlias = Literal[
    "flag",  # takes no value
    "exit",  # prints something and ends: no worker is started
    "text",
    "app",
    "int",
    "float",
    "concurrency",
    "pool",
    "autoscale",
    "loglevel",
    "optimization",
    "start-method",
]
Place: TypeAlias = Literal["global", "worker"]


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its name as Celery passes it on, and its spellings, each with the versions that know it."""

    name: str
    kind: Kind
    place: Place
    spellings: tuple[tuple[str, str], ...]

    @property
    def takes_value(self) -> bool:
        """Whether a value follows the option."""
        return self.kind not in {"flag", "exit"}

    def spelling(self, version: CeleryVersion) -> str | None:
        """How ``version`` certainly spells the option, the long form first; None when it may lack the option."""
        known = [text for text, condition in self.spellings if not condition or holds(version, condition)]
        return next((text for text in known if text.startswith("--")), known[0] if known else None)


def _option(place: Place, name: str, kind: Kind, spellings: tuple[str | tuple[str, str], ...]) -> Option:
    pairs = tuple((spelling, "") if isinstance(spelling, str) else spelling for spelling in spellings)
    return Option(name, kind, place, pairs)


def _global(name: str, kind: Kind, *spellings: str | tuple[str, str]) -> Option:
    return _option("global", name, kind, spellings)


def _worker(name: str, kind: Kind, *spellings: str | tuple[str, str]) -> Option:
    return _option("worker", name, kind, spellings)


GLOBAL_OPTIONS: tuple[Option, ...] = (
    _global("app", "app", "-A", "--app"),
    _global("broker", "text", "-b", "--broker"),
    _global("result_backend", "text", ("--result-backend", ">=4.2")),
    _global("loader", "text", "--loader"),
    _global("config", "text", "--config"),
    _global("workdir", "text", "--workdir"),
    _global("no_color", "flag", "-C", "--no-color"),
    _global("quiet", "flag", "-q", "--quiet"),
    _global("skip_checks", "flag", ("--skip-checks", ">=5.3")),
    _global("version", "exit", "--version"),
    _global("help", "exit", "--help", ("-h", "<5.0")),
)

WORKER_OPTIONS: tuple[Option, ...] = (
    _worker("concurrency", "concurrency", "-c", "--concurrency"),
    _worker("pool", "pool", "-P", "--pool"),
    _worker("autoscale", "autoscale", "--autoscale"),
    _worker("max_tasks_per_child", "int", ("--max-tasks-per-child", ">=4.0"), ("--maxtasksperchild", "<5.0")),
    _worker("max_memory_per_child", "int", ("--max-memory-per-child", ">=4.0"), ("--maxmemperchild", ">=4.0,<5.0")),
    _worker("prefetch_multiplier", "int", ("--prefetch-multiplier", ">=4.0")),
    _worker("disable_prefetch", "flag", ("--disable-prefetch", ">=5.6")),
    _worker("pool_start_method", "start-method", ("--pool-start-method", ">=5.7")),
    _worker("optimization", "optimization", "-O", ("--optimization", ">=5.3")),
    _worker("time_limit", "float", "--time-limit"),
    _worker("soft_time_limit", "float", "--soft-time-limit"),
    _worker("beat", "flag", "-B", "--beat"),
    _worker("task_events", "flag", "-E", "--events", ("--task-events", ">=4.0")),
    _worker("detach", "flag", "-D", "--detach"),
    _worker("hostname", "text", "-n", "--hostname"),
    _worker("queues", "text", "-Q", "--queues"),
    _worker("exclude_queues", "text", "-X", "--exclude-queues"),
    _worker("include", "text", "-I", "--include"),
    _worker("statedb", "text", "-S", "--statedb"),
    _worker("loglevel", "loglevel", "-l", "--loglevel"),
    _worker("logfile", "text", "-f", "--logfile"),
    _worker("pidfile", "text", "--pidfile"),
    _worker("uid", "text", "--uid"),
    _worker("gid", "text", "--gid"),
    _worker("umask", "text", "--umask"),
    _worker("executable", "text", "--executable"),
    _worker("schedule_filename", "text", "-s", "--schedule", ("--schedule-filename", ">=4.0")),
    _worker("scheduler", "text", "--scheduler"),
    _worker("heartbeat_interval", "int", "--heartbeat-interval"),
    _worker("purge", "flag", "--purge", "--discard"),
    _worker("without_gossip", "flag", "--without-gossip"),
    _worker("without_mingle", "flag", "--without-mingle"),
    _worker("without_heartbeat", "flag", "--without-heartbeat"),
    _worker("autoreload", "flag", ("--autoreload", "<4.0")),
    _worker("no_execv", "flag", ("--no-execv", "<5.0")),
    _worker("force_execv", "flag", ("--force-execv", ">=4.0,<5.0")),
    _worker("help", "exit", "--help", ("-h", "<5.0")),
)

AIRFLOW_OPTIONS: tuple[Option, ...] = (
    _worker("concurrency", "concurrency", "-c", "--concurrency"),
    _worker("autoscale", "autoscale", "-a", "--autoscale"),
    _worker("queues", "text", "-q", "--queues"),
    _worker("hostname", "text", "-H", "-cn", "--celery-hostname", "--celery_hostname"),
    _worker("detach", "flag", "-D", "--daemon"),
    _worker("pidfile", "text", "--pid"),
    _worker("logfile", "text", "-l", "--log-file"),
    _worker("umask", "text", "-u", "--umask"),
    _worker("stdout", "text", "--stdout"),
    _worker("stderr", "text", "--stderr"),
    _worker("skip_serve_logs", "flag", "-s", "--skip-serve-logs"),
    _worker("without_gossip", "flag", "--without-gossip"),
    _worker("without_mingle", "flag", "--without-mingle"),
    _worker("verbose", "flag", "-v", "--verbose"),
    _worker("help", "exit", "-h", "--help"),
)
"""The options of ``airflow celery worker`` (Apache Airflow 2 and 3; ``airflow worker`` of 1.10)."""

NAMES: tuple[str, ...] = tuple(
    dict.fromkeys(option.name for option in (*GLOBAL_OPTIONS, *WORKER_OPTIONS) if option.kind != "exit")
)
"""The names of all options of Celery, whatever the version."""


@dataclass(frozen=True, slots=True)
class Table:
    """What one command of one version understands; ``elsewhere`` is what only other versions or places do."""

    options: Mapping[str, Option]
    elsewhere: Mapping[str, Option]

    def beginning_with(self, text: str) -> list[str]:
        """The long spellings that begin with ``text``, in the order of the table."""
        return [spelling for spelling in self.options if spelling.startswith(text)]


@lru_cache(maxsize=256)
def _table(specifier: str, *, with_global: bool, with_worker: bool) -> Table:
    version = CeleryVersion(specifier)
    options: dict[str, Option] = {}
    elsewhere: dict[str, Option] = {}
    for chosen, rows in ((with_worker, WORKER_OPTIONS), (with_global, GLOBAL_OPTIONS)):
        for option in rows:
            for spelling, condition in option.spellings:
                here = chosen and (not condition or may_hold(version, condition))
                (options if here else elsewhere).setdefault(spelling, option)
    return Table(options, elsewhere)


def table(version: CeleryVersion, *, with_global: bool = False, with_worker: bool = False) -> Table:
    """The options that ``version`` may know, of the program (``with_global``) and of ``worker`` (``with_worker``)."""
    return _table(version.specifier, with_global=with_global, with_worker=with_worker)


AIRFLOW_TABLE = Table({spelling: option for option in AIRFLOW_OPTIONS for spelling, _ in option.spellings}, {})
