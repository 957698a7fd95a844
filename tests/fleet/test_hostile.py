"""A fleet of hostile repositories: no program is started, nothing stalls, and each is a row."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from flake8_celery_oom.fleet.store import opened_for_reading, rows
from tests.listing.git_repositories import needs_git
from tests.test_nothing_is_run import FORMS, Hostile, modules_of_the_project


@needs_git
def test_nothing_starts_and_nothing_stalls(tmp_path: Path) -> None:
    top, made = tmp_path / "top", tmp_path / "fleet.duckdb"
    found = {}
    for form in FORMS:
        (top / form.__name__).mkdir(parents=True)
        it = Hostile(top / form.__name__)
        form(it)
        it.trace.unlink(missing_ok=True)
        found[f"{form.__name__}/project"] = it
    (tmp_path / "all.txt").write_text("".join(f"{it.root}\n" for it in found.values()))
    environment = {
        "PATH": os.pathsep.join(str(it.bin) for it in found.values()),
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "TMPDIR": str(tmp_path),
    }
    command = [
        sys.executable,
        "-m",
        "flake8_celery_oom",
        "fleet",
        str(tmp_path / "all.txt"),
        "-o",
        str(made),
        "-j",
        "2",
    ]
    hostile = found[f"{modules_of_the_project.__name__}/project"].root
    run = subprocess.run(command, cwd=hostile, env=environment, capture_output=True, text=True, timeout=240)
    assert (run.returncode, run.stderr) == (0, "")
    assert [name for name, it in found.items() if it.trace.exists()] == []
    with opened_for_reading(str(made)) as connection:
        scanned = rows(connection, "SELECT repository, result FROM repositories")
        workers = {row["repository"] for row in rows(connection, "SELECT repository FROM workers")}
    assert {row["result"] for row in scanned} == {"scanned"}
    assert {Path(name).parent.name for name in workers} == {name.partition("/")[0] for name in found}
    assert list(tmp_path.glob("celery-oom-*")) == []
