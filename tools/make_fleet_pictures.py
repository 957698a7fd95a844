"""Make the pictures of docs/fleet.md: ``python tools/make_fleet_pictures.py`` (needs chromium).

They show a fleet of made repositories, before and after some of them were mended.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "benchmarks"))

import fleet_repositories  # noqa: E402

from flake8_celery_oom.frontends import cli  # noqa: E402
from tools import make_pictures  # noqa: E402

REPOSITORIES = 160
_COMMAND = re.compile(r"(celery .*worker)\b")
TEAMS = "group0[0-4]/* @payments\ngroup0[5-9]/* @search\ngroup1[0-4]/* @data\ngroup1[5-9]/* @platform\n"


def main() -> int:
    """Write both pictures: the top of the page, and its repositories, one of them open."""
    with tempfile.TemporaryDirectory() as kept:
        page = _page(Path(kept))
    opened = page.replace("<details><summary><strong class", "<details open><summary><strong class", 2)
    start, end = opened.index("<section>"), opened.index("<h2>Repositories")
    second = opened[:start] + opened[opened.rindex("<section>", 0, end) :]
    for name, text in (("fleet.png", page), ("fleet-repositories.png", second)):
        (make_pictures.PICTURES / name).write_bytes(make_pictures.screenshot(text))
    return 0


def _page(folder: Path) -> str:
    top, teams = folder / "checkouts", folder / "teams"
    fleet_repositories.make(top, REPOSITORIES, share=0.6)
    teams.write_text(TEAMS)
    results = [str(folder / "before.duckdb"), str(folder / "after.duckdb")]
    cli.main(["fleet", str(top), "-o", results[0], "-q"])
    for number in range(0, REPOSITORIES, 3):
        for file in (top / f"group{number % 20:02}" / f"repository{number:05}").rglob("*.yml"):
            file.write_text(_COMMAND.sub(r"\1 -c 2 --max-memory-per-child=120000", file.read_text(), count=1))
    cli.main(["fleet", str(top), "-o", results[1], "-q"])
    out = io.StringIO()
    words = ["fleet", "report", results[1], "--before", results[0], "--teams", str(teams)]
    with contextlib.redirect_stdout(out):
        cli.main(words)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
