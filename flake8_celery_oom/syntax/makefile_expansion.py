"""Variables of a Makefile, and what references to them and calls of functions expand to.

A character of an expanded text stands where it was written, which for a variable's value is the variable's definition.
What the file does not say becomes a hole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.makefile_functions import applied, substituted
from flake8_celery_oom.syntax.substitution import as_hole, joined, standing_at, stripped

_MAX_DEPTH = 16
_MAX_LENGTH = 20_000
_MAX_WORDS = 64
"""The most words over which ``$(foreach ...)`` goes."""
_CALL = re.compile(r"(?P<name>[a-z-]+)[ \t]+")
_CHANGED = re.compile(r"(?P<name>[^\s:#=$(){}]+):(?P<old>[^=]*)=(?P<new>.*)", re.DOTALL)
_OVERRIDABLE = re.compile(r"\d+|prefork|threads|solo|gevent|eventlet")
"""Values with ``?=`` that everybody may replace by another: ``make N=8``."""
HOST_CPUS = re.compile(r"nproc|cpu_count|hw\.(?:n|logical)cpu|_NPROCESSORS_|/proc/cpuinfo|lscpu")
_WORKING_DIRECTORY = re.compile(r"CURDIR|PWD|shell\s+pwd")
_CLOSING = {"(": ")", "{": "}"}


@dataclass(slots=True)
class Variable:
    """What the file says of one variable: the pieces of its value, raw until they are asked for."""

    pieces: list[tuple[MappedText, bool]] = field(default_factory=list)
    """Text, and whether it is expanded already (``:=``)."""
    conditional: bool = False
    """Defined by ``?=``."""
    unsure: bool = False
    """Defined in some branch of a conditional only, or in several."""
    replaceable: bool = False
    """Set before a file is included that cannot be read."""

    @property
    def shown(self) -> tuple[object, ...]:
        """What tells whether two variables are the same."""
        return [(text.text, done) for text, done in self.pieces], self.conditional, self.unsure, self.replaceable


def moved(variable: Variable, to: MappedText) -> Variable:
    """A variable of another file, whose text stands where the include stands."""
    return replace(variable, pieces=[(_standing_at(text, to), done) for text, done in variable.pieces])


def _standing_at(text: MappedText, to: MappedText) -> MappedText:
    offsets = [*[to.offsets[0]] * len(text.text), to.offsets[-1]]
    return MappedText(to.source, text.text, offsets, text.holes)


Variables: TypeAlias = "dict[str, Variable]"


class Expansion:
    """Expands references to variables in one text; bounded in depth and length.

    ``automatic`` are the variables of a rule (``@``, ``<``) and the arguments of ``$(call ...)``.
    """

    def __init__(
        self,
        source: SourceText,
        variables: Variables,
        automatic: Mapping[str, str] | None = None,
    ) -> None:
        self._source = source
        self._variables = variables
        self._bound: dict[str, MappedText | str] = dict(automatic or {})
        self._left = _MAX_LENGTH
        self._open: list[str] = []
        self._nothing_outside = False
        """Whether variables that the file does not set are taken to be empty."""

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
            pieces.append(self._replacement(text[dollar:end], inner))
            position = end
        return joined(pieces)

    def known(self, text: MappedText) -> str | None:
        """The expanded text; None when a piece of it is not known."""
        made = self.expand(text)
        return None if made.holes or self._left <= 0 else made.text

    def _replacement(self, reference: MappedText, inner: str) -> MappedText:
        if inner == "$":
            return MappedText(self._source, "$", [reference.offsets[0], reference.offsets[-1]])
        bound = self._bound.get(inner)
        if bound is not None:
            return standing_at(reference, bound) if isinstance(bound, str) else bound
        if known := self._automatic(inner):
            return standing_at(reference, known)
        if len(self._open) >= _MAX_DEPTH:
            return hole(reference, name=inner)
        if (call := _CALL.match(inner)) is not None:
            return self._called(reference, inner, call["name"])
        if "$" in inner:
            name = self.known(reference[2:-1])
            return hole(reference) if name is None else self._variable(reference, name.strip())
        if (changed := _CHANGED.fullmatch(inner)) is not None:
            return self._changed(reference, changed)
        if re.search(r"[\s:,(){}]", inner):
            return hole(reference, host_cpus=bool(HOST_CPUS.search(inner)))
        return self._variable(reference, inner)

    def _variable(self, reference: MappedText, name: str) -> MappedText:
        variable = self._variables.get(name)
        if variable is None and self._nothing_outside:
            return standing_at(reference, "")
        if variable is None or variable.unsure or name in self._open:
            return hole(reference, name=name)
        value = self._value(name, variable) if self._left > 0 else reference[:0]
        self._left -= len(value.text)
        if self._left <= 0:
            return hole(reference, name=name)
        if (variable.conditional or variable.replaceable) and _OVERRIDABLE.fullmatch(value.text):
            return hole(reference, name=name, default=value.text)
        return value

    def _automatic(self, name: str) -> str | None:
        if name == "MAKE":
            return "make"
        return "." if _WORKING_DIRECTORY.fullmatch(name) and name not in self._variables else None

    def _value(self, name: str, variable: Variable) -> MappedText:
        self._open.append(name)
        try:
            pieces = [text if expanded else self.expand(text) for text, expanded in variable.pieces]
        finally:
            self._open.pop()
        return joined(pieces)

    # --- functions --------------------------------------------------------------------------------------------------

    def _changed(self, reference: MappedText, changed: re.Match[str]) -> MappedText:
        """``$(NAME:.c=.o)``."""
        bound = self._bound.get(changed["name"])
        if isinstance(bound, str):
            bound = standing_at(reference, bound)
        value = bound if bound is not None else self._variable(reference, changed["name"])
        if value.holes:
            return hole(reference)
        old, new = changed["old"], changed["new"]
        if "%" not in old:
            old, new = f"%{old}", f"%{new}"
        return standing_at(reference, substituted(old, new, value.text))

    def _called(self, reference: MappedText, inner: str, name: str) -> MappedText:
        """A call of a function."""
        start = reference.text.index(name, 2) + len(name)
        body = reference[start : len(reference.text) - 1]
        body = body[len(body.text) - len(body.text.lstrip()) :]
        arguments = list(_arguments(body))
        self._open.append(f"${name}")
        try:
            if name == "strip":
                return self._stripped(reference, body)
            made = self._special(name, reference, arguments)
        finally:
            self._open.pop()
        return hole(reference, host_cpus=bool(HOST_CPUS.search(inner))) if made is None else made

    def _special(self, name: str, reference: MappedText, arguments: list[MappedText]) -> MappedText | None:
        match name:
            case "if":
                return self._if(reference, arguments)
            case "or":
                return self._or(reference, arguments)
            case "and":
                return self._and(reference, arguments)
            case "foreach":
                return self._foreach(reference, arguments)
            case "call":
                return self._call(reference, arguments)
            case "value":
                return self._raw(reference, arguments)
            case _:
                return self._plain(name, reference, arguments)

    def _stripped(self, reference: MappedText, body: MappedText) -> MappedText:
        made = stripped(self.expand(body))
        if made.holes or not re.search(r"\s{2}|[\t\n]", made.text):
            return made
        return standing_at(reference, " ".join(made.text.split()))

    def _plain(self, name: str, reference: MappedText, arguments: list[MappedText]) -> MappedText | None:
        texts: list[str] = []
        for argument in arguments:
            text = self.known(argument)
            if text is None:
                return None
            texts.append(text)
        made = applied(name, texts)
        return None if made is None else standing_at(reference, made)

    def _if(self, reference: MappedText, arguments: list[MappedText]) -> MappedText | None:
        condition = self.known(stripped(arguments[0])) if len(arguments) > 1 else None
        if condition is None:
            return self._by_default(reference, lambda: self._if(reference, arguments)) if len(arguments) > 1 else None
        if condition:
            return self.expand(arguments[1])
        return self.expand(arguments[2]) if len(arguments) > 2 else standing_at(reference, "")

    def _by_default(self, reference: MappedText, make: Callable[[], MappedText | None]) -> MappedText | None:
        """A piece that variables from outside decide: its default is what it is where nobody sets them."""
        if self._nothing_outside or any(one.replaceable for one in self._variables.values()):
            return None
        self._nothing_outside = True
        try:
            made = make()
        finally:
            self._nothing_outside = False
        return None if made is None or made.holes else hole(reference, default=made.text)

    def _or(self, reference: MappedText, arguments: list[MappedText]) -> MappedText | None:
        for argument in arguments:
            made = self.expand(stripped(argument))
            if made.holes:
                return self._by_default(reference, lambda: self._or(reference, arguments))
            if made.text:
                return made
        return standing_at(reference, "")

    def _and(self, reference: MappedText, arguments: list[MappedText]) -> MappedText | None:
        made = standing_at(reference, "")
        for argument in arguments:
            made = self.expand(stripped(argument))
            if made.holes:
                return None
            if not made.text:
                return made
        return made

    def _foreach(self, reference: MappedText, arguments: list[MappedText]) -> MappedText | None:
        if len(arguments) != 3:
            return None
        name, words = self.known(stripped(arguments[0])), self.known(arguments[1])
        if not name or words is None or len(words.split()) > _MAX_WORDS:
            return None
        pieces: list[MappedText] = []
        for word in words.split():
            made = self._with({name: standing_at(reference, word)}, arguments[2])
            self._left -= len(made.text)
            pieces += [*([standing_at(reference, " ")] if pieces else []), made]
            if self._left <= 0:
                return None
        return joined(pieces) if pieces else standing_at(reference, "")

    def _call(self, reference: MappedText, arguments: list[MappedText]) -> MappedText | None:
        name = self.known(stripped(arguments[0])) if arguments else None
        variable = self._variables.get(name) if name else None
        if name is None or variable is None or variable.unsure or name in self._open:
            return None
        bound: dict[str, MappedText] = {"0": standing_at(reference, name)}
        for index in range(1, 10):
            given = self.expand(arguments[index]) if index < len(arguments) else standing_at(reference, "")
            bound[str(index)] = given
        outer = self._bound
        self._bound = {**outer, **bound}
        try:
            made = self._value(name, variable)
        finally:
            self._bound = outer
        self._left -= len(made.text)
        return made if self._left > 0 else None

    def _with(self, bound: Mapping[str, MappedText], text: MappedText) -> MappedText:
        outer = self._bound
        self._bound = {**outer, **bound}
        try:
            return self.expand(text)
        finally:
            self._bound = outer

    def _raw(self, reference: MappedText, arguments: list[MappedText]) -> MappedText | None:
        """``$(value NAME)``."""
        name = self.known(stripped(arguments[0])) if arguments else None
        variable = self._variables.get(name) if name else None
        if variable is None or variable.unsure:
            return None
        return joined([text for text, _ in variable.pieces])


def _arguments(body: MappedText) -> Iterator[MappedText]:
    """The arguments of a function: commas outside of brackets part them."""
    depth, start = 0, 0
    for index, char in enumerate(body.text):
        if char in "({":
            depth += 1
        elif char in ")}":
            depth -= 1
        elif char == "," and not depth:
            yield body[start:index]
            start = index + 1
    yield body[start:]


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


def hole(
    reference: MappedText, *, name: str | None = None, default: str | None = None, host_cpus: bool = False
) -> MappedText:
    """The reference as a piece that is not known."""
    several = default is None and not host_cpus
    return as_hole(
        reference, Hole(reference.text, name, default, reference.location(), several=several, host_cpus=host_cpus)
    )
