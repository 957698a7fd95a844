"""The engine of many machines: a real scheduler and real workers, which may be killed."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

pytest.importorskip("distributed", reason="distributed is not installed: pip install 'flake8-celery-oom[fleet]'")

from tests.fleet.made import content, fleet

LONG = "CELERY_OOM_LONG" in os.environ
REPOSITORIES = 400 if LONG else 12
KILLS = 50 if LONG else 3
ENVIRONMENT = {**os.environ, "PYTHONWARNINGS": "ignore", "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "60"}


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fleet(tmp_path_factory.mktemp("fleet"), REPOSITORIES)


@pytest.fixture(scope="module")
def expected(repositories: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("results") / "fleet.duckdb"
    _run(repositories, made, "-j", "2")
    return made


def _run(repositories: Path, made: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flake8_celery_oom", "fleet", str(repositories), "-o", str(made), *words]
    return subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=1200)


@contextmanager
def _started(*words: str, at: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (at / "log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", *words], stdout=log, stderr=log, env=ENVIRONMENT, cwd=at)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ("--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show")
    with _started("distributed.cli.dask_scheduler", *words, at=tmp_path_factory.mktemp("scheduler")):
        yield f"tcp://127.0.0.1:{port}"


WORKER = ("distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard")


def test_scheduler_and_workers_started_by_their_own_commands(
    repositories: Path, expected: Path, scheduler: str, tmp_path: Path
) -> None:
    made = tmp_path / "cluster.duckdb"
    with _started(*WORKER, scheduler, at=tmp_path):
        first = _run(repositories, made, "--scheduler", scheduler, "-q")
        second = _run(repositories, made, "--scheduler", scheduler)
    assert (first.returncode, first.stderr) == (0, "")
    assert f"{REPOSITORIES} unchanged" in second.stdout
    assert content(made) == content(expected)


def test_workers_that_are_killed_at_random_lose_nothing(
    repositories: Path, expected: Path, scheduler: str, tmp_path: Path
) -> None:
    """Each is restarted by its nanny; ``CELERY_OOM_LONG=1`` kills 50 of them, of a larger fleet."""
    made, chance, done, kills = tmp_path / "cluster.duckdb", random.Random(5), Event(), [0]
    with _started(*WORKER, "--nworkers", "2", scheduler, at=tmp_path) as nannies:

        def kill() -> None:
            while kills[0] < KILLS and not done.wait(chance.uniform(0.5, 1.5)):
                running = _children(nannies.pid)
                if made.exists() and (tmp_path / "log").read_text().count("Registered to:") >= 2 + kills[0]:
                    os.kill(chance.choice(running), signal.SIGKILL)
                    kills[0] += 1

        killer = Thread(target=kill)
        killer.start()
        try:
            result = _run(repositories, made, "--scheduler", scheduler, "-q")
        finally:
            done.set()
            killer.join()
    assert kills[0] == KILLS if LONG else kills[0] > 0
    assert (result.returncode, result.stderr) == (0, "")
    assert content(made) == content(expected)


def _children(pid: int) -> list[int]:
    """The workers that a nanny has started."""
    found = []
    for one in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = one.read_text().rpartition(")")[2].split()
            if int(words[1]) == pid and b"spawn_main" in (one.parent / "cmdline").read_bytes():
                found.append(int(one.parent.name))
        except (OSError, ValueError, IndexError):
            continue
    return found


def test_what_is_no_scheduler_is_one_line(
    repositories: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from flake8_celery_oom.fleet import cluster
    from flake8_celery_oom.frontends import cli

    monkeypatch.setattr(cluster, "WAIT_SECONDS", 1.0)
    words = ["fleet", str(repositories), "-o", str(tmp_path / "a.duckdb"), "--scheduler", "tcp://127.0.0.1:1"]
    assert cli.main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("celery-oom: error: tcp://127.0.0.1:1: no scheduler answers")
    assert error.count("\n") == 1
