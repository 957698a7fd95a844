"""Fixes copies of real repositories with ``celery-oom fix`` and checks the laws of fixing from outside.

    python tools/fix_corpus.py FOLDER [NAME...]

FOLDER holds one repository in each folder; nothing in it is changed. For each repository: every finding that was fixed
is gone and no new one is there; every file that changed is read as before, and all that differs in it are pieces which
a fix writes or takes away; a second run changes nothing. Prints counts, and ends with status 1 when a law is broken.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

COMMAND = [sys.executable, "-m", "flake8_celery_oom"]
WORD = re.compile(r"\S+|\s+")
OPTION = r"(?:--(?:concurrency|max-memory-per-child|max-tasks-per-child|maxtasksperchild)(?:[=\s]+\d+)?|-c\s?\d+)"
SETTING = r"[\w.]*(?:concurrency|max_memory_per_child|max_tasks_per_child)\w*\W{1,5}\d+"
PIECE = re.compile(rf"(?:[\s,\"'-]*(?:{OPTION}|{SETTING}|\d+)[\s,\"']*)*|[\s,]*", re.IGNORECASE)
"""What fixes write and take away: options, settings and numbers, with what separates them."""


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and ".git" not in path.relative_to(folder).parts
    }


def findings(folder: Path) -> Counter[tuple[str, str]]:
    run = subprocess.run(
        [*COMMAND, "check", "--format", "json", "--no-cache", "."], cwd=folder, capture_output=True, text=True
    )
    return Counter((one["code"], one["path"]) for one in json.loads(run.stdout)["findings"])


def foreign(old: str, new: str) -> list[str]:
    """Pieces that differ and that no fix writes."""
    lines = difflib.SequenceMatcher(None, old.splitlines(keepends=True), new.splitlines(keepends=True), autojunk=False)
    pieces = []
    for _, old_start, old_end, new_start, new_end in changes(lines):
        before, after = ("".join(lines.a[old_start:old_end]), "".join(lines.b[new_start:new_end]))
        words = difflib.SequenceMatcher(None, WORD.findall(before), WORD.findall(after), autojunk=False)
        for _, left, right, low, high in changes(words):
            gone, come = "".join(words.a[left:right]), "".join(words.b[low:high])
            if not PIECE.fullmatch(gone) or not PIECE.fullmatch(come):
                pieces.append(f"{gone!r} -> {come!r}")
    return pieces


def changes(matcher: difflib.SequenceMatcher[str]) -> list[tuple[str, int, int, int, int]]:
    return [one for one in matcher.get_opcodes() if one[0] != "equal"]


def check(source: Path, totals: Counter[str]) -> list[str]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / source.name
        shutil.copytree(source, folder, symlinks=True)
        before_files, before = hashes(folder), findings(folder)
        first = subprocess.run([*COMMAND, "fix", "--unsafe-fixes", "."], cwd=folder, capture_output=True, text=True)
        after_files, after = hashes(folder), findings(folder)
        second = subprocess.run([*COMMAND, "fix", "--unsafe-fixes", "."], cwd=folder, capture_output=True, text=True)
        broken = [f"{source.name}: {line}" for line in (first.stderr + second.stderr).splitlines()]
        fixed = len(re.findall(r"^(?!.* left: ).*: CO\d{3} ", first.stdout, re.MULTILINE))
        changed = [path for path in before_files if before_files[path] != after_files.get(path)]
        if after_files.keys() != before_files.keys():
            broken.append(f"{source.name}: other files are there")
        if hashes(folder) != after_files:
            broken.append(f"{source.name}: a second run changes something")
        if sum(after.values()) != sum(before.values()) - fixed:
            broken.append(f"{source.name}: {sum(before.values())} findings, {fixed} fixed, {sum(after.values())} left")
        broken += [f"{source.name}: new finding {one}" for one in after - before]
        for path in changed:
            old, new = ((root / path).read_bytes().decode("utf-8", "surrogateescape") for root in (source, folder))
            broken += [f"{source.name}/{path}: {piece}" for piece in foreign(old, new)]
        refused = len(re.findall(r"left: its fix was not made", first.stdout))
        totals.update(repositories=1, findings=sum(before.values()), fixed=fixed, files=len(changed), refused=refused)
        print(
            f"{source.name}: {sum(before.values())} findings, {fixed} fixed in {len(changed)} files, {refused} refused"
        )
        return broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    totals: Counter[str] = Counter()
    broken: list[str] = []
    for source in sorted(path for path in options.folder.iterdir() if path.is_dir()):
        if not options.names or source.name in options.names:
            broken += check(source, totals)
    print(dict(totals))
    print("\n".join(broken) or "no law is broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
