r"""Dockerfiles: instructions with the exact place of every character, read as BuildKit's parser reads them.

dockerfile-parse finds which lines make up an instruction. It goes wrong on heredocs, on blank lines and on the end of
the file inside a continuation, on ``\\`` at the end of a line, on unknown parser directives, on instructions without
a value and on bytes that are no UTF-8. A layer therefore decides first what each line contributes, and gives the
library a masked text with the same lines in which none of that is left. Instructions are cut out of the file itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.placeholders import is_template_control, with_template_holes
from flake8_celery_oom.syntax.substitution import stripped

LIBRARY_CHARACTERS = 1_000_000
"""Above this size the layer groups the lines itself: dockerfile-parse needs time that grows with the square."""
LIBRARY_LINES = 2_000
"""The same for the lines of one instruction."""

_DIRECTIVE = re.compile(r"#[ \t]*([a-zA-Z][a-zA-Z0-9]*)[ \t]*=[ \t]*([^ \t\n](?:.*[^ \t\n])?)[ \t]*\Z")
_CONTINUED = {
    "\\": re.compile(r"(?:(?<=[^\\])|\A)\\[ \t]*\Z"),
    "`": re.compile(r"(?:(?<=[^`])|\A)`[ \t]*\Z"),
}
_WORD = {
    escape: re.compile(
        rf"""(?:[^\s"'{mark}]|{mark}.|{mark}\Z|"(?:[^"{mark}]|{mark}.)*(?:"|{mark}?\Z)|'[^']*(?:'|\Z))+""", re.DOTALL
    )
    for escape, mark in (("\\", r"\\"), ("`", "`"))
}
_FLAG = re.compile(r"""--([^\s=]*)(?:=((?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*'|["'\\])*))?(?=\s|\Z)""")
_HEREDOC = re.compile(r"\d*<<(-?)([^<]+)\Z")
_ODD = re.compile(r"[^\x20-\x7e\t]")
_TAKES_HEREDOC = frozenset({"RUN", "COPY", "ADD"})
_TAKES_FLAGS = frozenset({"FROM", "RUN", "COPY", "ADD", "HEALTHCHECK"})


@dataclass(frozen=True)
class Heredoc:
    """The lines after ``<<NAME``. ``expanded`` is false when the name is quoted; ``tabs`` when ``<<-`` drops tabs."""

    name: str
    body: MappedText
    expanded: bool
    tabs: bool
    whole: MappedText
    """The body together with the closing line."""


@dataclass(frozen=True)
class Instruction:
    """One instruction: ``keyword`` in capitals, ``value`` without flags, continuations joined, comments left out."""

    keyword: str
    value: MappedText
    at: Location
    escape: str = "\\"
    flags: Mapping[str, MappedText] = field(default_factory=dict)
    heredocs: tuple[Heredoc, ...] = ()

    def nested(self) -> Instruction | None:
        """The instruction that ONBUILD or HEALTHCHECK holds."""
        return _instruction(self.value, self.escape, self.heredocs)


def parse(source: SourceText) -> tuple[Instruction, ...]:
    """All instructions of a Dockerfile in order, unknown ones too. Never fails."""
    layer = _Layer(source)
    groups = layer.groups
    if len(source.text) <= LIBRARY_CHARACTERS and all(last - first < LIBRARY_LINES for first, last in groups):
        groups = library_groups(layer.masked)
    found = (layer.instruction(first, last) for first, last in groups)
    return tuple(instruction for instruction in found if instruction is not None)


def words(text: MappedText, escape: str = "\\") -> Iterator[MappedText]:
    """The words of a value, split at blanks outside quotes; quotes and escapes are kept."""
    for match in _WORD[escape].finditer(text.text):
        yield text[match.start() : match.end()]


def heredoc_name(word: str) -> tuple[str, bool, bool] | None:
    """Name, expanded, tabs of a word that opens a heredoc (``<<-"EOF"``), else None."""
    match = _HEREDOC.match(word)
    if match is None:
        return None
    name = re.sub(r"""["'\\]""", "", match[2])
    return (name, name == match[2], bool(match[1])) if name else None


def library_groups(masked: list[str]) -> list[tuple[int, int]]:
    """First and last line (from 0) of every instruction of a masked text, as dockerfile-parse sees them."""
    from dockerfile_parse import DockerfileParser

    body = "".join(f"{line}\n" for line in masked).encode("ascii")
    structure = DockerfileParser(fileobj=BytesIO(body), env_replace=False).structure
    return [
        (entry["startline"], entry["endline"]) for entry in structure if not masked[entry["startline"]].startswith("#")
    ]


class _Layer:
    """What each line of a Dockerfile contributes, and the masked text for dockerfile-parse."""

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._lines = list(_lines(source.text))
        self._kept: dict[int, tuple[int, int]] = {}
        self._heredocs: dict[int, tuple[Heredoc, ...]] = {}
        self.escape = self._escape_directive()
        self.masked = [""] * len(self._lines)
        self.groups: list[tuple[int, int]] = []
        self._read()

    def _line(self, index: int) -> str:
        start, end = self._lines[index]
        return self._source.text[start:end]

    def _escape_directive(self) -> str:
        escape = "\\"
        for index in range(len(self._lines)):
            match = _DIRECTIVE.match(self._line(index).strip())
            if match is None:
                break
            if match[1].lower() == "escape" and match[2] in _CONTINUED:
                escape = match[2]
        return escape

    def _read(self) -> None:
        index = 0
        while index < len(self._lines):
            line = self._line(index)
            if _vanishes(line):
                self.masked[index] = "#" if line.strip() else ""
                index += 1
                continue
            last, following = self._read_instruction(index)
            self.groups.append((index, last))
            index = self._read_heredocs(index, last, following)

    def _read_instruction(self, first: int) -> tuple[int, int]:
        """Note what the lines of one instruction contribute; returns its last line and the line after it."""
        line, last = first, first
        continued = _CONTINUED[self.escape]
        while True:
            last = line
            start, end = self._lines[line]
            text = self._source.text[start:end]
            stop = continued.search(text)
            self._kept[line] = (start, max(start, end - len(text) + stop.start()) if stop else end)
            self._mask(line, joins=stop is not None)
            line += 1
            if stop is None:
                return last, line
            while line < len(self._lines) and _vanishes(self._line(line)):
                self.masked[line] = "#"
                line += 1
            if line == len(self._lines):
                self._mask(last, joins=False)
                return last, line

    def _mask(self, line: int, *, joins: bool) -> None:
        start, end = self._kept[line]
        shown = _ODD.sub("X", self._source.text[start:end].rstrip()) or "X"
        if shown.endswith("\\") or shown.lstrip().startswith("#"):
            shown = f"X{shown}X"
        self.masked[line] = f"{shown} \\" if joins else shown

    def _read_heredocs(self, first: int, last: int, line: int) -> int:
        openings = self._heredoc_openings(first, last)
        heredocs = []
        for name, expanded, tabs in openings:
            body = line
            while line < len(self._lines) and not _closes(self._line(line), name, tabs):
                line += 1
            closing = min(line + 1, len(self._lines))
            heredocs.append(
                Heredoc(name, self._text(body, line), expanded=expanded, tabs=tabs, whole=self._text(body, closing))
            )
            line = closing
        if heredocs:
            self._heredocs[first] = tuple(heredocs)
        return line

    def _heredoc_openings(self, first: int, last: int) -> list[tuple[str, bool, bool]]:
        text = "".join(self._source.text[slice(*self._kept[line])] for line in self._kept_between(first, last))
        if "<<" not in text:
            return []
        keyword, *more = text.split(None, 1)
        if keyword.upper() == "ONBUILD" and more:
            keyword, *more = more[0].split(None, 1)
        rest = more[0] if more else ""
        if keyword.upper() not in _TAKES_HEREDOC or _is_json(rest):
            return []
        found = (heredoc_name(match[0]) for match in _WORD[self.escape].finditer(rest))
        return [opening for opening in found if opening is not None]

    def _text(self, first: int, after: int) -> MappedText:
        """The lines ``first`` to ``after - 1`` as they are."""
        start, end = (
            self._lines[line][0] if line < len(self._lines) else len(self._source.text) for line in (first, after)
        )
        return MappedText.plain(self._source, start, end)

    def _kept_between(self, first: int, last: int) -> list[int]:
        return [line for line in range(first, last + 1) if line in self._kept]

    def instruction(self, first: int, last: int) -> Instruction | None:
        pieces = [MappedText.plain(self._source, *self._kept[line]) for line in self._kept_between(first, last)]
        if not pieces:
            return None
        text = pieces[0] if len(pieces) == 1 else MappedText.joined(pieces)
        return _instruction(text, self.escape, self._heredocs.get(first, ()))


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each line: only LF ends one, carriage returns before it belong to the line end."""
    position = 0
    while position < len(text):
        end = text.find("\n", position)
        stop = len(text) if end < 0 else end
        start = position + 1 if position == 0 and text.startswith("\ufeff") else position
        content = stop
        while content > start and text[content - 1] == "\r":
            content -= 1
        yield start, content
        position = stop + 1


def _vanishes(line: str) -> bool:
    content = line.strip()
    return not content or content.startswith("#") or is_template_control(content)


def _closes(line: str, name: str, tabs: bool) -> bool:
    return (line.lstrip("\t") if tabs else line) == name


def _is_json(value: str) -> bool:
    if not value.lstrip().startswith("["):
        return False
    import json

    try:
        json.JSONDecoder().raw_decode(value.lstrip())
    except (ValueError, RecursionError):
        return False
    return True


def _instruction(text: MappedText, escape: str, heredocs: tuple[Heredoc, ...]) -> Instruction | None:
    content = stripped(text)
    match = re.match(r"\S+", content.text)
    if match is None:
        return None
    keyword = match[0].upper()
    value = stripped(content[match.end() :])
    flags: dict[str, MappedText] = {}
    if keyword in _TAKES_FLAGS:
        value = _take_flags(value, flags)
    return Instruction(keyword, with_template_holes(value), content.location(), escape, flags, heredocs)


def _take_flags(value: MappedText, flags: dict[str, MappedText]) -> MappedText:
    while (match := _FLAG.match(value.text)) is not None:
        if match[1]:
            flags[match[1].lower()] = value[match.start(2) : match.end(2)] if match[2] is not None else value[0:0]
        value = stripped(value[match.end() :])
        if not match[1]:
            break
    return value
