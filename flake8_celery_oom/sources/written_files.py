"""Files that a shell script writes: units of systemd, programs of supervisord, compose files.

``cat > /etc/systemd/system/jobs.service <<EOF`` is how scripts that install a service on a machine bring its file;
hooks of Elastic Beanstalk hold the programs of supervisord in a variable first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from flake8_celery_oom.core.facts import Fact
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.sources import compose, shell, supervisor, systemd
from flake8_celery_oom.sources.embedded import read_inside

KIND = "written"
TITLE = "shell scripts"
NAMES = ("*.sh", "*.bash")

_WRITTEN = re.compile(
    r"^[^#\n]*?(?P<line>\b(?:cat|tee)\b[^\n]*?<<(?P<dash>-?)[ \t]*(?P<quote>[\"']?)(?P<end>\w+)(?P=quote)[^\n]*)\n"
    r"(?P<body>.*?)^(?(dash)[ \t]*)(?P=end)[\"']?[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_TARGET = re.compile(
    r"(?:>>?|\btee\b(?:[ \t]+-a)?)[ \t]*[\"']?(?P<path>[^\s\"'<>|;&]+\.(?:service|conf|ini|ya?ml))[\"']?"
)
_QUOTED = r"(?:\"(?P<double>(?:\\.|[^\"\\])*)\"|'(?P<single>[^']*)')"
_HELD = re.compile(
    rf"^[ \t]*(?:(?:export|local|readonly)[ \t]+)?\w+=(?=[\"']\s*\[program:){_QUOTED}", re.MULTILINE | re.DOTALL
)
"""A configuration of supervisord that a variable holds, from where the script writes it to a file."""
_PRINTED = re.compile(
    rf"^(?:[^#\n]*?[ \t;&|(])?(?:echo|printf)[ \t]+(?:-[a-zA-Z]+[ \t]+)*{_QUOTED}(?P<line>[^\n]*)$",
    re.MULTILINE | re.DOTALL,
)
"""A quoted text that is printed, perhaps over many lines, and what stands behind it: where it goes."""
_KINDS: dict[str, Callable[[SourceText], list[Fact]]] = {"[Service]": systemd.read, "[program:": supervisor.read}
"""What the text of a written file holds, and what reads it then."""


def claims(path: str, head: str) -> bool:
    """A shell script."""
    return shell.claims(path, head)


def read(source: SourceText) -> list[Fact]:
    """What the written files start, at its place in the script; of several compose files the first."""
    facts: list[Fact] = []
    composed: list[Fact] = []
    for match in _WRITTEN.finditer(source.text) if "<<" in source.text else ():
        target = _TARGET.search(match["line"])
        if target is None:
            continue
        start, end = match.span("body")
        if target["path"].endswith((".yml", ".yaml")):
            if compose.claims(target["path"], match["body"]):
                text = source.only(start, end).text
                written = text if match["quote"] else text.replace("\\$", " $")
                composed += compose.read_written(MappedText(source, written, range(len(written) + 1)))
            continue
        plain = source if match["quote"] else _as_written(source, start, end)
        for mark, reader in _KINDS.items():
            if mark in match["body"]:
                launches = read_inside(reader, plain, start, end, source)
                facts += [replace(launch, container=f"{source.path}:{start}") for launch in launches]
    facts += _printed(source)
    for match in _HELD.finditer(source.text) if "[program:" in source.text else ():
        start, end = match.span(match.lastgroup or 0)
        launches = read_inside(supervisor.read, source, start, end)
        facts += [replace(launch, container=f"{source.path}:{start}") for launch in launches]
    return facts + composed[:1]


def _printed(source: SourceText) -> list[Fact]:
    """What the files start that ``echo "..." | tee FILE`` and ``echo "..." > FILE`` write."""
    if not any(mark in source.text for mark in _KINDS):
        return []
    facts: list[Fact] = []
    for match in _PRINTED.finditer(source.text):
        target = _TARGET.search(match["line"])
        for mark, reader in _KINDS.items() if target is not None else ():
            start, end = match.span("single" if match["double"] is None else "double")
            if mark in source.text[start:end]:
                launches = read_inside(reader, source, start, end)
                facts += [replace(launch, container=f"{source.path}:{start}") for launch in launches]
    return facts


def _as_written(source: SourceText, start: int, end: int) -> SourceText:
    """The file as a here-document without quotes writes it: two backslashes at the end of a line are one."""
    body = source.text[start:end].replace("\\\\\n", " \\\n")
    return SourceText(source.path, source.text[:start] + body + source.text[end:], bom=source.bom)
