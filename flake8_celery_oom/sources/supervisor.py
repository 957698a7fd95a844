"""supervisord's configuration, under any name: every program is a Launch, all of them share one container."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from flake8_celery_oom.model import Fact, Hole, Launch, ShellText, Word
from flake8_celery_oom.syntax.ini import Section, parse
from flake8_celery_oom.syntax.substitution import stripped, substitute
from flake8_celery_oom.text import MappedText, SourceText

KIND = "supervisor"

_SECTION = re.compile(r"^\[(?:program:[^\]]+|supervisord)\]", re.MULTILINE)
_NAME = re.compile(r"supervisord?[^/]*\.(?:conf|ini)(?:\.|\Z)")
_CONFIGURATION = re.compile(r"(?:\.(?:conf|ini|cfg|tpl|tmpl|template|j2|jinja2?|in|erb|dist|example|supervisor)|/[^./]+)\Z")
_PROGRAM = re.compile(r"(?:fcgi-)?program:\s*(.+)", re.DOTALL)
_EXPANSION = re.compile(r"%%|%\((?P<environment>ENV_)?(?P<name>\w+)\)(?P<width>[0-9]*)[sd]")
_PAIR = re.compile(r"""\s*([A-Za-z_]\w*)\s*=\s*("[^"]*"|'[^']*'|[^,\n"']*)[^,\n]*,?""")


def claims(path: str, head: str) -> bool:
    """A configuration file named after supervisor, or one that has ``[program:...]`` or ``[supervisord]``."""
    if _NAME.match(posixpath.basename(path)):
        return True
    return _CONFIGURATION.search(f"/{path}") is not None and _SECTION.search(head) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch a program, whether supervisord starts it by itself or waits to be asked."""
    sections = parse(source, inline_comments=True)
    shared: dict[str, Word] = {}
    programs: dict[str, list[Section]] = {}
    for section in sections:
        match = _PROGRAM.match(section.name)
        if match:
            programs.setdefault(match[1].strip(), []).append(section)
        elif section.name == "supervisord":
            environment = section.get("environment")
            shared.update(_environment(environment, {}) if environment else {})
    launches = (_launch(source.path, name, _merged(parts), shared) for name, parts in programs.items())
    return [launch for launch in launches if launch is not None]


def _merged(sections: list[Section]) -> Section:
    """Sections of one name are one section: what stands last counts."""
    entries = tuple(entry for section in sections for entry in section.entries)
    return Section(sections[0].name, sections[0].at, entries)


def _launch(path: str, name: str, program: Section, shared: Mapping[str, Word]) -> Launch | None:
    command = program.get("command")
    if command is None or not command.text:
        return None
    known = {"program_name": name, "group_name": name, "here": posixpath.dirname(path) or "."}
    environment = program.get("environment")
    directory = program.get("directory")
    numprocs = program.get("numprocs")
    return Launch(
        KIND,
        name,
        command.location(),
        ShellText(_expanded(command, known), command.location(), shell=False),
        environment={**shared, **(_environment(environment, known) if environment else {})},
        workdir=_path(_expanded(directory, known)) if directory and directory.text else None,
        replicas=int(numprocs.text) if numprocs and re.fullmatch(r"\d{1,4}", numprocs.text) else 1,
        container=path,
    )


def _expanded(text: MappedText, known: Mapping[str, str]) -> MappedText:
    def meaning(match: re.Match[str], piece: MappedText) -> str | Hole:
        name = match["name"]
        if name is None:
            return "%"
        if match["environment"]:
            return Hole(match[0], name, at=piece.location())
        return known[name] if name in known else Hole(match[0], at=piece.location())

    return substitute(text, _EXPANSION, meaning)


def _environment(text: MappedText, known: Mapping[str, str]) -> dict[str, Word]:
    """``KEY="value",OTHER=value``: quotes are dropped, nothing inside them is special."""
    expanded = _expanded(text, known)
    found = {}
    for match in _PAIR.finditer(expanded.text):
        start, end = match.span(2)
        if match[2][:1] in {'"', "'"}:
            start, end = start + 1, end - 1
        found[match[1]] = stripped(expanded[start:end]).word()
    return found


def _path(text: MappedText) -> str:
    return "".join(part if isinstance(part, str) else part.source for part in text.parts())
