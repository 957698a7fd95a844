"""What the tests of this folder need; where it is missing they are skipped, and say what is missing."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lab.cgroup import NoCgroupError, parent

AT_ONCE = 2
"""How many workers run at the same time, however many processes run the tests."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "lab: runs real workers in real memory cgroups (root, Linux, redis-server)")


def missing() -> str | None:
    """Why no real worker can be run here; None when one can."""
    if sys.platform != "linux":
        return "memory cgroups are there on Linux only"
    if shutil.which("redis-server") is None:
        return "redis-server is not installed"
    for package in ("celery", "redis", "django"):
        if importlib.util.find_spec(package) is None:
            return f"the package {package} is not installed"
    try:
        parent()
    except NoCgroupError as reason:
        return str(reason)
    return None


@pytest.fixture(scope="session")
def laboratory() -> None:
    """Skips the test where no real worker can be run."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)


@pytest.fixture
def turn(laboratory: None) -> Iterator[None]:
    """Waits until less than AT_ONCE others run a worker."""
    folder = Path(tempfile.gettempdir()) / "celery-oom-lab"
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:
        files = [stack.enter_context((folder / str(number)).open("w")) for number in range(AT_ONCE)]
        while not any(_locked(file.fileno()) for file in files):
            time.sleep(0.05)
        yield


def _locked(descriptor: int) -> bool:
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
