"""Procfiles: ``name: command`` a line, each run by a shell in the folder of the file."""

from __future__ import annotations

import posixpath
import re

from flake8_celery_oom.core.facts import Fact, Launch, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.substitution import unfilled

KIND = "procfile"
TITLE = "Procfiles"
NAMES = ("Procfile", "Procfile.*", "*.Procfile", "*.procfile")

_LINE = re.compile(
    r"^(?P<name>[A-Za-z0-9_][\w.-]*)[ \t]*:[ \t]*(?P<command>(?:[^\r\n \t](?:[^\r\n]*[^\r\n \t])?)?)[ \t]*\r?$",
    re.MULTILINE,
)
_NOT_PROCFILES = frozenset({"md", "py", "js", "ts", "go", "rb", "rs", "txt", "html"})


def claims(path: str, head: str) -> bool:
    """``Procfile``, ``Procfile.dev``, ``dev.Procfile``, ``jobs.procfile``."""
    name = posixpath.basename(path)
    if name == "Procfile" or name.lower().endswith(".procfile"):
        return "\0" not in head
    return (
        name.startswith(("Procfile.", "Procfile-"))
        and name.rpartition(".")[2] not in _NOT_PROCFILES
        and "\0" not in head
    )


def read(source: SourceText) -> list[Fact]:
    """One Launch a process type; lines of a template engine's control flow are passed over."""
    text = unfilled(source, "jinja" if "{{" in source.text or "{%" in source.text else None)
    workdir = posixpath.dirname(source.path) or "."
    facts: list[Fact] = []
    for match in _LINE.finditer(text.text):
        start, end = match.span("command")
        if start == end:
            continue
        command = text[start:end]
        at = command.location()
        facts.append(Launch(KIND, match["name"], at, ShellText(command, at), workdir=workdir))
    return facts
