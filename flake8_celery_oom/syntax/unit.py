"""systemd unit files: assignments of sections, continuation lines, quoted words, specifiers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.placeholders import is_template_control, with_template_holes
from flake8_celery_oom.syntax.substitution import joined, stripped, substitute

_SECTION = re.compile(r"\[([^\]]+)\]\Z")
_SPECIFIER = re.compile(r"%([%A-Za-z])")
_WORD = re.compile(r"""(?:[^\s"'\\]|\\.|\\\Z|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)+""", re.DOTALL)
_PIECE = re.compile(r"""(?:[^"'\\]|\\.|\\\Z)+|"((?:[^"\\]|\\.)*)"?|'((?:[^'\\]|\\.)*)'?""", re.DOTALL)


@dataclass(frozen=True)
class Assignment:
    """``[section]`` ``key=value``: continuation lines joined by blanks, comments between them left out."""

    section: str
    key: str
    value: MappedText


def parse(source: SourceText) -> tuple[Assignment, ...]:
    """All assignments in order, empty ones too: they take back what was assigned before them."""
    section = ""
    found = []
    for line in _logical_lines(source):
        header = _SECTION.match(line.text)
        if header:
            section = header[1]
            continue
        key, equals, value = line.text.partition("=")
        if equals:
            start = len(key) + 1
            found.append(Assignment(section, key.strip(), stripped(line[start : start + len(value)])))
    return tuple(found)


def _logical_lines(source: SourceText) -> Iterator[MappedText]:
    pieces: list[MappedText] = []
    for line in _lines(source):
        content = line.text.strip()
        if content.startswith(("#", ";")) or is_template_control(content):
            continue
        body = line.text.rstrip()
        backslashes = len(body) - len(body.rstrip("\\"))
        if backslashes % 2:
            pieces.append(line[: len(body) - 1])
            continue
        pieces.append(line)
        yield stripped(MappedText.joined(pieces, " "))
        pieces = []
    if pieces:
        yield stripped(MappedText.joined(pieces, " "))


def _lines(source: SourceText) -> Iterator[MappedText]:
    position = 0
    while position < len(source.text):
        end = source.text.find("\n", position)
        end = len(source.text) if end < 0 else end
        yield MappedText.plain(source, position, end)
        position = end + 1


def with_specifiers(value: MappedText) -> MappedText:
    """The value with holes for ``%i`` and other specifiers, and for ``{{ ... }}``; ``%%`` is a percent sign."""
    return substitute(with_template_holes(value), _SPECIFIER, _specifier)


def _specifier(match: re.Match[str], piece: MappedText) -> str | Hole:
    return "%" if match[1] == "%" else Hole(match[0], at=piece.location())


def words(value: MappedText) -> Iterator[MappedText]:
    """The words of a value without their quotes, as ``Environment=`` and ``EnvironmentFile=`` take them."""
    for word in _WORD.finditer(value.text):
        pieces = []
        for piece in _PIECE.finditer(value.text, *word.span()):
            group = piece.lastindex or 0
            pieces.append(value[piece.start(group) : piece.end(group)])
        yield joined(pieces)
