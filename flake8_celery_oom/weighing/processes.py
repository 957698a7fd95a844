"""What processes have in memory, and which are children of which: read from ``/proc`` of Linux."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

KIB = 1024
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Held:
    """Memory of one process in bytes: all that it has, and its part of what cannot be thrown away.

    ``share`` counts pages that N processes share with an Nth each; pages of files are left out, since the kernel can
    drop them. Summed over a worker it is what counts against a memory limit.
    """

    rss: int
    share: int


def held_by(process: int) -> Held:
    """What a process has. Raises OSError when it is gone."""
    amounts = _amounts((PROC / str(process) / "smaps_rollup").read_text())
    anonymous = amounts.get("Pss_Anon")
    share = amounts["Pss"] if anonymous is None else anonymous + amounts.get("Pss_Shmem", 0)
    return Held(amounts["Rss"], share)


def _amounts(text: str) -> dict[str, int]:
    """``Name:   123 kB`` a line, in bytes."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) == 3 and words[2] == "kB":
            found[words[0].rstrip(":")] = int(words[1]) * KIB
    return found


def children_of(process: int) -> list[int]:
    """The processes that a process has forked and that still run."""
    found = []
    for folder in PROC.iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            stat = (folder / "stat").read_text()
        except OSError:
            continue
        state, parent = stat.rpartition(")")[2].split()[:2]
        if int(parent) == process and state != "Z":
            found.append(int(folder.name))
    return sorted(found)
