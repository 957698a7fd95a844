"""The wheel: two builds of the same source are the same bytes, and it holds the package and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("flake8_celery_oom", "pyproject.toml", "README.md", "LICENSE", ".gitignore")


def built(folder: Path, *, mode: int, epoch: float) -> Path:
    """The wheel of a copy of the source whose files have their own permissions and times."""
    pytest.importorskip("hatchling")
    source = folder / "source"
    source.mkdir(parents=True)
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, source / part)
        else:
            shutil.copy(ROOT / part, source / part)
    for path in source.rglob("*"):
        os.utime(path, (epoch, epoch))
        if path.is_file():
            path.chmod(mode)
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder / "out")]
    environment = {key: value for key, value in os.environ.items() if key != "SOURCE_DATE_EPOCH"}
    subprocess.run(command, cwd=source, env=environment, check=True, capture_output=True)
    (wheel,) = (folder / "out").glob("*.whl")
    return wheel


def test_two_builds_are_the_same_bytes_and_hold_the_package(tmp_path: Path) -> None:
    one = built(tmp_path / "one", mode=0o644, epoch=1_600_000_000)
    other = built(tmp_path / "other" / "deeper", mode=0o664, epoch=1_700_000_000)
    assert one.name == other.name
    assert one.read_bytes() == other.read_bytes()
    with zipfile.ZipFile(one) as wheel:
        names = wheel.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        about = Parser().parsestr(wheel.read(metadata).decode())
    package = {path.relative_to(ROOT).as_posix() for path in (ROOT / "flake8_celery_oom").rglob("*")}
    inside = {name for name in names if ".dist-info/" not in name}
    assert inside == {name for name in package if name.endswith((".py", "py.typed"))}
    assert about["License-Expression"] == "MIT"
    assert "celery-oom check" in about.get_payload()
