from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import conftest, servers
from tests.lab.cgroup import V1, V2, MemoryCgroup, NoCgroupError, own, pairs

V1_TABLE = "9:name=systemd:/\n4:memory:/docker/abc\n3:cpu,cpuacct:/\n0::/\n"
V2_TABLE = "0::/user.slice/session-1.scope\n"


def test_the_memory_controller_of_version_1(tmp_path: Path) -> None:
    assert own(V1_TABLE, tmp_path) == (tmp_path / "memory/docker/abc", V1)


def test_the_one_tree_of_version_2(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu memory\n")
    assert own(V2_TABLE, tmp_path) == (tmp_path / "user.slice/session-1.scope", V2)


@pytest.mark.parametrize("table", ["", V2_TABLE, "3:cpu:/\n"])
def test_no_memory_controller(table: str, tmp_path: Path) -> None:
    with pytest.raises(NoCgroupError, match="no memory controller"):
        own(table, tmp_path)


@pytest.mark.parametrize("named", [True, False])
def test_what_is_missing_is_said(named: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}" if named else None)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert conftest.missing() == ("only root can make memory cgroups" if named else "redis-server is not installed")


def test_pairs() -> None:
    assert pairs("low 0\noom_kill 3\n") == {"low": 0, "oom_kill": 3}


@pytest.mark.lab
@pytest.mark.usefixtures("laboratory")
def test_a_process_that_takes_too_much_is_killed_and_nothing_is_left() -> None:
    program = "x = b'x' * (200 << 20)"
    with MemoryCgroup(64 << 20) as small, MemoryCgroup() as free:
        done = [subprocess.run(one.entering([sys.executable, "-c", program]), check=False) for one in (small, free)]
        assert [one.returncode for one in done] == [-9, 0]
        assert [one.oom_kills() for one in (small, free)] == [1, 0]
        assert small.peak_bytes() <= 64 << 20 < free.peak_bytes()
        sleeper = subprocess.Popen(free.entering(["sleep", "60"]))
        servers.until(free.processes, 10, "sleep")
    assert sleeper.wait(timeout=10) == -9
    assert not small.path.exists()
    assert not free.path.exists()
