"""Holds remembered answers and remembered looks against fresh ones while a project is edited at random.

usage: python tools/random_edits.py [--edits 200] [--seed 1] FOLDER...
Each folder is copied, put under git and edited: lines come and go, words change, files are made, renamed, removed,
touched, replaced by others of the same size and time, ignored by git, put behind links; the configuration and the
environment change. After each edit one command is answered from memory and anew. Any difference ends the run with
status 1 and says which edit made it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from flake8_celery_oom.frontends import answer_cache, cli
from flake8_celery_oom.listing import signature

LINES = (
    "",
    "# a comment",
    "import celery",
    "x = 1  # noqa: CO101",
    "# celery-oom: ignore[CO202] reason",
    "subprocess.run(['./start.sh'])",
    "CELERY_WORKER_CONCURRENCY = 3",
    "worker_max_tasks_per_child = 10",
    "celery -A proj worker --concurrency=4",
    "app.conf.worker_concurrency = 2",
    "os.environ.get('CELERY_WORKER_POOL')",
    "from celery import chord",
    "def ready(self): pass",
)
COMMANDS = (["check", "--format", "json"], ["workers", "--format", "json"], ["check", "--format", "full"])
CONFIGURATIONS = ("", 'ignore = ["CO2"]\n', 'exclude = ["docs"]\n', "all-places = true\n")
SECTION = "[tool.celery-oom]"
WORDS = (b"celery", b"worker", b"noqa", b"import")


class Editor:
    """Makes edits in one project."""

    def __init__(self, root: Path, dice: random.Random) -> None:
        self.root = root
        self.dice = dice
        self.kinds: dict[str, Callable[[], str]] = {
            "insert": self.insert,
            "delete": self.delete,
            "replace": self.replace,
            "rename": self.rename,
            "remove": self.remove,
            "make": self.make,
            "touch": self.touch,
            "same size and time": self.same_size_and_time,
            "ignore": self.ignore,
            "link": self.link,
            "configuration": self.configuration,
            "environment": self.environment,
        }

    def edit(self) -> str:
        """One edit; gives what was done."""
        kind = self.dice.choices(list(self.kinds), weights=(8, 6, 6, 2, 1, 2, 3, 4, 1, 2, 1, 1))[0]
        try:
            return f"{kind}: {self.kinds[kind]()}"
        except OSError as error:
            return f"{kind}: nothing ({error.strerror})"

    def file(self) -> Path:
        files = [path for path in self.root.rglob("*") if path.is_file() and ".git" not in path.parts]
        if self.dice.random() < 0.5:
            files = [path for path in files if b"elery" in path.read_bytes()] or files
        return self.dice.choice(sorted(files))

    def lines(self, path: Path) -> list[bytes]:
        return path.read_bytes().splitlines(keepends=True)

    def insert(self) -> str:
        path = self.file()
        lines = self.lines(path)
        line = self.dice.choice(LINES)
        place = self.dice.choice([self.dice.randint(0, len(lines)), len(lines)])  # behind all that the file says too
        lines.insert(place, line.encode() + b"\n")
        path.write_bytes(b"".join(lines))
        return f"{path}: {line}"

    def delete(self) -> str:
        path = self.file()
        lines = self.lines(path)
        if lines:
            del lines[self.dice.randrange(len(lines))]
        path.write_bytes(b"".join(lines))
        return str(path)

    def replace(self) -> str:
        path = self.file()
        one, other = self.dice.sample(WORDS, 2)
        path.write_bytes(path.read_bytes().replace(one, other, 1))
        return f"{path}: {one!r} {other!r}"

    def rename(self) -> str:
        path = self.file()
        target = path.with_name(self.dice.choice(["start.sh", "tasks.py", f"new-{path.name}"]))
        path.rename(target)
        return f"{path} {target}"

    def remove(self) -> str:
        path = self.file()
        path.unlink()
        return str(path)

    def make(self) -> str:
        path = self.file().with_name(self.dice.choice(["made.py", "Procfile", "made.sh", "compose.made.yml"]))
        path.write_text("\n".join(self.dice.choices(LINES, k=3)) + "\n")
        return str(path)

    def touch(self) -> str:
        path = self.file()
        path.touch()
        return str(path)

    def same_size_and_time(self) -> str:
        path = self.file()
        status = path.stat()
        data = bytearray(path.read_bytes())
        if data:
            data[self.dice.randrange(len(data))] = self.dice.choice(b"abcxyz 0189#")
        path.write_bytes(bytes(data))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        return str(path)

    def ignore(self) -> str:
        path = self.root / ".gitignore"
        line = self.dice.choice(["made.*\n", "*.md\n", "new-*\n", ""])
        path.write_text((path.read_text() if path.exists() else "") + line if line else "")
        return line

    def link(self) -> str:
        path, target = self.file(), self.file()
        place = path.with_name("linked.py")
        if place.is_symlink():
            place.unlink()
        place.symlink_to(target)
        return f"{place} {target}"

    def configuration(self) -> str:
        path = self.root / "pyproject.toml"
        before = path.read_text().partition(SECTION)[0] if path.exists() else ""
        text = self.dice.choice(CONFIGURATIONS)
        path.write_text(f"{before}{SECTION}\n{text}")
        return text

    def environment(self) -> str:
        os.environ["COLUMNS"] = str(self.dice.choice([60, 80, 120]))
        return os.environ["COLUMNS"]


def fresh(words: list[str]) -> int:
    return cli.main([words[0], *(["--no-cache"] if words[0] == "check" else []), *words[1:]])


def printed(run: Callable[[], int]) -> tuple[int, str]:
    output, errors = io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace"), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        status = run()
    output.flush()
    output.seek(0)
    return status, output.read()


def check(folder: Path, edits: int, seed: int) -> bool:
    """Edit a copy of a folder; whether all remembered answers were right."""
    root = Path(tempfile.mkdtemp())
    project = root / "project"
    shutil.copytree(folder, project, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=project, check=True, capture_output=True)
    os.environ["XDG_CACHE_HOME"] = str(root / "cache")
    os.chdir(project)
    dice = random.Random(seed)
    editor = Editor(project, dice)
    runs: list[int] = []

    def counted(words: list[str]) -> int:
        runs.append(1)
        return cli.main(words, remember=True)

    wrong = 0
    start = time.process_time()
    for number in range(edits):
        done = editor.edit()
        words = dice.choices(COMMANDS, weights=(8, 1, 1))[0]
        remembered = printed(lambda words=words: answer_cache.answer(words, lambda: counted(words)))
        expected = printed(lambda words=words: fresh(words))
        if remembered != expected:
            wrong += 1
            print(f"{folder.name}: edit {number} of seed {seed} is remembered wrongly for {words}: {done}", flush=True)
    seconds = time.process_time() - start
    print(f"{folder.name}: {edits} edits, {edits - len(runs)} answered from memory, {wrong} wrong, {seconds:.0f} s CPU")
    shutil.rmtree(root)
    return not wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    signature.SETTLED_SECONDS = -1e9  # all is kept: no edit is made while a command runs
    right = [check(one.resolve(), options.edits, options.seed) for one in options.folders]
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main())
