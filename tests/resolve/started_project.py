"""What the files of a small project start, for the tests."""

from __future__ import annotations

from pathlib import Path

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import CeleryVersion
from flake8_celery_oom.resolve.trace.launcher import Launcher
from flake8_celery_oom.resolve.trace.started import Started
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files


def follow(tmp_path: Path, files: dict[str, str]) -> list[Started]:
    write_files(tmp_path, files)
    workspace = Workspace(tmp_path, Config())
    return Launcher(workspace.facts, lambda _: CeleryVersion()).started()


def shown(found: list[Started]) -> list[str]:
    """``site <- hops: words`` of each worker, sorted."""
    lines = []
    for one in found:
        way = "".join(f" <- {at}" for at in one.via)
        words = " ".join(word.shown for word in one.command.words)
        lines.append(f"{one.site}{way}: {words}")
    return sorted(set(lines))
