"""Weighs idle workers: the rows of the table in flake8_celery_oom/analysis/budget.py.

    python -m tests.lab.measure [--python PROGRAM] [--imports django,numpy] [--repeat 3]

PROGRAM is a Python with celery, redis and the imported packages (and gevent for its row). Needs what the tests here
need: root, a memory cgroup, redis-server. All figures are MiB, the median of the repetitions.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from tests.lab import servers
from tests.lab.cgroup import MemoryCgroup

MIB = 1024**2
APP = """
import os
from celery import Celery
{imports}
app = Celery("weighed", broker=os.environ["LAB_BROKER"], broker_connection_retry_on_startup=True)
"""
SETTINGS = """
SECRET_KEY = "lab"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""
POOLS = {
    "prefork": ("-c", "4"),
    "solo": ("-P", "solo"),
    "threads": ("-P", "threads", "-c", "4"),
    "gevent": ("-P", "gevent", "-c", "100"),
}
BEAT = ("-c", "4", "-B")


@dataclass(frozen=True)
class Weights:
    """One idle worker, in MiB; children by their median.

    ``alone`` is what is left of the whole without ``child_uss`` for each child: one child more costs ``child_uss``.
    (The child that was forked last shares its pages with the main process and has less of its own.)
    """

    main_rss: float
    main_uss: float
    child_rss: float
    child_uss: float
    anonymous: float
    alone: float


def weigh(python: str, imports: Sequence[str], options: Sequence[str]) -> Weights:
    """Start a worker, wait until it is idle, weigh it, end it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = [f"import {module}" for module in imports if module != "django"]
        (folder / "weighed.py").write_text(APP.format(imports="\n".join(lines)))
        (folder / "lab_settings.py").write_text(SETTINGS)
        command = [python, "-m", "celery", "-A", "weighed", "worker", "-l", "INFO", *options]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        with servers.redis() as broker, MemoryCgroup() as cgroup:
            environment = {"LAB_BROKER": broker}
            if "django" in imports:
                environment["DJANGO_SETTINGS_MODULE"] = "lab_settings"
            with servers.worker(command, cgroup, folder, environment) as process:
                servers.until(lambda: servers.ready(folder), servers.STARTING, "the worker")
                time.sleep(1.5)
                main = rss_and_uss(process.pid)
                children = [rss_and_uss(one) for one in cgroup.processes() if one != process.pid]
                anonymous = cgroup.anonymous_bytes() / MIB
    rss, uss = (statistics.median(values) for values in zip(*children, strict=True)) if children else (0.0, 0.0)
    return Weights(*main, rss, uss, anonymous, anonymous - len(children) * uss)


def rss_and_uss(process: int) -> tuple[float, float]:
    """MiB in memory, and MiB that no other process shares."""
    kib = {}
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        words = line.split()
        if len(words) == 3 and words[2] == "kB":
            kib[words[0]] = int(words[1]) / 1024
    return kib["Rss:"], kib["Private_Clean:"] + kib["Private_Dirty:"]


def versions(python: str) -> str:
    program = "import sys, celery; print(celery.__version__, '%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", program], check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--imports", default="", help="one row more for each of these: django,numpy,pandas")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    shown = versions(options.python)
    print("celery python imports pool: main rss, uss; child rss, uss; all anonymous; main alone (MiB, [least, most])")
    for module in ("", *filter(None, options.imports.split(","))):
        for pool, words in {**POOLS, "prefork -B": BEAT}.items():
            if pool == "prefork -B" and module:
                continue
            runs = [astuple(weigh(options.python, [module] if module else [], words)) for _ in range(options.repeat)]
            cells = [
                f"{statistics.median(column):.1f} [{min(column):.1f}, {max(column):.1f}]"
                for column in zip(*runs, strict=True)
            ]
            print(shown, module or "bare", pool + ":", "; ".join(cells), flush=True)


if __name__ == "__main__":
    main()
