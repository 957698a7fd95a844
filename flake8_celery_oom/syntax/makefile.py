"""Makefiles: rules with their recipe lines, the variables in them expanded as far as the file alone says.

A character of an expanded recipe line stands where it was written, which for a variable's value is the variable's
definition. What the file does not say becomes a hole: variables of the environment or of another file, calls of
functions, variables that the branches of a conditional define differently, and a number given with ``?=`` (a
hole whose default is that number, as everybody may say ``make N=8``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.substitution import as_hole, joined, standing_at, stripped, word_at

_MAX_DEPTH = 16
_MAX_LENGTH = 20_000
_MAX_VALUES = 200

_ASSIGNMENT = re.compile(r"(?P<name>[^\s:#=+?!]+)\s*(?P<operator>::?:?=|[?+!]?=)[ \t]*")
_DEFINE = re.compile(r"(?:(?:export|override)\s+)*define\s+(?P<name>[^\s:#=+?!]+)\s*(?P<operator>::?:?=|[?+!]?=)?\s*$")
_CONDITIONAL = re.compile(r"(?P<word>ifeq|ifneq|ifdef|ifndef|else|endif)(?![\w.-])")
_PASSED_OVER = re.compile(r"(?:-?include|sinclude|vpath|unexport|undefine|load|-load)(?:\s|$)")
_MODIFIERS = re.compile(r"(?:(?:override|private)\s+)*(?P<export>export(?=\s|$)\s*)?(?:(?:override|private)\s+)*")
_FUNCTION = re.compile(
    r"(?:subst|patsubst|strip|findstring|filter|filter-out|sort|word|wordlist|words|firstword|lastword|dir|notdir|suffix"
    r"|basename|addsuffix|addprefix|join|wildcard|realpath|abspath|if|or|and|intcmp|foreach|file|call|value|eval"
    r"|origin|flavor|shell|guile|error|warning|info|let)\s"
)
_HOST_CPUS = re.compile(r"nproc|cpu_count|hw\.(?:n|logical)cpu|_NPROCESSORS_|/proc/cpuinfo|lscpu")
_WORKING_DIRECTORY = re.compile(r"CURDIR|PWD|shell\s+pwd")
_CLOSING = {"(": ")", "{": "}"}


@dataclass(frozen=True, slots=True)
class RecipeLine:
    """One line of a recipe, for which make starts one shell: continuation lines joined, ``@``, ``-``, ``+`` taken off.

    ``text`` is what the shell gets, ``at`` where the line stands.
    """

    text: MappedText
    at: Location


@dataclass(frozen=True, slots=True)
class Rule:
    """Targets with their recipe; ``environment`` is what make exports to the shells of this recipe."""

    targets: tuple[str, ...]
    lines: tuple[RecipeLine, ...]
    at: Location
    environment: Mapping[str, Word] = field(default_factory=dict)


def parse(source: SourceText) -> tuple[Rule, ...]:
    """The rules of a Makefile that have a recipe, in the order of the file. What is no make is left out."""
    reader = _Reader(source)
    reader.read()
    return reader.rules()


# --- variables --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Variable:
    """What the file says of one variable: the pieces of its value, raw until they are asked for."""

    pieces: list[tuple[MappedText, bool]] = field(default_factory=list)
    """Text, and whether it is expanded already (``:=``)."""
    conditional: bool = False
    """Defined by ``?=``."""
    unsure: bool = False
    """Defined in some branch of a conditional only, or in several."""


_Variables: TypeAlias = "dict[str, _Variable]"


class _Expansion:
    """Expands references to variables in one text; bounded in depth and length."""

    def __init__(self, source: SourceText, variables: _Variables, target: str = "") -> None:
        self._source = source
        self._variables = variables
        self._target = target
        self._left = _MAX_LENGTH
        self._open: list[str] = []

    def expand(self, text: MappedText) -> MappedText:
        """The text with ``$(X)``, ``${X}``, ``$X`` and ``$$`` replaced."""
        if "$" not in text.text:
            return text
        pieces: list[MappedText] = []
        position = 0
        while True:
            dollar = text.text.find("$", position)
            if dollar < 0 or dollar + 1 >= len(text.text) or self._left <= 0:
                pieces.append(text[position:])
                break
            pieces.append(text[position:dollar])
            end, inner = _reference(text.text, dollar)
            self._left -= (end - dollar) if inner not in _CLOSING else _MAX_LENGTH
            pieces.append(self._replacement(text, dollar, end, inner))
            position = end
        return joined(pieces)

    def _replacement(self, text: MappedText, start: int, end: int, inner: str) -> MappedText:
        reference = text[start:end]
        if inner == "$":
            return MappedText(self._source, "$", [reference.offsets[0], reference.offsets[-1]])
        if known := self._automatic(inner):
            return standing_at(reference, known)
        if re.match(r"strip\s", inner):
            return stripped(self.expand(reference[reference.text.index("strip") + len("strip") : -1]))
        if _FUNCTION.match(inner) or re.search(r"[\s$:,(){}]", inner):
            return _hole(reference, host_cpus=bool(_HOST_CPUS.search(inner)))
        variable = self._variables.get(inner)
        if variable is None or variable.unsure or inner in self._open or len(self._open) >= _MAX_DEPTH:
            return _hole(reference, name=inner)
        value = self._value(inner, variable) if self._left > 0 else text[:0]
        self._left -= len(value.text)
        if self._left <= 0:
            return _hole(reference, name=inner)
        if variable.conditional and re.fullmatch(r"\d+", value.text):
            return _hole(reference, name=inner, default=value.text)
        return value

    def _automatic(self, name: str) -> str | None:
        if name == "@":
            return self._target or None
        if name == "MAKE":
            return "make"
        return "." if _WORKING_DIRECTORY.fullmatch(name) and name not in self._variables else None

    def _value(self, name: str, variable: _Variable) -> MappedText:
        self._open.append(name)
        try:
            pieces = [text if expanded else self.expand(text) for text, expanded in variable.pieces]
        finally:
            self._open.pop()
        return joined(pieces)


def _reference(text: str, dollar: int) -> tuple[int, str]:
    """The end of the reference that starts at a ``$``, and what is between its brackets."""
    opening = text[dollar + 1]
    closing = _CLOSING.get(opening)
    if closing is None:
        return dollar + 2, opening
    depth = 0
    for index in range(dollar + 1, min(len(text), dollar + _MAX_LENGTH)):
        if text[index] == opening:
            depth += 1
        elif text[index] == closing:
            depth -= 1
            if not depth:
                return index + 1, text[dollar + 2 : index].strip()
    return dollar + 2, opening


def _hole(
    reference: MappedText, *, name: str | None = None, default: str | None = None, host_cpus: bool = False
) -> MappedText:
    several = default is None and not host_cpus
    return as_hole(
        reference, Hole(reference.text, name, default, reference.location(), several=several, host_cpus=host_cpus)
    )


# --- lines ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Recipe:
    """A rule while it is read: its raw recipe lines, and the variables of its targets."""

    targets: MappedText
    lines: list[MappedText] = field(default_factory=list)


class _Reader:
    """Reads the lines in order and keeps what they define; recipes are expanded at the end, as make does."""

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._variables: _Variables = {}
        self._of_target: dict[str, _Variables] = {}
        self._exported: set[str] = set()
        self._exported_for: dict[str, set[str]] = {}
        self._export_all = False
        self._prefix = "\t"
        self._recipes: list[_Recipe] = []
        self._recipe: _Recipe | None = None
        self._common_environment: dict[str, Word] | None = None
        self._conditionals = 0
        self._line = 1

    def read(self) -> None:
        """Read all lines."""
        last = self._source.line_count
        while self._line <= last:
            raw = self._source.line_text(self._line)
            if self._recipe is not None and raw.startswith(self._prefix):
                self._recipe.lines.append(self._logical_recipe_line())
            else:
                self._directive(self._logical_line())

    def rules(self) -> tuple[Rule, ...]:
        """The rules read so far, expanded."""
        return tuple(rule for recipe in self._recipes if (rule := self._rule(recipe)) is not None)

    # Physical lines are joined in two ways: a recipe keeps its backslashes for the shell, other lines become one.

    def _physical(self) -> tuple[MappedText, bool]:
        start = self._source.starts[self._line - 1]
        body = self._source.line_text(self._line)
        self._line += 1
        continued = (len(body) - len(body.rstrip("\\"))) % 2 == 1 and self._line <= self._source.line_count
        return MappedText.plain(self._source, start, start + len(body)), continued

    def _logical_recipe_line(self) -> MappedText:
        piece, continued = self._physical()
        pieces = [piece[len(self._prefix) :]]
        while continued:
            piece, continued = self._physical()
            pieces.append(piece[1:] if piece.text.startswith(self._prefix) else piece)
        return MappedText.joined(pieces, "\n")

    def _logical_line(self) -> MappedText:
        piece, continued = self._physical()
        pieces = [piece]
        while continued:
            pieces[-1] = pieces[-1][: len(pieces[-1].text.rstrip("\\").rstrip())]
            piece, continued = self._physical()
            pieces.append(stripped(piece))
        return stripped(MappedText.joined(pieces, " "))

    def _directive(self, line: MappedText) -> None:
        text = line.text
        if not text or text.startswith("#"):
            return
        if match := _CONDITIONAL.match(text):
            self._conditional(match["word"])
            return
        self._recipe = None
        if _PASSED_OVER.match(text):
            return
        if match := _DEFINE.match(text):
            self._define(match["name"], match["operator"] or "=")
            return
        modifiers = _MODIFIERS.match(text)
        exported = bool(modifiers and modifiers["export"])
        body = line[modifiers.end() :] if modifiers else line
        if match := _ASSIGNMENT.match(body.text):
            self._assign(self._variables, match["name"], match["operator"], _without_comment(body[match.end() :]))
            if exported:
                self._exported.add(match["name"])
        elif exported:
            names = _without_comment(body).text.split()
            self._exported.update(names)
            self._export_all = self._export_all or not names
        else:
            self._rule_line(line)

    def _conditional(self, word: str) -> None:
        if word == "endif":
            self._conditionals = max(self._conditionals - 1, 0)
        elif word != "else":
            self._conditionals += 1

    def _define(self, name: str, operator: str) -> None:
        start = self._source.starts[min(self._line, len(self._source.starts)) - 1]
        end, depth = start, 1
        while depth and self._line <= self._source.line_count:
            body = self._source.line_text(self._line).strip()
            depth += 1 if _DEFINE.match(body) else -1 if re.match(r"endef(?:\s|$)", body) else 0
            self._line += 1
            if depth:
                end = self._source.starts[self._line - 2] + len(self._source.line_text(self._line - 1))
        self._assign(self._variables, name, operator, MappedText.plain(self._source, start, max(start, end)))

    def _assign(self, variables: _Variables, name: str, operator: str, value: MappedText) -> None:
        if name == ".RECIPEPREFIX":
            self._prefix = value.text[:1] or "\t"
        old = variables.get(name)
        if operator == "?=" and old is not None and not self._conditionals:
            return
        if operator == "!=":
            value, operator = _hole(value, host_cpus=bool(_HOST_CPUS.search(value.text))), ":="
        if operator in {":=", "::=", ":::="}:
            known = {**self._variables, **variables}
            piece = (_Expansion(self._source, known).expand(value), True)
        else:
            piece = (value, False)
        if operator == "+=" and old is not None:
            if len(old.pieces) < _MAX_VALUES:
                space = MappedText(self._source, " ", [piece[0].offsets[0]] * 2)
                old.pieces += [(space, True), piece]
            old.unsure = old.unsure or bool(self._conditionals)
            return
        same = old is not None and [text.text for text, _ in old.pieces] == [piece[0].text]
        unsure = bool(self._conditionals) and not same
        variables[name] = _Variable([piece], operator == "?=", unsure)

    def _rule_line(self, line: MappedText) -> None:
        colon = _colon(line.text)
        if colon < 0:
            return
        targets = line[: len(line.text[:colon].rstrip("& \t"))]
        rest = line[len(line.text) - len(line.text[colon:].lstrip(":")) :]
        rest = stripped(rest)
        modifiers = _MODIFIERS.match(rest.text)
        body = rest[modifiers.end() :] if modifiers else rest
        if match := _ASSIGNMENT.match(body.text):
            value = _without_comment(body[match.end() :])
            for name in targets.text.split():
                self._assign(self._of_target.setdefault(name, {}), match["name"], match["operator"], value)
                if modifiers and modifiers["export"]:
                    self._exported_for.setdefault(name, set()).add(match["name"])
            return
        self._recipe = _Recipe(targets)
        self._recipes.append(self._recipe)
        semicolon = _without_comment(rest).text.find(";")
        if semicolon >= 0:
            self._recipe.lines.append(stripped(rest[semicolon + 1 :]))

    # Recipes

    def _rule(self, recipe: _Recipe) -> Rule | None:
        if not recipe.lines:
            return None
        names = Word.of(_Expansion(self._source, self._variables).expand(recipe.targets)).shown.split()
        if not names:
            return None
        variables = self._variables
        exported = set(variables) if self._export_all else self._exported
        for name in names:
            if own := self._of_target.get(name):
                variables = {**variables, **own}
                exported = exported | self._exported_for.get(name, set())
        lines = [line for raw in recipe.lines for line in self._recipe_lines(raw, variables, names[0])]
        if variables is not self._variables:
            environment = self._environment(exported, variables)
        else:
            environment = self._common_environment = self._common_environment or self._environment(exported, variables)
        return Rule(tuple(names), tuple(lines), recipe.targets.location(), environment) if lines else None

    def _environment(self, exported: set[str], variables: _Variables) -> dict[str, Word]:
        return {
            name: word_at(
                _Expansion(self._source, variables).expand(MappedText.joined([text for text, _ in pieces])),
                pieces[0][0].location(),
            )
            for name in sorted(exported)
            if (variable := variables.get(name)) is not None and (pieces := variable.pieces)
        }

    def _recipe_lines(self, raw: MappedText, variables: _Variables, target: str) -> Iterator[RecipeLine]:
        expanded = _Expansion(self._source, variables, target).expand(raw)
        for line in _unjoined(expanded):
            body = stripped(line)
            body = stripped(body[len(body.text) - len(body.text.lstrip("@-+ \t")) :])
            if body.text and not body.text.startswith("#"):
                written = stripped(raw)
                yield RecipeLine(body, written.location())


def _unjoined(text: MappedText) -> Iterator[MappedText]:
    """The lines of an expanded recipe line: a ``define`` may hold several; a line end behind a backslash stays."""
    start = 0
    for match in re.finditer(r"(\\*)\r?\n", text.text):
        if len(match[1]) % 2 == 0:
            yield text[start : match.end()]
            start = match.end()
    yield text[start:]


def _colon(text: str) -> int:
    """The colon that ends the targets of a rule; -1 when there is none outside of references."""
    depth = 0
    for index, char in enumerate(text):
        if char in "({" and index and (depth or text[index - 1] == "$"):
            depth += 1
        elif char in ")}" and depth:
            depth -= 1
        elif depth:
            continue
        elif char == ":":
            return index
        elif char in "#;=":
            return -1
    return -1


def _without_comment(text: MappedText) -> MappedText:
    match = re.search(r"(?<!\\)#", text.text)
    return stripped(text[: match.start()] if match else text)
