"""Justfiles: recipes with their lines, ``{{ }}`` expressions replaced as far as the file alone says.

Strings, variables, ``+`` and ``/`` are evaluated; parameters of a recipe and variables of the environment are holes
with their default; every other expression is a hole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.substitution import as_hole, joined, standing_at, stripped, substitute, word_at

_NAME = r"[A-Za-z_][\w-]*"
_ASSIGNMENT = re.compile(rf"(?P<export>export\s+)?(?P<name>{_NAME})\s*:=\s*(?P<value>.*)", re.DOTALL)
_SETTING = re.compile(rf"set\s+(?P<name>{_NAME})(?:\s*:=\s*(?P<value>.*))?")
_ALIAS = re.compile(rf"alias\s+(?P<name>{_NAME})\s*:=\s*(?P<target>{_NAME})")
_PASSED_OVER = re.compile(r"(?:#|\[|(?:import|mod|unexport)\b)")
_HEADER = re.compile(
    rf"@?(?P<name>{_NAME})(?![\w-])(?P<parameters>(?:\"[^\"]*\"|'[^']*'|`[^`]*`|\([^()]*\)|[^:\"'`(])*):(?!=)"
)
_PARAMETER = re.compile(
    rf"(?<![+*$])(?P<marks>[+*$]*)(?P<name>{_NAME})(?:\s*=\s*(?P<default>\"(?:\\.|[^\"\\])*\"|'[^']*'|`[^`]*`|\([^()]*\)|[\w./-]+))?"
)
_EXPRESSION = re.compile(r"\{\{\{\{|\{\{(?P<body>(?:\"(?:\\.|[^\"\\])*\"|'[^']*'|[^{}\"']|\{[^{}]*\})*)\}\}")
_TERM = re.compile(r"\s*(\"(?:\\.|[^\"\\])*\"|'[^']*'|`[^`]*`|[\w-]+\s*\([^()]*\)|[\w-]+)\s*(?:(\+|/)|\Z)")
_ENVIRONMENT = re.compile(
    r"(?:env|env_var|env_var_or_default)\s*\(\s*(['\"])(?P<name>\w+)\1\s*(?:,\s*(['\"])(?P<default>[^'\"]*)\3\s*)?\)"
)
_FOLDER = re.compile(r"(?:justfile_directory|source_directory|justfile_dir|source_dir|invocation_directory)\s*\(\s*\)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_MAX_DEPTH = 12
_MAX_LENGTH = 20_000


@dataclass(frozen=True, slots=True)
class Line:
    """What one shell gets, and where it is written; text of a variable stands where the variable is defined."""

    text: MappedText
    at: Location


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe with what is run for it. ``interpreter`` is set when a ``#!`` line names one: then it is one script."""

    name: str
    lines: tuple[Line, ...]
    at: Location
    environment: Mapping[str, Word]
    interpreter: str | None = None


@dataclass(frozen=True, slots=True)
class Justfile:
    """The recipes in order, other names of them, and the settings that are switched on with their values."""

    recipes: tuple[Recipe, ...]
    aliases: tuple[tuple[str, str, Location], ...] = ()
    settings: Mapping[str, tuple[str, Location]] = field(default_factory=dict)


@dataclass(slots=True)
class _RawRecipe:
    name: MappedText
    parameters: dict[str, Hole] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    body: list[MappedText] = field(default_factory=list)


def parse(source: SourceText) -> Justfile:
    """Read a whole file; lines that are nothing of a justfile are passed over."""
    reader = _Reader(source)
    for line in _physical_lines(source):
        reader.take(line)
    return reader.finished()


def _physical_lines(source: SourceText) -> Iterator[MappedText]:
    for number in range(1, source.line_count + 1):
        start = source.starts[number - 1]
        yield MappedText.plain(source, start, start + len(source.line_text(number)))


