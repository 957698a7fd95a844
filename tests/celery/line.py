"""Words of a command line for tests, with places and holes: ``celery worker -c ${C:-4} $OPTS $(nproc)``."""

from __future__ import annotations

import re

from flake8_celery_oom.celery.command_line import CeleryCommand, Entry, find_program, read_commands
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import CeleryVersion
from flake8_celery_oom.core.value import Known, Unknown, Value
from flake8_celery_oom.core.word import Word

_HOLE = re.compile(r"\$\(nproc\)|\$\{(?P<named>\w+)(?::-(?P<default>[^}]*))?\}|\$(?P<bare>[\w@]+)")


def words(line: str) -> list[Word]:
    """``$X`` may be several words, ``${X}`` is one; ``${X:-a~b}`` has the default "a b" and may be several."""
    return [_word(found.group(), found.start()) for found in re.finditer(r"\S+", line)]


def _word(text: str, start: int) -> Word:
    parts: list[str | Hole] = []
    position = 0
    for found in _HOLE.finditer(text):
        if found.start() > position:
            parts.append(text[position : found.start()])
        default = found["default"]
        several = found["bare"] is not None or (default is not None and "~" in default)
        plain = default.replace("~", " ") if default is not None else None
        source, name = found.group(), found["named"] or found["bare"]
        parts.append(Hole(source, name, plain, None, several, host_cpus="nproc" in source))
        position = found.end()
    if position < len(text):
        parts.append(text[position:])
    return Word(tuple(parts), place(start, start + len(text)))


def place(start: int, end: int) -> Location:
    return Location("run.sh", start, end, 1, start + 1, 1, end + 1)


def read(line: str, version: str = "", entry: Entry | None = None) -> tuple[CeleryCommand, ...]:
    """The workers of a line; the program is looked for unless an entry is said."""
    found = words(line)
    if entry is not None:
        return read_commands(found, CeleryVersion(version), entry=entry)
    program = find_program(found)
    if program is None:
        return ()
    return read_commands(found[program.index :], CeleryVersion(version), entry=program.entry)


def one(line: str, version: str = "", entry: Entry | None = None) -> CeleryCommand:
    """The only worker of a line."""
    (command,) = read(line, version, entry)
    return command


def shown(value: Value[Word]) -> str:
    """``4``, ``unset``, ``unknown``, ``unknown (4)`` for an option."""
    if isinstance(value, Known):
        return value.value.shown
    if isinstance(value, Unknown):
        return f"unknown ({value.default.shown})" if value.default is not None else "unknown"
    return "unset"


def kinds(command: CeleryCommand) -> list[str]:
    return [refusal.kind for refusal in command.refusals]


def text_at(line: str, at: Location | None) -> str:
    """What stands in the line at a place."""
    return line[at.start : at.end] if at is not None else ""
