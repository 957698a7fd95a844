"""Times the listing of a checkout of many files against git's own, in pairs of whole processes.

usage: python benchmarks/listing_speed.py [--files 100000] [--runs 7]
Prints the median of CPU seconds (user and system) of both, and of the ratios pair by pair.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

OURS = "import sys; from flake8_celery_oom.listing.checkout import list_checkout; list_checkout(sys.argv[1])"
NOTHING = "import sys; import flake8_celery_oom.listing.checkout"


def seconds(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def make(root: Path, files: int) -> None:
    for number in range(0, files, 50):
        folder = root / f"part{number // 5000}" / f"module{number}"
        folder.mkdir(parents=True)
        for each in range(min(50, files - number)):
            (folder / f"file_{each}.py").touch()
    (root / ".gitignore").write_text("*.pyc\nbuild/\n/dist\n!keep.pyc\n")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    subprocess.run(["git", "-C", str(root), "add", "-A"], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "many"
        root.mkdir()
        make(root, options.files)
        git = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        ours, nothing = ([sys.executable, "-c", code, str(root)] for code in (OURS, NOTHING))
        rows = [(seconds(ours), seconds(nothing), seconds(git)) for _ in range(options.runs + 1)][1:]
    own, start, theirs = (median(row[column] for row in rows) for column in range(3))
    print(
        f"{options.files} files, {options.runs} pairs, CPU seconds: ours {own:.3f}, "
        f"of it the start of Python {start:.3f}, git {theirs:.3f}"
    )
    print(
        f"ratio, median of pairs: {median((row[0] - row[1]) / row[2] for row in rows):.2f} without the start of Python"
    )


if __name__ == "__main__":
    main()
