"""Runs the plugin under every flake8 it claims to work with and asserts that all of them print the same.

    python tools/flake8_matrix.py [--versions 6.0.0 7.5.0] [--python python3.13 ...] [--keep FOLDER]
    python tools/flake8_matrix.py --beside [flake8-noqa ...]

With ``--beside`` it stands beside other plugins, one after the other and two at a time: what they find must be the same
with it as without it, and what it finds the same with them as without them.

Each version gets a virtual environment of its own, each case runs with every start method of multiprocessing and with
one and two jobs. Ends with 1 and a diff when an output differs from that of the first version on the same Python.
"""

from __future__ import annotations

import argparse
import difflib
import itertools
import re
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

OURS = re.compile(r": CO\d{3} ")
ROOT = Path(__file__).resolve().parents[1]
OTHERS = (
    "flake8-noqa",
    "flake8-bugbear",
    "flake8-docstrings",
    "flake8-pytest-style",
    "wemake-python-styleguide",
    "pep8-naming",
    "flake8-simplify",
    "Flake8-pyproject",
    "pyproject-flake8",
    "flake8-noqa flake8-bugbear",
    "Flake8-pyproject flake8-docstrings",
)
"""Plugins that change flake8 inside, or that many projects have; those in one text are installed together."""
VERSIONS = ("6.0.0", "6.1.0", "7.0.0", "7.1.2", "7.2.0", "7.3.0", "7.4.1", "7.5.0")
DRIVER = """\
import multiprocessing
import sys

if __name__ == "__main__":
    method = sys.argv.pop(1)
    if method == "list":
        print(*multiprocessing.get_all_start_methods())
        sys.exit()
    multiprocessing.set_start_method(method)
    from flake8.main.cli import main

    sys.exit(main(sys.argv[1:]))
"""
COMMAND = 'CMD ["celery", "-A", "proj", "worker"]\n'
FILES = {
    ".git/HEAD": "",
    "Dockerfile": f"FROM python:3.12\n{COMMAND}",
    "Procfile": "worker: celery -A proj worker --max-tasks-per-child=3\n",
    "broken.py": "import celery\ndef (:\n",
    "commented/Dockerfile": f"FROM python:3.12\n# noqa: CO101\n{COMMAND}",
    "deploy/compose.yml": "services:\n  é:\n    image: proj\n    command: celery -A proj worker # noqa: CO101\n",
    "deploy/cookie.yml": "# Content-Encoding: base64\nservices:\n  a:\n    image: b\n    command: celery -A c worker\n",
    "deploy/flow.yaml": "[ celery, undefined ]  \n",
    "deploy/k8s.yaml": (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: w\nspec:\n  containers:\n    - name: w\n      image: p\n"
        "      command: [celery, -A, proj, worker]\n"
    ),
    "deploy/windows.yml": "services:\r\n  w:\r\n    image: proj\r\n    command: celery -A proj worker\r\n",
    "other/__init__.py": "",
    "other/celery.py": (
        "from celery import Celery\n\né = 1; app = Celery('other')\né = 2; app.conf.worker_concurrency = 0\n"
    ),
    "other/run.sh": "celery -A other worker\n",
    "plain.py": "import os\n",
    "whole/Procfile": "# flake8: noqa\nworker: celery -A proj worker\n",
}
CASES: tuple[tuple[tuple[str, ...], str | None], ...] = (
    ((".",), None),
    (("--select=CO", "."), None),
    (("--select=CO2", "."), None),
    (("--select=E,F", "."), None),
    (("--extend-ignore=CO101", "--show-source", "."), None),
    (("--disable-noqa", "."), None),
    (("--exclude=deploy", "--statistics", "--count", "."), None),
    (("--per-file-ignores=Procfile:CO1 deploy/*:CO2", "."), None),
    (("--extend-select=CO209", "--format=pylint", "."), None),
    (("--celery-oom-infra=no", "."), None),
    (("Dockerfile", "plain.py", "deploy"), None),
    (("--exit-zero", "-q", "."), None),
    (("--stdin-display-name=deploy/new.yml", "-"), FILES["deploy/windows.yml"]),
    (("--stdin-display-name=other/celery.py", "-"), FILES["other/celery.py"]),
    (("--stdin-display-name=Procfile", "--exclude=Procfile", "-"), FILES["Procfile"]),
)


