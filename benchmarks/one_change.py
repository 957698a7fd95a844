"""Times what one changed file costs: on the command line and in a living process, against a first run and grep.

usage: python benchmarks/one_change.py [--edits 40] [--seed 1] FOLDER...
Each folder is copied and put under git. CPU seconds (user and system) of whole processes; keystrokes are seconds of
the clock from an edit to its findings. Files are drawn at random among all that are read, and, apart from them, among
those that speak of Celery.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from flake8_celery_oom import discover
from flake8_celery_oom.frontends.language_server.analysis import ProjectAnalysis

CHECK = [sys.executable, "-m", "flake8_celery_oom", "check", "--format", "json", "."]
GREP = ["grep", "-rIl", "celery", "."]
SETTLED_SECONDS = 4


def seconds(command: list[str], folder: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "LC_ALL": "C"}
    subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def shown(times: list[float]) -> str:
    high = quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
    return f"median {median(times):.3f} s, 95 % {high:.3f} s"


def edited(text: bytes, dice: random.Random) -> bytes:
    """One more line with a comment, at a random place between two lines."""
    lines = text.splitlines(keepends=True)
    lines.insert(dice.randint(0, len(lines)), b"# one more line\n")
    return b"".join(lines)


def measure(folder: Path, edits: int, seed: int) -> None:
    root = Path(tempfile.mkdtemp())
    project = root / "project"
    shutil.copytree(folder, project, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=project, check=True, capture_output=True)
    os.environ["XDG_CACHE_HOME"] = str(root / "cache")
    time.sleep(SETTLED_SECONDS)
    dice = random.Random(seed)
    read = [path for path in discover.list_files(project) if discover.is_candidate(path)]
    speaking = [path for path in read if discover.mentions_celery(discover.read_bytes(project, path) or b"")]
    grep = min(seconds(GREP, project) for _ in range(3))
    cold = seconds([*CHECK, "--no-cache"], project)
    seconds(CHECK, project)
    nothing = min(seconds(CHECK, project) for _ in range(3))
    print(f"{folder.name}: {len(read)} files are read, {len(speaking)} speak of Celery")
    print(f"  grep {grep:.3f} s, first run {cold:.3f} s ({cold / grep:.1f} grep), nothing changed {nothing:.3f} s")
    for name, files in (("any file", read), ("files that speak of Celery", speaking)):
        times = [one_change(project, path, dice) for path in dice.choices(files, k=edits)]
        alike = sum(one < cold / 2 for one in times)
        print(f"  one of {name} changed: {shown(times)}; {median(times) / nothing:.2f} times nothing changed;", end="")
        print(f" {alike} of {edits} from memory")
    living(project, {"any file": read, "files that speak of Celery": speaking}, edits, dice)
    shutil.rmtree(root)


def one_change(project: Path, path: str, dice: random.Random) -> float:
    file = project / path
    before = file.read_bytes()
    file.write_bytes(edited(before, dice))
    found = seconds(CHECK, project)
    file.write_bytes(before)
    return found


def living(project: Path, groups: dict[str, list[str]], edits: int, dice: random.Random) -> None:
    analysis = ProjectAnalysis(project)
    analysis.look()
    for name, files in groups.items():
        times = []
        for path in dice.choices(files, k=edits):
            text = edited((project / path).read_bytes(), dice).decode("utf-8", "surrogateescape")
            start = time.perf_counter()
            analysis.edit(path, text)
            analysis.look()
            times.append(time.perf_counter() - start)
        print(f"  a keystroke in {name}: {shown(times)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--edits", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for folder in options.folders:
        measure(folder.resolve(), options.edits, options.seed)


if __name__ == "__main__":
    main()
