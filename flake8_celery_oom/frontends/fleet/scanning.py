"""``celery-oom fleet INPUT``: scan what has changed since, into one file."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flake8_celery_oom.frontends.refusal import RefusedError
from flake8_celery_oom.frontends.terminal import complain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flake8_celery_oom.fleet.jobs import Limits, Outcome
    from flake8_celery_oom.fleet.running import Engine, Progress

DONE, FAILED = 0, 2
SECONDS_BETWEEN = 0.5
"""How often progress is said on a terminal; elsewhere every 30 seconds."""
SECONDS_BETWEEN_LINES = 30.0
LEAST_MEMORY = 256 * 1024 * 1024


def add_parser(actions: argparse._SubParsersAction[Any]) -> None:
    """Add the action to those of ``celery-oom fleet``."""
    from flake8_celery_oom.frontends.fleet import USUAL_FILE

    scan = actions.add_parser(
        "scan",
        help="scan what has changed since the last run",
        epilog="Exit status: 0 all repositories were looked at, 2 some could not be; the results say why.",
    )
    scan.add_argument("input", metavar="INPUT", help="a folder of repositories, or a file with one path a line")
    scan.add_argument(
        "-o", "--output", default=USUAL_FILE, metavar="FILE", help=f"results: *.duckdb or *.parquet ({USUAL_FILE})"
    )
    add_engine_options(scan)
    scan.add_argument("--again", action="store_true", help="scan also what is known and has not changed")
    scan.add_argument("-q", "--quiet", action="store_true", help="say nothing but what failed")


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """Add what says where and within which bounds repositories are looked at."""
    from flake8_celery_oom.frontends.plan import positive, size

    parser.add_argument(
        "-j", "--processes", type=positive, metavar="N", help="default: one for each CPU that this may use"
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a scheduler of dask.distributed: tcp://host:8786")
    parser.add_argument(
        "--timeout",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="of the processor for each repository (60); five times as many by the clock",
    )
    parser.add_argument("--memory", type=size, default=size("1Gi"), metavar="SIZE", help="for each process (1Gi)")
    parser.add_argument("--config", default="", metavar="FILE", help="TOML file that counts instead of each one's own")


def run(options: argparse.Namespace, write: Callable[[str], object]) -> int:
    """Scan, and say through ``write`` what was done."""
    from flake8_celery_oom.fleet.children import EngineError
    from flake8_celery_oom.fleet.inputs import InputError, repositories
    from flake8_celery_oom.fleet.running import program, scan_fleet
    from flake8_celery_oom.fleet.store import Asked, Store, StoreError, settings_of

    limits, config = limits_of(options), config_of(options)
    try:
        found = repositories(options.input)
        store = Store(options.output)
    except (InputError, StoreError) as error:
        raise RefusedError(str(error)) from error
    asked = Asked(program(), settings_of(config), limits)
    teller = Teller(quiet=options.quiet)
    try:
        with engine_of(options, limits) as engine:
            progress = scan_fleet(
                found, store, engine, asked, given=options.input, config=config, again=options.again, tell=teller.tell
            )
    except EngineError as error:
        raise RefusedError(str(error)) from error
    finally:
        teller.end()
        store.close()
    if not options.quiet:
        write(f"{summary(progress)}: {options.output}\n")
    return FAILED if progress.failed else DONE


def limits_of(options: argparse.Namespace) -> Limits:
    """The bounds that were asked for. Raises RefusedError for such in which nothing can be scanned."""
    from flake8_celery_oom.fleet.jobs import Limits

    if not 0 < options.timeout < 1_000_000:
        raise RefusedError(f"--timeout {options.timeout:g} is no number of seconds above 0")
    if options.memory < LEAST_MEMORY:
        raise RefusedError("--memory is below 256Mi, in which the program itself has hardly any room")
    return Limits(options.timeout, options.memory)


def config_of(options: argparse.Namespace) -> str:
    """The whole path of the configuration for all repositories. Raises RefusedError."""
    from flake8_celery_oom.api.scanning import config_of as read
    from flake8_celery_oom.config import ConfigError

    try:
        read(options.config or None)
    except ConfigError as error:
        raise RefusedError(str(error)) from error
    return os.path.abspath(options.config) if options.config else ""


@contextmanager
def engine_of(options: argparse.Namespace, limits: Limits) -> Iterator[Engine]:
    """The processes of this machine, or the workers of a scheduler. Raises RefusedError, EngineError."""
    if not options.scheduler:
        from flake8_celery_oom.fleet.children import Children

        with Children(options.processes or _usable_cpus(), limits) as children:
            yield children
        return
    try:
        from flake8_celery_oom.fleet.cluster import Cluster
    except ImportError:
        raise RefusedError("dask.distributed is not installed: pip install 'flake8-celery-oom[fleet]'") from None
    with Cluster(options.scheduler, limits) as cluster:
        yield cluster


def _usable_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Teller:
    """Says on standard error what failed, and how far the run is."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._started = time.monotonic()
        self._is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._between = SECONDS_BETWEEN if self._is_terminal else SECONDS_BETWEEN_LINES
        self._told = self._started
        self._width = 0

    def tell(self, progress: Progress, outcome: Outcome) -> None:
        """One more is done."""
        from flake8_celery_oom.fleet.jobs import FAILED as FAILURES

        if outcome.result in FAILURES:
            self._clear()
            complain(f"{outcome.name}: {outcome.reason}")
        now = time.monotonic()
        if not self._quiet and now - self._told >= self._between:
            self._told = now
            self._say(rate_line(progress, now - self._started))

    def _say(self, line: str) -> None:
        if sys.stderr is None:
            return
        if self._is_terminal:
            sys.stderr.write(f"\r{line.ljust(self._width)}")
            self._width = len(line)
        else:
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    def _clear(self) -> None:
        if self._is_terminal and self._width and sys.stderr is not None:
            sys.stderr.write(f"\r{' ' * self._width}\r")
            self._width = 0

    def end(self) -> None:
        """The last line goes."""
        self._clear()


def rate_line(progress: Progress, seconds: float) -> str:
    """``1200 of 8000 repositories, 41 a second, 3 minutes left; 2 failed``."""
    rate = progress.done / seconds if seconds else 0.0
    left = (progress.total - progress.done) / rate if rate else 0.0
    failed = f"; {progress.failed} failed" if progress.failed else ""
    return f"{progress.done} of {progress.total} repositories, {rate:.3g} a second, {_span(left)} left{failed}"


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def summary(progress: Progress) -> str:
    """What a run did, in one line."""
    scanned = progress.done - progress.unchanged - progress.failed
    parts = [f"{scanned} of {progress.total} {'repository' if progress.total == 1 else 'repositories'} scanned"]
    parts += [f"{progress.unchanged} unchanged"] if progress.unchanged else []
    parts += [f"{progress.failed} failed"] if progress.failed else []
    parts += [f"{progress.gone} gone"] if progress.gone else []
    return ", ".join(parts)
