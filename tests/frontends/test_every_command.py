"""Every command that looks at a project, started as the console script starts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.files import write_files

FILES = {
    "Procfile": "jobs: celery -A shop worker -c 2\n",
    "shop.py": "from celery import Celery\napp = Celery('shop')\n",
}
LOG = "Error R14 (Memory quota exceeded)\n"


@pytest.mark.parametrize(
    "words",
    [
        ["check", "--no-cache"],
        ["check", "--format", "json"],
        ["workers"],
        ["fix"],
        ["fix", "--unsafe-fixes", "--diff"],
        ["baseline", "write", "."],
        ["why", "--project", ".", "log.txt"],
    ],
    ids=" ".join,
)
def test_it_ends_without_a_mistake_of_its_own(words: list[str], tmp_path: Path) -> None:
    write_files(tmp_path, {**FILES, "log.txt": LOG})
    start = "import sys; from flake8_celery_oom.frontends.entry import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", start, *words], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode in {0, 1}, done.stderr
    assert "mistake" not in done.stderr