@dataclass(frozen=True)
class Environment:
    """One flake8 on one Python."""

    python: str
    version: str
    executable: Path

    def __str__(self) -> str:
        return f"flake8 {self.version} on {self.python}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", nargs="+", default=VERSIONS)
    parser.add_argument("--python", nargs="+", default=[sys.executable])
    parser.add_argument("--keep", type=Path, help="a folder for the environments, used again by the next run")
    parser.add_argument("--beside", nargs="*", help="plugins to stand beside; those of one word are installed together")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_project(folder)
        if options.beside is not None:
            return beside_others(folder, options.keep or folder, options.python[0], options.beside or OTHERS)
        environments = [
            prepare(options.keep or folder, python, version)
            for python in options.python
            for version in options.versions
        ]
        return compare(folder, environments)


def write_project(folder: Path) -> None:
    (folder / "driver.py").write_text(DRIVER)
    for name, text in FILES.items():
        path = folder / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def prepare(folder: Path, python: str, version: str) -> Environment:
    """A virtual environment with one flake8 and the plugin as it is now."""
    home = folder.resolve() / f"{Path(python).resolve().name}-{zlib.crc32(python.encode())}-flake8-{version}"
    executable = home / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not executable.exists():
        subprocess.run([python, "-m", "venv", home], check=True)
    pip = [str(executable), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, f"flake8=={version}", str(ROOT)], check=True)
    subprocess.run([*pip, "--force-reinstall", "--no-deps", str(ROOT)], check=True)
    return Environment(python, version, executable)


def beside_others(folder: Path, home: Path, python: str, sets: Sequence[str]) -> int:
    """Whether neither the plugin nor the others lose or gain a finding by each other."""
    failures = 0
    alone: dict[str, list[str]] = {}
    for others in ("", *sets):
        place = home.resolve() / f"beside-{zlib.crc32((python + others).encode())}"
        executable = place / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        if not executable.exists():
            subprocess.run([python, "-m", "venv", place], check=True)
        pip = [str(executable), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "flake8", *others.split()], check=True)
        subprocess.run([executable, "-m", "pip", "uninstall", "-qy", "flake8-celery-oom"], check=True)
        environment = Environment(python, others or "alone", executable)
        without = lines_of(run(folder, environment, "fork", "-j1", "."))
        subprocess.run([*pip, str(ROOT)], check=True)
        with_it = lines_of(run(folder, environment, "fork", "-j1", "."))
        ours = [line for line in with_it if OURS.search(line)]
        alone.setdefault("ours", ours)
        for name, expected, actual in (
            ("others", without, [line for line in with_it if not OURS.search(line)]),
            ("ours", alone["ours"], ours),
        ):
            if expected != actual:
                failures += 1
                print(f"{others}: {name}:", *difflib.unified_diff(expected, actual, lineterm=""), sep="\n")
        print(f"beside {others or 'none'}: {len(without)} findings of others, {len(ours)} of ours", flush=True)
    return 1 if failures else 0


def lines_of(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What was found. Codes that judge our own comments (flake8-noqa) come and go with our findings."""
    return [line for line in done.stdout.splitlines() if " NQA1" not in line]


def compare(folder: Path, environments: list[Environment]) -> int:
    expected: dict[tuple[str, int], str] = {}
    runs = failures = 0
    for environment in environments:
        listed = run(folder, environment, "list").stdout.split()
        for number, (arguments, stdin) in enumerate(CASES):
            for method, jobs in itertools.product(listed, ("-j1", "-j2")):
                done = run(folder, environment, method, jobs, *arguments, stdin=stdin)
                output = f"{done.stdout}{done.stderr}exit code {done.returncode}\n"
                if method == "fork" and jobs == "-j1" and environment is environments[0]:
                    print(f"$ flake8 {' '.join(arguments)}\n{output}")
                case = (environment.python, number)
                expected.setdefault(case, output)
                runs += 1
                if output != expected[case]:
                    failures += 1
                    lines = difflib.unified_diff(expected[case].splitlines(), output.splitlines(), lineterm="")
                    print(f"{environment}, {method} {jobs} {' '.join(arguments)}:", *lines, sep="\n")
        print(f"{environment}: {' '.join(listed)}", flush=True)
    print(f"{runs} runs, {failures} differ")
    return 1 if failures else 0


def run(
    folder: Path, environment: Environment, *arguments: str, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [environment.executable, folder / "driver.py", *arguments],
        cwd=folder / "project",
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main())
