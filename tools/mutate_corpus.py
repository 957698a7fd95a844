"""Mutate the files of folders and check each mutant: ``python tools/mutate_corpus.py [--mutants N] [FOLDER...]``.

Every mutant is checked alone, in a forked process, as a project of one file. Printed are those that end in another
status than 0 or 1, that take too long or too much memory, or whose run met a mistake of the program. Without a folder
the files of ``fixtures/`` are taken.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
SECONDS, MEBIBYTES = 2.0, 300
MISTAKE = "mistake in celery-oom"


def _cut(data: bytes, at: int, other: bytes) -> bytes:
    return data[:at]


def _with(piece: bytes) -> Callable[[bytes, int, bytes], bytes]:
    return lambda data, at, other: data[:at] + piece + data[at:]


def _line(data: bytes, at: int, change: Callable[[list[bytes], int], object]) -> bytes:
    lines = data.splitlines(keepends=True) or [b""]
    change(lines, data[:at].count(b"\n") % len(lines))
    return b"".join(lines)


OPERATORS: dict[str, Callable[[bytes, int, bytes], bytes]] = {
    "cut": _cut,
    "cut before": lambda data, at, other: data[at:],
    "drop a byte": lambda data, at, other: data[:at] + data[at + 1 :],
    "flip a byte": lambda data, at, other: (
        data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :] if data else data
    ),
    "repeat a stretch": lambda data, at, other: data[:at] + data[at : at + 40] * 50 + data[at:],
    "double": lambda data, at, other: data + data,
    "drop a line": lambda data, at, other: _line(data, at, lambda lines, n: lines.pop(n) and None),
    "repeat a line": lambda data, at, other: _line(data, at, lambda lines, n: lines.insert(n, lines[n] * 30)),
    "indent a line": lambda data, at, other: _line(data, at, lambda lines, n: lines.insert(n, b"   " + lines.pop(n))),
    "swap lines": lambda data, at, other: _line(data, at, lambda lines, n: lines.insert(0, lines.pop(n))),
    "CRLF": lambda data, at, other: data.replace(b"\n", b"\r\n"),
    "lone CR": lambda data, at, other: data.replace(b"\n", b"\r"),
    "one line": lambda data, at, other: data.replace(b"\n", b" "),
    "NUL": _with(b"\0"),
    "no UTF-8": _with(b"\xff\xc0\x80"),
    "bidirectional": _with("\u202e\u2028\ufeff".encode()),
    "opened": _with(b"${{{[(\"'`$("),
    "closed": _with(b")}]\"'`}}"),
    "nested": _with(b"${a:-" * 300 + b"$((" * 100),
    "large number": _with(b"9" * 5000),
    "doubled variable": _with(b"\nA=$A$A\n" * 30),
    "spliced": lambda data, at, other: data[:at] + other[len(other) // 2 :],
    "UTF-16": lambda data, at, other: ("\ufeff" + data.decode("utf-8", "replace")).encode("utf-16-le"),
}


def main() -> int:
    """Try the mutants, and say how many there were and which fell through."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "fixtures"])
    parser.add_argument("--mutants", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    files = [(folder, path) for folder in options.folders for path in sorted(folder.rglob("*")) if _is_taken(path)]
    chosen = random.Random(options.seed)
    fallen = 0
    for number in range(options.mutants):
        folder, path = chosen.choice(files)
        name = chosen.choice(sorted(OPERATORS))
        data, other = path.read_bytes(), chosen.choice(files)[1].read_bytes()
        mutant = OPERATORS[name](data, chosen.randrange(len(data) or 1), other)
        seconds, mebibytes, status = _check(path.relative_to(folder), mutant)
        if seconds > SECONDS or mebibytes > MEBIBYTES or status not in (0, 1):
            fallen += 1
            print(f"{path}: {name} (mutant {number}): {seconds:.1f} s, {mebibytes} MiB, status {status}", flush=True)
    print(f"{options.mutants} mutants, {fallen} fell through")
    return 1 if fallen else 0


def _is_taken(path: Path) -> bool:
    from flake8_celery_oom.discover import SKIPPED_FOLDERS

    if SKIPPED_FOLDERS.intersection(path.parts):
        return False
    return path.is_file() and not path.is_symlink() and 0 < path.stat().st_size < 200_000


def _check(path: Path, data: bytes) -> tuple[float, int, int]:
    """Seconds of CPU, growth in MiB and status of a check; 99 where it met a mistake of the program."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, *path.parts[-3:])
        file.parent.mkdir(parents=True) if file.parent != Path(folder) else None
        file.write_bytes(data)
        Path(folder, ".git").mkdir(exist_ok=True)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        child = os.fork()
        if not child:
            resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
            os._exit(_run(folder))
        _, status, usage = os.wait4(child, 0)
        grown = max(0, usage.ru_maxrss - before) // 1024
        return usage.ru_utime + usage.ru_stime, grown, os.waitstatus_to_exitcode(status)


def _run(folder: str) -> int:
    from flake8_celery_oom.frontends import cli

    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = cli.main(["check", "--no-cache", folder])
    return 99 if MISTAKE in said.getvalue() else status


def _warm() -> None:
    from flake8_celery_oom.sources.kinds import kinds

    kinds()
    _run(str(ROOT / "fixtures" / "projects" / "shop"))


if __name__ == "__main__":
    _warm()
    sys.exit(main())
