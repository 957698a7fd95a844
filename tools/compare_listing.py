"""Compares the listing of real repositories with git's own.

usage: python tools/compare_listing.py FOLDER...
Each folder inside a FOLDER is one repository. It is copied, ``git init`` and ``git add`` run in the copy, and the paths
that ``list_checkout`` gives are compared with those of ``git ls-files --cached --others --exclude-standard``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from flake8_celery_oom.listing.checkout import list_checkout


def differences(repository: Path, work: Path) -> tuple[int, list[str]]:
    """How many paths git lists of a copy of a repository, and those that only one of the two lists."""
    copy = work / "copy"
    shutil.copytree(repository, copy, symlinks=True)
    try:
        subprocess.run(["git", "init", "-q"], cwd=copy, check=True)
        subprocess.run(["git", "add", "-A"], cwd=copy, check=True, stderr=subprocess.DEVNULL)
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        output = subprocess.run(command, cwd=copy, check=True, capture_output=True).stdout
        theirs = {os.fsdecode(path) for path in output.split(b"\0") if path}
        found = list_checkout(str(copy))
        ours = {*found.files, *found.others} if found is not None else set()
        return len(theirs), sorted(ours ^ theirs)
    finally:
        shutil.rmtree(copy)


def main() -> int:
    """Print a line for each repository that differs, and a count."""
    repositories = [entry for name in sys.argv[1:] for entry in sorted(Path(name).iterdir()) if entry.is_dir()]
    different = total = 0
    with tempfile.TemporaryDirectory() as work:
        for repository in repositories:
            count, odd = differences(repository, Path(work))
            total += count
            if odd:
                different += 1
                print(f"{repository.name}: {len(odd)} of {count} paths differ: {', '.join(odd[:5])}")
    print(f"{len(repositories)} repositories, {total} paths; {different} repositories differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
