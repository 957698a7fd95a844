"""Times ``celery-oom fleet`` against ``grep -rIl celery`` over the same trees, in pairs of whole processes.

    python benchmarks/fleet_speed.py FOLDER [--pairs 5] [--processes 1]

FOLDER is a fleet of fleet_repositories.py. Prints the CPU seconds (user and system, all processes) of grep, of a first
scan and of a second one in which nothing has changed, their ratios pair by pair, what a process held at most, and the
exponent with which the time grows from an eighth of the fleet to all of it.
"""

from __future__ import annotations

import argparse
import math
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import duckdb


def seconds(command: list[str]) -> float:
    """The CPU seconds of a command and all that it waited for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def fleet(source: Path, results: Path, processes: int) -> list[str]:
    words = ["fleet", str(source), "-o", str(results), "-j", str(processes), "-q"]
    return [sys.executable, "-m", "flake8_celery_oom", *words]


def part(folder: Path, share: int, listed: Path) -> Path:
    """A file that names every ``share``-th repository."""
    found = sorted(path.parent for path in folder.glob("*/*/.git"))
    listed.write_text("".join(f"{path}\n" for path in found[::share]))
    return listed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as kept:
        _measure(options.folder, options.pairs, options.processes, Path(kept))


def _measure(folder: Path, pairs: int, processes: int, kept: Path) -> None:
    grep = ["grep", "-rIl", "celery", str(folder)]
    subprocess.run(grep, check=False, stdout=subprocess.DEVNULL)
    times: list[tuple[float, float, float]] = []
    for number in range(pairs):
        results = kept / f"{number}.duckdb"
        first = seconds(grep), seconds(fleet(folder, results, processes))
        times.append((*first, seconds(fleet(folder, results, processes))))
    one = part(folder, 10**9, kept / "one.txt")
    start = median(seconds(fleet(one, kept / f"one{number}.duckdb", processes)) for number in range(3))
    eighth = seconds(fleet(part(folder, 8, kept / "eighth.txt"), kept / "eighth.duckdb", processes))
    connection = duckdb.connect(str(kept / "0.duckdb"), read_only=True)
    row = connection.execute("SELECT count(*), sum(files), sum(cpu), max(memory) FROM repositories").fetchone()
    assert row is not None
    count, files, inside, memory = row
    print(f"{count} repositories, {files} files, {processes} processes; start-up {start:.2f} s")
    for name, column in (("first", 1), ("unchanged", 2)):
        whole = median(run[column] for run in times)
        ratio = median(run[column] / run[0] for run in times)
        net = median((run[column] - start) / run[0] for run in times)
        print(
            f"{name}: {whole:.2f} s against grep {median(run[0] for run in times):.2f} s: {ratio:.2f} times", end=", "
        )
        print(f"without start-up {net:.2f} times; {count / whole:.0f} repositories a second of one core")
    print(f"inside the scans {inside:.2f} s; a process held at most {memory / 2**20:.0f} MiB")
    whole = median(run[1] for run in times)
    print(f"growth from an eighth: exponent {math.log((whole - start) / (eighth - start), 8):.3f}")


if __name__ == "__main__":
    main()
