"""A memory cgroup below the caller's own, version 1 or 2: what a container runtime makes for a container."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

MOUNT = Path("/sys/fs/cgroup")


class NoCgroupError(Exception):
    """No memory cgroup can be made here; the text says why."""


@dataclass(frozen=True)
class Files:
    """How a version of cgroups calls the files that matter here."""

    limit: str
    peak: str
    events: str
    anonymous: str
    swap: tuple[str, str]


V1 = Files(
    "memory.limit_in_bytes", "memory.max_usage_in_bytes", "memory.oom_control", "rss", ("memory.swappiness", "0")
)
V2 = Files("memory.max", "memory.peak", "memory.events", "anon", ("memory.swap.max", "0"))


def own(table: str, mount: Path = MOUNT) -> tuple[Path, Files]:
    """The folder of the cgroup that holds a process, and its version. ``table`` is its ``/proc/PID/cgroup``."""
    unified = None
    for line in table.splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return mount / "memory" / path.lstrip("/"), V1
        if not controllers:
            unified = path
    if unified is not None and (mount / "cgroup.controllers").exists():
        return mount / unified.lstrip("/"), V2
    raise NoCgroupError("no memory controller of cgroups")


def parent() -> tuple[Path, Files]:
    """Where children can be made with a limit of their own. Raises NoCgroupError where they cannot."""
    if os.geteuid() != 0:
        raise NoCgroupError("only root can make memory cgroups")
    try:
        folder, files = own(Path("/proc/self/cgroup").read_text())
        if files is V2 and "memory" not in (folder / "cgroup.subtree_control").read_text().split():
            raise NoCgroupError("the own cgroup hands no memory controller to its children")
        trial = folder / f"celery-oom-{uuid4().hex[:8]}"
        trial.mkdir()
        trial.rmdir()
    except OSError as error:
        raise NoCgroupError(f"memory cgroups cannot be made ({error.strerror}: {error.filename})") from error
    return folder, files


class MemoryCgroup:
    """One child cgroup. ``limit`` is bytes; 0 is none. Closing it ends every process in it and takes it away."""

    def __init__(self, limit: int = 0) -> None:
        folder, self.files = parent()
        self.path = folder / f"celery-oom-{uuid4().hex[:8]}"
        self.path.mkdir()
        name, value = self.files.swap
        if (self.path / name).exists():
            (self.path / name).write_text(value)
        if limit:
            (self.path / self.files.limit).write_text(str(limit))

    def __enter__(self) -> MemoryCgroup:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def entering(self, command: list[str]) -> list[str]:
        """The command, run inside the cgroup from its first instruction on; its process id is that of the shell."""
        return ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self.path / "cgroup.procs"), *command]

    def processes(self) -> list[int]:
        return [int(line) for line in (self.path / "cgroup.procs").read_text().split()]

    def oom_kills(self) -> int:
        return pairs((self.path / self.files.events).read_text()).get("oom_kill", 0)

    def anonymous_bytes(self) -> int:
        return pairs((self.path / "memory.stat").read_text())[self.files.anonymous]

    def peak_bytes(self) -> int:
        """The most that was counted against the limit so far; 0 where the kernel does not say."""
        peak = self.path / self.files.peak
        return int(peak.read_text()) if peak.exists() else 0

    def close(self) -> None:
        for _ in range(100):
            if not self.path.exists():
                return
            for process in self.processes():
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            try:
                self.path.rmdir()
            except OSError:  # its processes are still going
                time.sleep(0.05)
        raise RuntimeError(f"{self.path} cannot be taken away")


def pairs(text: str) -> dict[str, int]:
    """``name number`` a line."""
    return {name: int(number) for name, number in (line.split() for line in text.splitlines())}