class _Reader:
    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._variables: dict[str, MappedText] = {}
        self._exported: set[str] = set()
        self._recipes: list[_RawRecipe] = []
        self._recipe: _RawRecipe | None = None
        self._aliases: list[tuple[str, str, Location]] = []
        self._settings: dict[str, tuple[str, Location]] = {}
        self._left = 0

    def take(self, line: MappedText) -> None:
        """Read one physical line."""
        text = line.text
        if self._recipe is not None and (not text.strip() or text[0] in " \t"):
            self._recipe.body.append(line)
            return
        self._recipe = None
        if not text.strip() or _PASSED_OVER.match(text):
            return
        if match := _SETTING.match(text):
            self._settings[match["name"]] = ((match["value"] or "true").strip(), line.location())
        elif match := _ALIAS.match(text):
            self._aliases.append((match["name"], match["target"], line.location()))
        elif match := _ASSIGNMENT.match(text):
            self._variables[match["name"]] = stripped(line[match.start("value") :])
            if match["export"]:
                self._exported.add(match["name"])
        elif match := _HEADER.match(text):
            self._recipe = self._header(line, match)
            self._recipes.append(self._recipe)

    def _header(self, line: MappedText, match: re.Match[str]) -> _RawRecipe:
        recipe = _RawRecipe(line[match.start("name") : match.end("name")])
        for found in _PARAMETER.finditer(line.text, match.start("parameters"), match.end("parameters")):
            written = found["default"]
            default = _unquoted(written) if written else None
            several = "*" in found["marks"] or "+" in found["marks"]
            default = "" if default is None and "*" in found["marks"] else default
            at = line.location(found.start(), found.end())
            recipe.parameters[found["name"]] = Hole(found["name"], None, default, at, several=several)
            if "$" in found["marks"]:
                recipe.exported.add(found["name"])
        return recipe

    def finished(self) -> Justfile:
        """Everything read, with the expressions evaluated."""
        recipes = tuple(self._evaluated(recipe) for recipe in self._recipes)
        return Justfile(tuple(recipe for recipe in recipes if recipe.lines), tuple(self._aliases), self._settings)

    def _evaluated(self, recipe: _RawRecipe) -> Recipe:
        self._left = _MAX_LENGTH
        name = recipe.name
        environment = {
            variable: word_at(self._value(self._variables[variable], {}), self._variables[variable].location())
            for variable in sorted(self._exported & self._variables.keys())
        }
        for parameter in sorted(recipe.exported):
            hole = recipe.parameters[parameter]
            environment[parameter] = Word((hole,), hole.at)
        first = next((line.text.strip() for line in recipe.body if line.text.strip()), "")
        if first.startswith("#!"):
            body = stripped(MappedText.joined(recipe.body, "\n"))
            script = Line(self._filled(body, recipe.parameters), body.location())
            return Recipe(name.text, (script,), name.location(), environment, first[2:].strip())
        lines: list[Line] = []
        for line in _joined_lines(recipe.body):
            body = stripped(line[len(line.text) - len(line.text.lstrip("@- \t")) :])
            if body.text and not body.text.startswith("#"):
                lines.append(Line(self._filled(body, recipe.parameters), body.location()))
        return Recipe(name.text, tuple(lines), name.location(), environment)

    # Expressions

    def _filled(self, text: MappedText, parameters: Mapping[str, Hole]) -> MappedText:
        def meaning(match: re.Match[str], piece: MappedText) -> str | MappedText:
            if match["body"] is None:
                return "{{"
            value = self._value(stripped(piece[2:-2]), parameters)
            only = Word.of(value).parts
            whole = only[0] if len(only) == 1 else None
            if isinstance(whole, Hole) and len(value.holes) == 1:
                named = Hole(piece.text, whole.name, whole.default, piece.location(), whole.several, whole.host_cpus)
                return as_hole(piece, named)
            return value

        return substitute(text, _EXPRESSION, meaning)

    def _value(self, text: MappedText, parameters: Mapping[str, Hole], asked: tuple[str, ...] = ()) -> MappedText:
        """What an expression evaluates to."""
        pieces: list[MappedText] = []
        position = 0
        self._left -= len(text.text) + 1
        while position < len(text.text) and self._left > 0 and (match := _TERM.match(text.text, position)):
            start, end = match.span(1)
            pieces.append(self._term(text[start:end], parameters, asked))
            if match[2] == "/":
                pieces.append(standing_at(text[match.start(2) : match.end(2)], "/"))
            position = match.end()
        if not pieces or position < len(text.text):
            return as_hole(text, Hole(text.text, at=text.location(), several=True))
        return joined(pieces)

    def _term(self, term: MappedText, parameters: Mapping[str, Hole], asked: tuple[str, ...]) -> MappedText:
        text = term.text
        if text[0] in "'\"":
            return _string(term)
        if text in parameters:
            return as_hole(term, parameters[text])
        if text in self._variables and text not in asked and len(asked) < _MAX_DEPTH:
            return self._value(self._variables[text], {}, (*asked, text))
        if match := _ENVIRONMENT.fullmatch(text):
            return as_hole(term, Hole(text, match["name"], match["default"], term.location()))
        if _FOLDER.fullmatch(text):
            return standing_at(term, ".")
        cpus = bool(re.match(r"num_cpus\s*\(", text)) or "nproc" in text
        return as_hole(term, Hole(text, at=term.location(), several=not cpus, host_cpus=cpus))


def _joined_lines(body: list[MappedText]) -> Iterator[MappedText]:
    """The lines of a recipe; one that ends in a backslash goes on in the next, which the shell sees."""
    pieces: list[MappedText] = []
    for line in body:
        pieces.append(stripped(line))
        if (len(line.text) - len(line.text.rstrip("\\"))) % 2 == 0:
            yield MappedText.joined(pieces, "\n")
            pieces = []
    if pieces:
        yield MappedText.joined(pieces, "\n")


def _string(term: MappedText) -> MappedText:
    inner = term[1:-1]
    if term.text[0] == "'" or "\\" not in inner.text:
        return inner

    def meaning(match: re.Match[str], _: MappedText) -> str:
        return _ESCAPES.get(match[1], match[1])

    return substitute(inner, re.compile(r"\\(.)"), meaning)


def _unquoted(text: str) -> str | None:
    """The text of a string that stands as a default; None for an expression."""
    if text[0] in "'\"":
        return text[1:-1]
    return text if re.fullmatch(r"\d+", text) else None
