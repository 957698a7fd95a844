"""PowerShell scripts: every command that they start."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from flake8_celery_oom.core.facts import Argv, Fact, Launch
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word

KIND = "powershell"
TITLE = "PowerShell scripts"
NAMES = ("*.ps1",)

_KEYWORDS = frozenset(
    {"begin", "break", "catch", "class", "continue", "do", "else", "elseif", "end", "enum", "exit", "filter"}
    | {"finally", "for", "foreach", "function", "if", "param", "process", "return", "switch", "throw", "trap"}
    | {"try", "until", "using", "while"}
)
"""Words of the language that start no program (about_Language_Keywords)."""
_CMDLET = re.compile(r"[A-Z]\w*-[A-Z]\w*")
"""Cmdlets and functions are called after a verb and a noun."""
_SPEAKS_OF_PROGRAM = re.compile(
    r"celery|worker|docker|podman|python|uv\b|poetry|npm|make|honcho|\.(?:py|sh|ps1|bat|cmd|exe)\b", re.IGNORECASE
)


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
        if _may_start_something(command.words)
    ]


def _may_start_something(words: Sequence[Word]) -> bool:
    """Whether a command is that of a program, or of a cmdlet or keyword that speaks of one.

    The statements in a block are commands of their own, whatever keyword stands before it.
    """
    first = (words[0].text or "") if words else ""
    if first.lower() not in _KEYWORDS and not _CMDLET.fullmatch(first):
        return True
    return any(_SPEAKS_OF_PROGRAM.search(word.shown) for word in words)
