"""PowerShell scripts: every command that they start."""

from __future__ import annotations

import posixpath

from flake8_celery_oom.core.facts import Argv, Fact, Launch
from flake8_celery_oom.core.source import SourceText

KIND = "powershell"
TITLE = "PowerShell scripts"
NAMES = ("*.ps1",)


def claims(path: str, head: str) -> bool:
    """``*.ps1``; modules (``*.psm1``) start nothing by themselves."""
    return path.lower().endswith(".ps1") and "\0" not in head


def read(source: SourceText) -> list[Fact]:
    """One Launch for each command, in the folder of the file."""
    from flake8_celery_oom.syntax import powershell

    return [
        Launch(
            KIND,
            posixpath.basename(source.path),
            command.at,
            Argv(powershell.as_python(command.words), command.at, "python" if command.listed else "shell"),
            environment=command.environment,
            workdir=posixpath.dirname(source.path) or ".",
            container=source.path,
        )
        for command in powershell.parse(source)
    ]
