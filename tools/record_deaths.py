"""Record what real workers print when they or their children die: the texts that ``celery-oom why`` is held against.

Each given Python (one with Celery and redis installed) runs a worker for each kind of death; its log goes to
``tests/data/deaths/RELEASE/KIND.log``. A worker that is killed as a whole runs in a memory cgroup of its own.

    python tools/record_deaths.py PYTHON [PYTHON ...]
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab import servers
from tests.lab.cgroup import MemoryCgroup

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "tests" / "data" / "deaths"
SECONDS = 25.0
"""How long a run may take."""
APP = """\
import os, time
from celery import Celery

app = Celery("shop", broker=os.environ["SHOP_BROKER"])
KEPT = []

@app.task(name="shop.signal")
def signal(number):
    os.kill(os.getpid(), number)
    time.sleep(5)

@app.task(name="shop.leave")
def leave(status):
    os._exit(status)

@app.task(name="shop.keep")
def keep(mebibytes):
    KEPT.append(b"x" * (mebibytes << 20))

@app.task(name="shop.wait")
def wait(seconds):
    time.sleep(seconds)
"""
MIB = 1 << 20
LOGGED = re.compile(r"\[\d{4}-|\S*(?:WorkerLostError|TimeLimitExceeded): ")
"""The lines that the worker logs, and the last ones of tracebacks; banners, warnings and code are not kept."""


ASKED = {"stats.txt": ("inspect", "stats"), "stats.json": ("inspect", "stats", "-j"), "report.txt": ("report",)}
"""What a living worker is asked, by the file that gets the answer."""


@dataclass(frozen=True)
class Death:
    """A worker's options, the task that is sent (Python of its arguments), and the text that says it is over."""

    options: Sequence[str]
    task: str
    arguments: str
    over: str
    times: int = 1
    limit: int = 4096 * MIB


MEMORY = "--max-memory-per-child=70000"
LIVING = ""
"""No task: the worker is asked what it says of itself."""
DEATHS = {
    "living": Death(("-c", "3"), LIVING, "", ""),
    "child-killed": Death(("-c", "1"), "shop.signal", "9", "signal 9"),
    "child-segfault": Death(("-c", "1"), "shop.signal", "11", "signal 11"),
    "child-left": Death(("-c", "1"), "shop.leave", "3", "exitcode 3"),
    "memory-recycled": Death(("-c", "1", MEMORY), "shop.keep", "60", "exceed", times=2),
    "hard-time-limit": Death(("-c", "1", "--time-limit=2"), "shop.wait", "30", "TimeLimitExceeded"),
    "soft-time-limit": Death(("-c", "1", "--soft-time-limit=2"), "shop.wait", "30", "SoftTimeLimitExceeded"),
    "container-limit": Death(("-c", "2"), "shop.keep", "400", "signal 9", times=2, limit=300 * MIB),
}


def record(python: Path, name: str, death: Death, out: Path) -> None:
    """Run one worker and keep its log."""
    with tempfile.TemporaryDirectory() as kept, servers.redis() as broker, MemoryCgroup(death.limit) as cgroup:
        folder = Path(kept)
        (folder / "shop.py").write_text(APP)
        options = [*death.options, "-n", "shop@worker", "-l", "INFO", "--without-gossip", "--without-mingle"]
        command = [str(python), "-m", "celery", "-A", "shop", "worker", *options]
        environment = {"SHOP_BROKER": broker, "C_FORCE_ROOT": "1"}
        with servers.worker(command, cgroup, folder, environment) as process:
            log = folder / "worker.log"
            servers.until(lambda: "ready" in log.read_text(), SECONDS, "the worker")
            if death.task == LIVING:
                record_living(python, folder, environment, out)
                return
            sent = f"shop.app.send_task({death.task!r}, [{death.arguments}])"
            send = f"import shop\nfor _ in range({death.times}):\n    {sent}"
            subprocess.run([str(python), "-c", send], cwd=folder, env=environment, check=True, timeout=SECONDS)
            end = time.monotonic() + SECONDS
            while death.over not in log.read_text() and process.poll() is None and time.monotonic() < end:
                time.sleep(0.2)
            time.sleep(1)
            text = log.read_text(errors="replace")
    out.mkdir(parents=True, exist_ok=True)
    shown = re.sub(r"redis\+socket://\S+", "redis://broker:6379/0", text)
    shown = shown.replace(str(python.parents[1]), "/venv").replace(kept, "/app")
    kept_lines = [line for line in shown.splitlines() if LOGGED.match(line)]
    (out / f"{name}.log").write_text("".join(f"{line}\n" for line in kept_lines))


def record_living(python: Path, folder: Path, environment: dict[str, str], out: Path) -> None:
    """Keep what a living worker says of itself."""
    out.mkdir(parents=True, exist_ok=True)
    for name, words in ASKED.items():
        command = [str(python), "-m", "celery", "-A", "shop", *words]
        said = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS)
        shown = re.sub(r"(?:redis\+socket:)?/\S+?redis\.sock", "redis://broker:6379/0", said.stdout)
        shown = re.sub(r"kernel version:\S+", "kernel version:6.1", shown)
        (out / name).write_text(re.sub(r"(?m)^platform ->.*$", "platform -> system:Linux", shown))


def release_of(python: Path) -> str:
    """The release of Celery that a Python has."""
    asked = [str(python), "-c", "import celery; print(celery.__version__)"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    """Record all deaths with all the Pythons that are given."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("pythons", nargs="+", type=Path, metavar="PYTHON")
    for python in parser.parse_args().pythons:
        out = OUT / release_of(python)
        for name, death in DEATHS.items():
            if MEMORY in death.options and out.name.startswith("3."):
                continue
            print(out.name, name, flush=True)
            record(python, name, death, out)


if __name__ == "__main__":
    main()
