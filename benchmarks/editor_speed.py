"""Times from a keystroke to what an editor shows of it, and the memory of the language server, by size of the project.

usage: python benchmarks/editor_speed.py [--files 10000] [--edits 60] [--growth 1000 10000 100000]
A made-up repository is put under git; a real server is talked to over its standard input and output. The times are
seconds of the clock from a change of an open file to the diagnostics of that file (a worker's option in a compose
file), and of another one (a setting that the same worker reads). ``--growth`` takes the sizes in turn, and says with
which exponent time and memory grow.
"""

from __future__ import annotations

import argparse
import math
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.check_speed import make_repository
from tests.frontends.language_server.editor import MENDING, Editor

COMPOSE = "editing/compose.yml"
SETTINGS = "editing/shop/conf.py"
FILES = {
    "editing/shop/__init__.py": "from celery import Celery\n\napp = Celery()\napp.config_from_object('shop.conf')\n",
    SETTINGS: "broker_url = 'redis://'\n",
    COMPOSE: "services:\n  jobs:\n    image: shop\n    working_dir: /srv/editing\n    command: celery -A shop worker\n",
}


@dataclass(frozen=True)
class Measured:
    """What one size took: seconds and KiB."""

    files: int
    first: float
    own: list[float]
    across: list[float]
    rss: int
    peak: int


def memory(pid: int) -> tuple[int, int]:
    """What a process holds, and the most that it ever held, in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    values = {line.partition(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
    return int(values["VmRSS"]), int(values["VmHWM"])


def server_of(editor: Editor) -> int:
    process = editor.client._server  # noqa: SLF001 - nothing public names it
    assert process is not None
    return process.pid


def measure(files: int, edits: int) -> Measured:
    dice = random.Random(1)
    with tempfile.TemporaryDirectory() as temporary:
        root = make_repository(Path(temporary), files)
        for path, text in FILES.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        for command in (["init", "-q"], ["add", "--all"]):
            subprocess.run(["git", *command], cwd=root, check=True)
        start = time.perf_counter()
        with Editor(root, MENDING) as editor:
            editor.await_(lambda: editor.codes(COMPOSE) == ["CO101", "CO201"], lambda: str(sorted(editor.shown)))
            first = time.perf_counter() - start
            for path in (COMPOSE, SETTINGS):
                editor.open(path)
            editor.await_(lambda: editor.versions.get(COMPOSE) == 1)
            own, across = [], []
            for number in range(edits):
                own.append(
                    timed(editor, COMPOSE, FILES[COMPOSE].replace("worker\n", f"worker -c {number + 2}\n"), ["CO201"])
                )
                timed(editor, COMPOSE, FILES[COMPOSE], ["CO101", "CO201"])
                across.append(timed(editor, SETTINGS, f"worker_concurrency = {number + 2}\n", ["CO201"]))
                timed(editor, SETTINGS, FILES[SETTINGS], ["CO101", "CO201"])
                time.sleep(dice.random() / 5)
            rss, peak = memory(server_of(editor))
        return Measured(files, first, own, across, rss, peak)


def timed(editor: Editor, path: str, text: str, codes: list[str]) -> float:
    """From an edit to the diagnostics of the compose file that follow from it."""
    start = time.perf_counter()
    editor.edit(path, text)
    editor.await_codes(COMPOSE, codes)
    return time.perf_counter() - start


def shown(times: list[float]) -> str:
    high = quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
    return f"median {median(times) * 1000:.0f} ms, 95 % {high * 1000:.0f} ms"


def say(one: Measured) -> None:
    print(
        f"{one.files} files: first findings after {one.first:.1f} s; the file itself {shown(one.own)}; "
        f"across files {shown(one.across)}; memory {one.rss / 1024:.0f} MiB, at most {one.peak / 1024:.0f} MiB",
        flush=True,
    )


def exponent(one: tuple[int, float], other: tuple[int, float]) -> float:
    return math.log(other[1] / one[1]) / math.log(other[0] / one[0])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--edits", type=int, default=60)
    parser.add_argument("--growth", type=int, nargs="+")
    options = parser.parse_args()
    sizes = options.growth or [options.files]
    found = []
    for size in sizes:
        found.append(measure(size, options.edits))
        say(found[-1])
    for one, other in pairwise(found):
        first = exponent((one.files, one.first), (other.files, other.first))
        key = exponent((one.files, median(one.across)), (other.files, median(other.across)))
        peak = exponent((one.files, one.peak), (other.files, other.peak))
        print(
            f"{one.files} to {other.files} files: first look n^{first:.2f}, keystroke n^{key:.2f}, memory n^{peak:.2f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
