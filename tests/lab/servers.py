"""The processes of a run: a broker of its own, and a real Celery worker inside a memory cgroup."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.lab.cgroup import MemoryCgroup

STARTING = 30.0
"""Seconds that a server may take to start."""


class DidNotStartError(Exception):
    """A server that was needed did not come up; the text holds what it said."""


@contextmanager
def redis() -> Iterator[str]:
    """A Redis that nobody else talks to, through a socket of its own; gives the broker's URL."""
    server = shutil.which("redis-server")
    if server is None:
        raise DidNotStartError("no redis-server")
    with tempfile.TemporaryDirectory(prefix="celery-oom-") as folder:
        socket = Path(folder) / "redis.sock"
        options = ("--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no", "--dir", folder)
        process = subprocess.Popen([server, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(socket.exists, STARTING, "redis-server")
            yield f"redis+socket://{socket}"
        finally:
            process.terminate()
            process.wait(timeout=10)


@contextmanager
def worker(
    command: Sequence[str], cgroup: MemoryCgroup, folder: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker started in ``folder`` that is gone, with all its children, at the end. Its log is ``worker.log``."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("CELERY", "PYTHON", "DJANGO"))
    }
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            cgroup.entering(list(command)),
            cwd=folder,
            env={**inherited, "PYTHONDONTWRITEBYTECODE": "1", **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            cgroup.close()
            process.wait(timeout=10)


def ready(folder: Path) -> bool:
    """Whether the worker in ``folder`` has said that it takes tasks."""
    return b" ready." in (folder / "worker.log").read_bytes()


def until(holds: object, seconds: float, what: str) -> None:
    """Wait for ``holds()``. Raises DidNotStartError when the time is over."""
    assert callable(holds)
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise DidNotStartError(what)
        time.sleep(0.05)
