"""tox.ini, also in setup.cfg and as ``legacy_tox_ini`` in pyproject.toml: the commands of each environment.

``dev: command`` in ``[testenv]`` belongs to the environment ``dev``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_celery_oom.core.facts import Fact, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.sources.embedded import read_inside
from flake8_celery_oom.syntax import ini
from flake8_celery_oom.syntax.substitution import as_hole, joined, standing_at, stripped

KIND = "tox"
TITLE = "tox"
NAMES = ("tox.ini", "setup.cfg", "pyproject.toml")

_FACTORS = re.compile(r"(?P<factors>[\w.{},!-]+):\s+(?=\S)")
_REFERENCE = re.compile(r"\[(?P<section>[^\]]+)\](?P<key>\w+)")
_NAME_AND_VALUE = re.compile(r"(?P<name>[A-Za-z_]\w*)\s*=\s*")
_COMMANDS = ("commands_pre", "commands", "commands_post")
_ROOTS = frozenset({"toxinidir", "tox_root"})
_TEXTS = {"envpython": "python", "envbindir": "bin", "env_bin_dir": "bin", "/": "/", ":": ":"}
_MAX_DEPTH = 8
_LEGACY = re.compile(r"^legacy_tox_ini\s*=\s*(?P<quote>\"{3}|'{3})(?P<text>.*?)(?P=quote)", re.MULTILINE | re.DOTALL)


def claims(path: str, head: str) -> bool:
    """By its name alone: the sections may stand far down."""
    return posixpath.basename(path) in {"tox.ini", "setup.cfg", "pyproject.toml"} and "\0" not in head


def read(source: SourceText) -> list[Fact]:
    """One Launch a command, named after the environment that runs it; commands of all are named ``testenv``."""
    if posixpath.basename(source.path) == "pyproject.toml":
        legacy = _LEGACY.search(source.text)
        return [*read_inside(_read, source, *legacy.span("text"))] if legacy is not None else []
    return _read(source) if "testenv" in source.text else []


def _read(source: SourceText) -> list[Fact]:
    sections = {section.name: section for section in ini.parse(source)}
    base = sections.get("testenv")
    facts: list[Fact] = []
    for name, section in sections.items():
        if name != "testenv" and not name.startswith("testenv:"):
            continue
        for environment in _expanded(name.partition(":")[2]) or ["testenv"]:
            settings = [section] if section is base or base is None else [section, base]
            for key in _COMMANDS:
                value = section.get(key)
                for line in _lines(value) if value is not None else ():
                    facts.extend(_launches(source, sections, settings, environment, line))
    return facts


def _launches(
    source: SourceText,
    sections: dict[str, ini.Section],
    settings: list[ini.Section],
    environment: str,
    line: MappedText,
) -> Iterator[Launch]:
    factors, command = _split_factors(line)
    names = [name for name in factors if not name.startswith("!")] if environment == "testenv" else []
    for name in names or [environment]:
        reader = _Environment(source, sections, settings, name)
        for text in reader.commands(command):
            yield Launch(
                KIND,
                name,
                text.location(),
                ShellText(text, text.location(), shell=False),
                environment=dict(reader.variables()),
                workdir=reader.folder(),
            )


def _split_factors(line: MappedText) -> tuple[list[str], MappedText]:
    """The factors in front of a line, and the line without them."""
    match = _FACTORS.match(line.text)
    return (_expanded(match["factors"]), line[match.end() :]) if match else ([], line)


def _expanded(expression: str) -> list[str]:
    """``{a,b}-c,d`` means ``a-c``, ``b-c`` and ``d``."""
    found: list[str] = []
    for alternative in re.findall(r"(?:\{[^{}]*\}|[^,{}])+", expression):
        names = [""]
        for piece in re.findall(r"\{[^{}]*\}|[^{}]+", alternative):
            choices = piece[1:-1].split(",") if piece.startswith("{") else [piece]
            names = [name + choice.strip() for name in names[:64] for choice in choices]
        found.extend(name.strip() for name in names if name.strip())
    return found


def _lines(value: MappedText) -> Iterator[MappedText]:
    """The lines of a value; one that ends in a backslash goes on in the next."""
    pieces: list[MappedText] = []
    start = 0
    for end in [*(match.start() for match in re.finditer("\n", value.text)), len(value.text)]:
        line = stripped(value[start:end])
        start = end + 1
        if line.text.endswith("\\"):
            pieces.append(stripped(line[:-1]))
            continue
        pieces.append(line)
        whole = joined(pieces, " ")
        pieces = []
        if whole.text:
            yield whole
    if pieces and (whole := joined(pieces, " ")).text:
        yield whole


@dataclass(frozen=True, slots=True)
class _Environment:
    """One environment: replaces what stands in braces. ``settings`` are its sections, nearest first."""

    source: SourceText
    sections: dict[str, ini.Section]
    settings: list[ini.Section]
    name: str

    def _setting(self, *keys: str) -> MappedText | None:
        for section in self.settings:
            for key in keys:
                if (value := section.get(key)) is not None:
                    return value
        return None

    def folder(self) -> str:
        """The folder in which the commands run, relative to the root."""
        home = posixpath.dirname(self.source.path)
        written = self._setting("changedir", "change_dir")
        inside = re.sub(r"\{(?:toxinidir|tox_root)\}/?", "", written.text) if written is not None else ""
        return posixpath.normpath(posixpath.join(home, inside if "{" not in inside else ""))

    def variables(self) -> Iterator[tuple[str, Word]]:
        """What ``setenv`` gives to this environment, the nearest section last."""
        for section in reversed(self.settings):
            for key in ("setenv", "set_env"):
                value = section.get(key)
                for line in _lines(value) if value is not None else ():
                    factors, assignment = _split_factors(line)
                    match = _NAME_AND_VALUE.match(assignment.text)
                    if match and (not factors or any(self._has(factor) for factor in factors)):
                        yield match["name"], Word.of(self.filled(assignment[match.end() :]))

    def _has(self, factor: str) -> bool:
        mine = set(self.name.split("-"))
        return all((part[1:] not in mine) if part.startswith("!") else (part in mine) for part in factor.split("-"))

    def commands(self, line: MappedText, depth: int = 0) -> Iterator[MappedText]:
        """The commands of a line: one, or those of the section that it refers to."""
        match = re.fullmatch(r"\{" + _REFERENCE.pattern + r"\}", line.text)
        if match and depth < _MAX_DEPTH:
            value = self._referred(match)
            for inner in _lines(value) if value is not None else ():
                factors, command = _split_factors(inner)
                if not factors or any(self._has(factor) for factor in factors):
                    yield from self.commands(command, depth + 1)
            return
        command = stripped(line[len(line.text) - len(line.text.lstrip("-!@ ")) :])
        if command.text:
            yield self.filled(command, whole=True)

    def _referred(self, match: re.Match[str]) -> MappedText | None:
        section = self.sections.get(match["section"])
        return section.get(match["key"].lower()) if section else None

    def filled(self, text: MappedText, depth: int = 0, *, whole: bool = False) -> MappedText:
        """Replace ``{name}``, ``{env:NAME:default}``, ``{posargs:default}``; ``whole``: the text is a whole command."""
        pieces: list[MappedText] = []
        position = 0
        while depth < _MAX_DEPTH and (start := text.text.find("{", position)) >= 0:
            end = _closing(text.text, start)
            if end < 0:
                break
            pieces += (
                text[position:start],
                self._meaning(text[start:end], depth, whole=whole and end - start == len(text.text)),
            )
            position = end
        return joined([*pieces, text[position:]])

    def _meaning(self, piece: MappedText, depth: int, *, whole: bool) -> MappedText:
        name, _, rest = piece.text[1:-1].partition(":")
        if piece.text == "{:}":
            return standing_at(piece, ":")
        if name == "posargs":
            default = self.filled(piece[len("{posargs:") : -1], depth + 1) if rest else piece[:0]
            hole = Hole(piece.text, default=Word.of(default).default_text, at=piece.location(), several=True)
            return default if whole and rest else as_hole(piece, hole)
        if name == "env" and rest:
            variable, colon, _ = rest.partition(":")
            default = self.filled(piece[len("{env:") + len(variable) + 1 : -1], depth + 1)
            likely = Word.of(default).default_text if colon else None
            return as_hole(piece, Hole(piece.text, variable, likely, piece.location()))
        if name in _ROOTS:
            return standing_at(piece, posixpath.relpath(posixpath.dirname(self.source.path) or ".", self.folder()))
        if name in {"envname", "env_name"}:
            return standing_at(piece, self.name)
        if name in _TEXTS:
            return standing_at(piece, _TEXTS[name])
        if match := _REFERENCE.fullmatch(piece.text[1:-1]):
            value = self._referred(match)
            return (
                self.filled(value, depth + 1) if value is not None and "\n" not in value.text else self._unknown(piece)
            )
        return self._unknown(piece) if re.fullmatch(r"[a-z_]+dir|[a-z_]+", name) else piece

    @staticmethod
    def _unknown(piece: MappedText) -> MappedText:
        return as_hole(piece, Hole(piece.text, at=piece.location()))


def _closing(text: str, start: int) -> int:
    """The offset behind the brace that closes the one at ``start``; -1 when none does."""
    depth = 0
    for index in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if not depth:
            return index + 1
    return -1
