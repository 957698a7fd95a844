"""Monit: the start programs of its ``check process`` entries.

Source: the manual page of Monit 5.34 ("SERVICE METHODS": ``start [program] [=] "command"``).
"""

from __future__ import annotations

import posixpath
import re

from flake8_celery_oom.core.facts import Fact, Launch, ShellText
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.placeholders import with_template_holes

KIND = "monit"
TITLE = "monit"
NAMES = ("monitrc", "*.monit", "**/monit*/*.conf", "**/monit*/*")

_NAME = re.compile(r"(?:^|[._-])monit(?:rc)?\b|\.(?:conf|cfg|monit)(?:\.|\Z)|\A[^.]+\Z|\.(?:j2|erb|tpl|template)\Z")
_CHECK = re.compile(r"^[ \t]*check[ \t]+(?:process|program)[ \t]+(\S+)", re.MULTILINE | re.IGNORECASE)
_START = re.compile(
    r"^[ \t]*start(?:[ \t]+program)?[ \t]*(?:=[ \t]*)?"
    r"(?P<quote>[\"'])(?P<command>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)",
    re.MULTILINE | re.IGNORECASE,
)


def claims(path: str, head: str) -> bool:
    """A configuration that checks a process."""
    if "\0" in head or head.startswith("#!") or _NAME.search(posixpath.basename(path)) is None:
        return False
    return _CHECK.search(head) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch for each start program, named after the process that it starts."""
    checks = [(match.start(), match[1].strip("\"'")) for match in _CHECK.finditer(source.text)]
    facts: list[Fact] = []
    for match in _START.finditer(source.text):
        name = next((name for start, name in reversed(checks) if start < match.start()), "")
        command = MappedText.plain(source, *match.span("command"))
        if name and command.text.strip():
            facts.append(
                Launch(
                    KIND,
                    name,
                    command.location(),
                    ShellText(with_template_holes(command), command.location(), shell=False),
                )
            )
    return facts
