"""Fixes copies of real repositories with ``celery-oom fix`` and checks the laws of fixing from outside.

    python tools/fix_corpus.py FOLDER [NAME...] [--each]

FOLDER holds one repository in each folder; nothing in it is changed. For each repository: every finding that was fixed
is gone and no new one is there; every file that changed parses as before, and all that differs in it are pieces which
a fix writes or takes away; Celery's own command takes every changed command that is plain text; a second run changes
nothing. With ``--each`` every fix is made alone, too. Prints counts, and ends with status 1 when a law is broken.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from flake8_celery_oom.changes.fixing import Fixer
from flake8_celery_oom.config import Config, read_config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.workspace import Workspace
from tests.changes.celery_accepts import refusal

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


def offered_texts(source: Path) -> frozenset[str]:
    """What the fixes that are offered take away and write."""
    workspace = Workspace(source, read_config(source))
    texts = {""}
    for finding in workspace.findings():
        for edit in finding.fix.edits if finding.fix is not None else ():
            read = workspace.source(edit.at.path)
            texts |= {edit.replacement.strip(), read.text[edit.at.start : edit.at.end].strip() if read else ""}
    return frozenset(texts)


def shared(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    return next(
        (index for index, pair in enumerate(zip(one, other, strict=False)) if len(set(pair)) > 1),
        min(len(one), len(other)),
    )


def is_offered(gone: str, come: str, offered: frozenset[str]) -> bool:
    """Whether a fix takes away the one text and writes the other, apart from what both begin and end with."""
    start = shared(gone, come)
    stop = min(shared(gone[::-1], come[::-1]), min(len(gone), len(come)) - start)
    inner = gone[start : len(gone) - stop].strip(), come[start : len(come) - stop].strip()
    return offered.issuperset(inner) or offered.issuperset((gone.strip(), come.strip()))


def foreign(old: str, new: str, offered: frozenset[str]) -> list[str]:
    """Pieces that differ and that no fix writes."""
    lines = difflib.SequenceMatcher(None, old.splitlines(keepends=True), new.splitlines(keepends=True), autojunk=False)
    pieces = []
    for _, old_start, old_end, new_start, new_end in changes(lines):
        before, after = ("".join(lines.a[old_start:old_end]), "".join(lines.b[new_start:new_end]))
        words = difflib.SequenceMatcher(None, WORD.findall(before), WORD.findall(after), autojunk=False)
        for _, left, right, low, high in changes(words):
            gone, come = "".join(words.a[left:right]), "".join(words.b[low:high])
            usual = PIECE.fullmatch(gone) and PIECE.fullmatch(come)
            if not usual and not is_offered(gone, come, offered):
                pieces.append(f"{gone!r} -> {come!r}")
    return pieces


def changes(matcher: difflib.SequenceMatcher[str]) -> list[tuple[str, int, int, int, int]]:
    return [one for one in matcher.get_opcodes() if one[0] != "equal"]


def parses(path: Path) -> bool:
    """Whether a file is what its name says, for other parsers than those that wrote it."""
    text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
    try:
        if path.suffix == ".py":
            ast.parse(text)
        elif path.suffix in {".yml", ".yaml"}:
            import yaml

            list(yaml.compose_all(text, yaml.SafeLoader))
        elif path.suffix == ".json":
            json.loads(text)
        elif path.suffix == ".toml":
            import tomllib

            tomllib.loads(text)
        elif path.suffix in {".sh", ".bash"}:
            return subprocess.run(["bash", "-n", str(path)], capture_output=True).returncode == 0
    except Exception:
        return False
    return True


def refusals(workers: tuple[Worker, ...]) -> Iterator[tuple[int, str]]:
    """What Celery says of the commands that are plain text, by the place of the worker."""
    for index, worker in enumerate(workers):
        words = [word.text for word in worker.words]
        if "worker" not in words[1:] or not all(isinstance(word, str) for word in words):
            continue
        numbers = [
            value.value if isinstance(value, Known) and value.origin == "cli" else None
            for value in (worker.concurrency, worker.max_memory_per_child)
        ]
        try:
            yield index, refusal([str(word) for word in words], *numbers)
        except (AssertionError, IndexError):
            continue  # no options of Celery 5 stand before the word worker


def taken_by_celery(old: Path, new: Path, totals: Counter[str]) -> list[str]:
    """The commands that Celery takes before the fix and does not take with it."""
    before, after = (dict(refusals(Workspace(folder, read_config(folder)).project().workers)) for folder in (old, new))
    totals["commands"] += len(after)
    return [f"worker {index}: {said}" for index, said in after.items() if said and not before.get(index)]


def check(source: Path, totals: Counter[str], *, each: bool) -> list[str]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / source.name
        shutil.copytree(source, folder, symlinks=True)
        before_files, before = hashes(folder), findings(folder)
        first = subprocess.run([*COMMAND, "fix", "--unsafe-fixes", "."], cwd=folder, capture_output=True, text=True)
        after_files, after = hashes(folder), findings(folder)
        second = subprocess.run([*COMMAND, "fix", "--unsafe-fixes", "."], cwd=folder, capture_output=True, text=True)
        broken = (first.stderr + second.stderr).splitlines()
        fixed = len(re.findall(r"^(?!.* left: ).*: CO\d{3} ", first.stdout, re.MULTILINE))
        changed = [path for path in before_files if before_files[path] != after_files.get(path)]
        if after_files.keys() != before_files.keys():
            broken.append("other files are there")
        if hashes(folder) != after_files:
            broken.append("a second run changes something")
        if sum(after.values()) != sum(before.values()) - fixed:
            broken.append(f"{sum(before.values())} findings, {fixed} fixed, {sum(after.values())} left")
        broken += [f"new finding {one}" for one in after - before]
        broken += changed_wrongly(source, folder, changed)
        broken += taken_by_celery(source, folder, totals)
        refused = len(re.findall(r"left: its fix was not made", first.stdout))
        totals.update(repositories=1, findings=sum(before.values()), fixed=fixed, files=len(changed), refused=refused)
        print(
            f"{source.name}: {sum(before.values())} findings, {fixed} fixed in {len(changed)} files, {refused} refused",
            flush=True,
        )
    if each:
        broken += one_by_one(source, totals)
    return [f"{source.name}: {line}" for line in broken]


def changed_wrongly(source: Path, folder: Path, changed: list[str]) -> Iterator[str]:
    """What is wrong with the files that changed."""
    offered = offered_texts(source) if changed else frozenset()
    for path in changed:
        if parses(source / path) and not parses(folder / path):
            yield f"{path} parses no more"
        old, new = ((root / path).read_bytes().decode("utf-8", "surrogateescape") for root in (source, folder))
        yield from (f"{path}: {piece}" for piece in foreign(old, new, offered))


def one_by_one(source: Path, totals: Counter[str]) -> Iterator[str]:
    """What is wrong with each fix where it is the only one."""
    config = read_config(source)
    before = Workspace(source, config).findings()
    for wanted in before:
        if wanted.fix is not None and wanted.fix.edits:
            totals["alone"] += 1
            yield from (f"{wanted.code} at {wanted.at} alone: {one}" for one in alone(source, config, wanted, before))


def alone(source: Path, config: Config, wanted: Finding, before: list[Finding]) -> Iterator[str]:
    """What is wrong with one fix."""
    key = (wanted.code, wanted.at, wanted.message)
    outcome = Fixer(
        lambda texts: Workspace(source, config, texts),
        lambda one: (one.code, one.at, one.message) == key,
        unsafe=True,
    ).run()
    if not outcome.texts:
        yield "was not made"
    with tempfile.TemporaryDirectory() as temporary:
        for path, text in outcome.texts.items():
            file = Path(temporary) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(outcome.originals[path].to_bytes(text))
        yield from changed_wrongly(source, Path(temporary), list(outcome.texts))
    after = Workspace(source, config, outcome.texts).findings()
    old, new = (Counter((one.code, one.at.path) for one in some) for some in (before, after))
    if new - old or not (old - new)[wanted.code, wanted.at.path]:
        yield f"new {new - old}, gone {old - new}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--each", action="store_true", help="make every fix alone, too")
    options = parser.parse_args()
    totals: Counter[str] = Counter()
    broken: list[str] = []
    for source in sorted(path for path in options.folder.iterdir() if path.is_dir()):
        if not options.names or source.name in options.names:
            broken += check(source, totals, each=options.each)
    print(dict(totals))
    print("\n".join(broken) or "no law is broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
