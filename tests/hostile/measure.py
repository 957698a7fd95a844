"""Seconds and memory that a check of each hostile shape takes: ``python -m tests.hostile.measure [WORD...]``.

Each shape is checked in a process of its own, which is forked after everything is imported.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import sys
import tempfile
from pathlib import Path

from tests.hostile.shapes import SHAPES, Files, runs_in_all_kinds

MOST_SECONDS = 30
MOST_BYTES = 3 << 30


def main(words: list[str]) -> None:
    """Print a line of JSON for each shape that a word names or is a part of the name of; for all without words."""
    from flake8_celery_oom.sources.kinds import kinds

    kinds()
    _measured({"Procfile": "w: celery -A p worker\n", "p.py": "import celery\napp = celery.Celery()\n"}, inside=True)
    runs = runs_in_all_kinds() if ":" in "".join(words) else {}
    for name in (*SHAPES, *runs):
        if not words or name in words or any(word in name for word in words if word not in SHAPES):
            seconds, mebibytes, status = _measured(SHAPES[name]() if name in SHAPES else runs[name])
            print(json.dumps({"shape": name, "seconds": seconds, "MiB": mebibytes, "status": status}), flush=True)


def _measured(files: Files, *, inside: bool = False) -> tuple[float, int, int]:
    """Seconds of CPU, growth of memory in MiB and exit status; negative for the signal that ended it."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
        Path(folder, ".git").mkdir()
        if inside:
            _check(folder)
            return 0, 0, 0
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        child = os.fork()
        if not child:
            resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
            resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
            os._exit(_check(folder))
        _, status, usage = os.wait4(child, 0)
        grown = max(0, usage.ru_maxrss - before) // 1024
        return round(usage.ru_utime + usage.ru_stime, 2), grown, os.waitstatus_to_exitcode(status)


def _check(folder: str) -> int:
    from flake8_celery_oom.frontends import cli

    with contextlib.redirect_stdout(io.StringIO()):
        return cli.main(["check", "--no-cache", "--format", "json", folder])


if __name__ == "__main__":
    main(sys.argv[1:])
