"""How much CPU time the plugin adds to flake8 on a tree without Celery: Django's source, unless told otherwise.

    python benchmarks/flake8_overhead.py [--runs 7] [--path FOLDER] [--keep FOLDER]

Two virtual environments hold the same flake8, one of them the plugin too. They run in turn, so that a slow moment of
the machine hits both; the median of the paired ratios is printed. CPU time is user and system time of the process and
its children. All of Django takes a minute a run: ``--path`` takes a part of it.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--path", type=Path, help="what to check (default: the installed Django)")
    parser.add_argument("--keep", type=Path, help="a folder for the environments, used again by the next run")
    parser.add_argument("--at-most", type=float, help="end with 1 when the ratio is higher")
    options = parser.parse_args()
    path = (options.path or installed_django()).resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        flake8 = f"flake8=={importlib.metadata.version('flake8')}"
        without = prepare(folder / "without", flake8)
        with_plugin = prepare(folder / "with", flake8, str(ROOT))
        ratio = measure(without, with_plugin, path, options.runs)
    if options.at_most and ratio > options.at_most:
        sys.exit(1)


def installed_django() -> Path:
    import django

    return Path(django.__file__).parent


def prepare(home: Path, *packages: str) -> Path:
    """The Python of a virtual environment with these packages, the last of them as it is now."""
    executable = home.resolve() / "bin" / "python"
    if not executable.exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
    pip = [str(executable), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, *packages], check=True)
    subprocess.run([*pip, "--force-reinstall", "--no-deps", packages[-1]], check=True)
    return executable


def measure(without: Path, with_plugin: Path, path: Path, runs: int) -> float:
    for executable in (without, with_plugin):
        cpu_seconds(executable, path)  # the disk's cache, compiled modules
    ratios, befores, afters = [], [], []
    for number in range(runs):
        order = (without, with_plugin) if number % 2 == 0 else (with_plugin, without)
        seconds = {executable: cpu_seconds(executable, path) for executable in order}
        befores.append(seconds[without])
        afters.append(seconds[with_plugin])
        ratios.append(seconds[with_plugin] / seconds[without])
        print(f"{number + 1}: {befores[-1]:.2f} s without, {afters[-1]:.2f} s with, x{ratios[-1]:.3f}", flush=True)
    ratio = statistics.median(ratios)
    print(
        f"flake8 -j1 {path}: median x{ratio:.3f} of CPU time"
        f" ({statistics.median(befores):.2f} s without, {statistics.median(afters):.2f} s with, {runs} pairs)"
    )
    return ratio


def cpu_seconds(executable: Path, path: Path) -> float:
    """User and system time of one run and all that it starts."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [executable, "-m", "flake8", "--isolated", "-j1", path],
        cwd=path,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1) or done.stderr:
        sys.exit(f"flake8 failed: {done.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
