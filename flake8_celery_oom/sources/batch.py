"""Batch files of Windows: every command that they start."""

from __future__ import annotations

import posixpath

from flake8_celery_oom.core.facts import Argv, Fact, Launch
from flake8_celery_oom.core.source import SourceText

KIND = "batch"
TITLE = "batch files"
NAMES = ("*.bat", "*.cmd")


def claims(path: str, head: str) -> bool:
    """``*.bat`` and ``*.cmd``."""
    return path.lower().endswith((".bat", ".cmd")) and "\0" not in head


def read(source: SourceText) -> list[Fact]:
    """One Launch for each command, in the folder of the file."""
    from flake8_celery_oom.syntax import batch

    folder = posixpath.dirname(source.path) or "."
    return [
        Launch(
            KIND,
            posixpath.basename(source.path),
            command.at,
            Argv(command.words, command.at, "shell"),
            environment=command.environment,
            workdir=posixpath.normpath(posixpath.join(folder, command.directory or ".")),
            container=source.path,
        )
        for command in batch.parse(source)
    ]
