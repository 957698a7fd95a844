"""supervisord's configuration, under any name: every program is a Launch, all of them share one container."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping

from flake8_celery_oom.core.facts import EnvironmentSource, Fact, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.ini import Section, parse
from flake8_celery_oom.syntax.substitution import stripped, substitute

KIND = "supervisor"
TITLE = "supervisor"
NAMES = ("supervisor*.conf", "supervisor*.ini", "**/supervisor*/*.conf", "**/supervisor*/*.ini")

_ON = frozenset({"true", "yes", "on", "1"})
_OFF = frozenset({"false", "no", "off", "0"})
_SECTION = re.compile(r"^\[(?:program:[^\]]+|supervisord)\]", re.MULTILINE)
_NAME = re.compile(r"supervisord?[^/]*\.(?:conf|ini)(?:\.(?!json|ya?ml|md|rst|py|sh)[^/]*)?\Z")
_NAMED_AFTER = re.compile(r"supervisord?\b(?:[^/]*\.)?(?!(?:json|ya?ml|md|rst|py|sh)\Z)[^/.]*\Z")
_CONFIGURATION = re.compile(
    r"(?:\.(?:conf|ini|cfg|tpl|tmpl|template|j2|jinja2?|in|erb|dist|example|supervisor)|/[^./]+)\Z"
)
_PROGRAM = re.compile(r"(?:fcgi-)?program:\s*(.+)", re.DOTALL)
_EXPANSION = re.compile(r"%%|%\((?P<environment>ENV_)?(?P<name>\w+)\)(?P<width>[0-9]*)[sd]")
_PAIR = re.compile(r"""(?<!\w)\d*([A-Za-z_]\w*)\s*=\s*("[^"]*"|'[^']*'|[^,\n"']*)[^,\n]*,?""")


def claims(path: str, head: str) -> bool:
    """A configuration file named after supervisor, or one that has ``[program:...]`` or ``[supervisord]``."""
    if _NAME.search(posixpath.basename(path)):
        return True
    named = _NAMED_AFTER.match(posixpath.basename(path)) or _CONFIGURATION.search(f"/{path}")
    return named is not None and _SECTION.search(head) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch a program, whether supervisord starts it by itself or waits to be asked."""
    sections = parse(source, inline_comments=True)
    shared: list[MappedText] = []
    programs: dict[str, list[Section]] = {}
    for section in sections:
        match = _PROGRAM.match(section.name)
        if match:
            programs.setdefault(match[1].strip(), []).append(section)
        elif section.name == "supervisord":
            shared += [entry.value for entry in section.entries if entry.key == "environment"]
    launches = (_launch(source.path, name, _merged(parts), shared) for name, parts in programs.items())
    return [launch for launch in launches if launch is not None]


def _merged(sections: list[Section]) -> Section:
    """Sections of one name are one section: what stands last counts."""
    entries = tuple(entry for section in sections for entry in section.entries)
    return Section(sections[0].name, sections[0].at, entries)


def _launch(path: str, name: str, program: Section, shared: list[MappedText]) -> Launch | None:
    command = program.get("command")
    if command is None or not command.text:
        return None
    known = {"program_name": name, "group_name": name, "here": posixpath.dirname(path) or "."}
    own = program.get("environment")
    environment: dict[str, Word] = {}
    unknown: list[EnvironmentSource] = []
    for text in (*shared, *([own] if own else [])):
        _take_environment(_expanded(text, known), environment, unknown)
    directory = program.get("directory")
    numprocs = program.get("numprocs")
    return Launch(
        KIND,
        name,
        command.location(),
        ShellText(_expanded(command, known), command.location(), shell=False),
        environment=environment,
        environment_from=tuple(unknown),
        workdir=Word.of(_expanded(directory, known)).shown if directory and directory.text else None,
        replicas=int(numprocs.text) if numprocs and re.fullmatch(r"\d{1,4}", numprocs.text) else 1,
        container=path,
        autostart=not _is(program, ("autostart",), _OFF),
        stopped_as_group=_is(program, ("stopasgroup", "killasgroup"), _ON),
    )


def _is(program: Section, names: Iterable[str], values: frozenset[str]) -> bool:
    """Whether one of these options has one of these values."""
    options = [option for name in names if (option := program.get(name)) is not None]
    return any(option.text.strip().lower() in values for option in options)


def _expanded(text: MappedText, known: Mapping[str, str]) -> MappedText:
    def meaning(match: re.Match[str], piece: MappedText) -> str | Hole:
        name = match["name"]
        if name is None:
            return "%"
        if match["environment"]:
            return Hole(match[0], name, at=piece.location())
        return known[name] if name in known else Hole(match[0], at=piece.location())

    return substitute(text, _EXPANSION, meaning)


def _take_environment(text: MappedText, found: dict[str, Word], unknown: list[EnvironmentSource]) -> None:
    """``KEY="value",OTHER=value``: quotes are dropped. A hole that stands for whole pairs may set anything."""
    read = 0
    holes = set(text.holes)
    for match in _PAIR.finditer(text.text):
        start, end = match.span(2)
        if match[2][:1] in {'"', "'"}:
            start, end = start + 1, end - 1
        found[match[1]] = Word.of(stripped(text[start:end]))
        read = match.end()
        holes -= {hole for hole in holes if match.start(2) <= hole.start < read}
    unknown += [EnvironmentSource("other", hole.hole.source, text.location(hole.start, hole.end)) for hole in holes]
