"""Finds the actions of a template, and for Go templates what the dot and the variables mean at each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.go_expression import (
    UNREADABLE,
    Constant,
    Element,
    Expression,
    Path,
    Scope,
    default_of,
    parse,
    path_of,
)

_LONGEST_ACTION = 20_000
_GO_OPENING = frozenset({"if", "range", "with", "define", "block"})
_GO_CONTROL = _GO_OPENING | {"else", "end", "break", "continue"}
_JINJA_OPENING = frozenset({"if", "for", "macro", "call", "filter", "block", "with", "autoescape"})
_JINJA_OPEN = re.compile(r"\{[{%#]")
_JINJA_NAME = re.compile(r"[A-Za-z_][\w.]*")
_JINJA_DEFAULT = re.compile(r"""\|\s*(?:default|d)\s*\(\s*(?:"([^"]*)"|'([^']*)'|([\w.]+))""")
_GO_STEP = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`]*`|\}\}')
_GO_COMMENT = re.compile(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}", re.DOTALL)
_ASSIGNMENT = re.compile(r"\$(\w*)\s*(:?=)(?!=)\s*(.*)", re.DOTALL)
_RANGE = re.compile(r"(?:\$(\w+)\s*(?:,\s*\$(\w+)\s*)?:?=\s*)?(.*)", re.DOTALL)
_INDENT = re.compile(r"\bn?indent\s+(\d+)")
_LINES = re.compile(r"\bn?indent\b|\btoYaml\b")
_SEVERAL = re.compile(r"(?:args|arguments|opts|options|flags|command|cmd|extra)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Action:
    """One action: ``text[start:end]`` is ``source``. ``control`` actions only steer; the others insert text.

    ``name`` is the path whose value is inserted (``.Values.a.b``), with the dot of ``with`` and ``range`` filled in;
    ``[]`` in it stands for each element of a list or mapping; in Jinja it is a variable. ``lines`` is true when whole
    lines are inserted, ``indent`` says at which column where the action tells. ``perhaps`` is the word that is there
    under a condition.
    """

    start: int
    end: int
    source: str
    control: bool
    name: str | None = None
    default: str | None = None
    several: bool = False
    lines: bool = False
    indent: int | None = None
    expression: Expression = UNREADABLE
    perhaps: str | None = None

    def hole(self, text: SourceText) -> Hole:
        """The unknown text that the action stands for. Variables of Jinja leave no name: they are no environment's."""
        several = self.lines or self.several
        name = self.name if self.name is not None and self.name.startswith(".") else None
        return Hole(self.source, name, self.default, text.location(self.start, self.end), several, perhaps=self.perhaps)


@dataclass(frozen=True, slots=True)
class Branch:
    """A stretch of a Go template that appears when every test of it has the given outcome.

    ``alternative`` is true when another branch takes its place otherwise, ``word`` is ``if``, ``with`` or ``range``.
    """

    start: int
    end: int
    tests: tuple[tuple[Expression, bool], ...]
    alternative: bool = False
    word: str = "if"


@dataclass
class Block:
    """A block that is open while the file is read: where its actions stand and what its branches test."""

    start: int
    word: str
    scope: Scope
    tests: list[tuple[Expression, bool]] = field(default_factory=list)
    branch_start: int = 0
    pieces: list[Branch] = field(default_factory=list)
    end: int = 0
    alternatives: int = 0
    name: str | None = None


class JinjaScan:
    """Finds the actions of a Jinja template."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.actions: list[Action] = []
        self.blocks: list[Block] = []
        self.branches: list[Branch] = []
        self.defined: dict[str, tuple[int, int]] = {}
        self._open: list[Block] = []

    def run(self) -> None:
        """Fill ``actions`` and ``blocks``."""
        raw = False
        for start, end in _jinja_spans(self.text):
            source = self.text[start:end]
            word = source[2:-2].strip("-+ \t\r\n") if source.startswith("{%") else ""
            raw = raw and word != "endraw"
            if not raw:
                self._take(start, end, source)
            raw = raw or word == "raw"

    def _take(self, start: int, end: int, source: str) -> None:
        inner = source[2:-2].strip("-+").strip()
        if not source.startswith("{{"):
            self.actions.append(Action(start, end, source, control=True))
            if source.startswith("{%"):
                self._control(start, end, inner.split(None, 1)[0] if inner else "")
            return
        name = _JINJA_NAME.match(inner)
        default = _JINJA_DEFAULT.search(inner)
        plain = name is not None and inner[name.end() :].lstrip()[:1] in ("", "|")
        self.actions.append(
            Action(
                start,
                end,
                source,
                control=False,
                name=name.group() if name and plain else None,
                default=next((group for group in default.groups() if group is not None), None) if default else None,
                several=bool(name and _SEVERAL.search(name.group())),
            )
        )

    def _control(self, start: int, end: int, word: str) -> None:
        if word in _JINJA_OPENING:
            self._open.append(Block(start, word, Scope()))
        elif word in ("else", "elif") and self._open:
            self._open[-1].alternatives += 1
        elif word.startswith("end") and self._open:
            block = self._open.pop()
            block.end = end
            self.blocks.append(block)


class GoScan:
    """Finds the actions of a Go template and follows what the dot and the variables mean."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.actions: list[Action] = []
        self.blocks: list[Block] = []
        self.branches: list[Branch] = []
        self.defined: dict[str, tuple[int, int]] = {}
        self._open: list[Block] = []
        self._scope = Scope()

    def run(self) -> None:
        """Fill ``actions``, ``blocks`` and ``branches``."""
        for start, end in _go_spans(self.text):
            self._take(start, end, self.text[start:end])
        self.branches.sort(key=lambda branch: (branch.start, -branch.end))

    def _take(self, start: int, end: int, source: str) -> None:
        inner = source[2:-2]
        inner = (inner.removeprefix("-")).removesuffix("-").strip()
        word, _, rest = inner.partition(" ") if inner[:1].isalpha() else ("", "", inner)
        if inner.startswith("/*") or not inner:
            self.actions.append(Action(start, end, source, control=True))
        elif assignment := _ASSIGNMENT.fullmatch(inner):
            self._assign(assignment.group(1), parse(assignment.group(3), self._scope), new=assignment.group(2) == ":=")
            self.actions.append(Action(start, end, source, control=True))
        elif word in _GO_CONTROL:
            self._control(start, end, word, rest.strip())
            self.actions.append(Action(start, end, source, control=True))
        else:
            self.actions.append(self._value(start, end, source, inner))

    def _value(self, start: int, end: int, source: str, inner: str) -> Action:
        expression = parse(inner, self._scope)
        name = path_of(expression)
        indent = _INDENT.search(inner)
        return Action(
            start,
            end,
            source,
            control=False,
            name=name,
            default=default_of(expression),
            several=bool(name and _SEVERAL.search(name)),
            lines=bool(_LINES.search(inner)),
            indent=int(indent.group(1)[:3]) if indent else None,
            expression=expression,
        )

    def _assign(self, name: str, value: Expression, *, new: bool = True) -> None:
        """Set a variable; one that is set again inside a block may have either value behind it."""
        self._scope = Scope(self._scope.dot, {**self._scope.variables, name: value})
        for block in self._open if not new else ():
            if name in block.scope.variables:
                block.scope = Scope(block.scope.dot, {**block.scope.variables, name: UNREADABLE})

    def _control(self, start: int, end: int, word: str, rest: str) -> None:
        if word in _GO_OPENING:
            block = Block(start, word, self._scope, branch_start=end)
            self._open.append(block)
            self._enter(block, word, rest)
        elif word == "else" and self._open:
            block = self._open[-1]
            self._finish_branch(block, start)
            block.alternatives += 1
            block.tests = [(test, False) for test, _ in block.tests]
            block.branch_start, self._scope = end, block.scope
            following, _, condition = rest.partition(" ")
            self._enter(block, following, condition.strip())
        elif word == "end" and self._open:
            block = self._open.pop()
            self._finish_branch(block, start)
            block.end, self._scope = end, block.scope
            self.blocks.append(block)
            several = bool(block.alternatives)
            self.branches.extend(replace(piece, alternative=several) for piece in block.pieces)
            if block.name is not None:
                self.defined[block.name] = (block.branch_start, start)

    def _finish_branch(self, block: Block, end: int) -> None:
        if block.tests:
            block.pieces.append(Branch(block.branch_start, end, tuple(block.tests), word=block.word))

    def _enter(self, block: Block, word: str, rest: str) -> None:
        """Set the dot, the variables and the test of the branch that starts."""
        if word == "if":
            assignment = _ASSIGNMENT.fullmatch(rest)
            test = parse(assignment.group(3) if assignment else rest, self._scope)
            if assignment:
                self._assign(assignment.group(1), test)
            block.tests.append((test, True))
        elif word == "with":
            assignment = _ASSIGNMENT.fullmatch(rest)
            dot = parse(assignment.group(3) if assignment else rest, self._scope)
            block.tests.append((dot, True))
            variables = {**self._scope.variables, assignment.group(1): dot} if assignment else self._scope.variables
            self._scope = Scope(dot, variables)
        elif word == "range":
            self._enter_range(block, rest)
        elif word in ("define", "block"):
            name = parse(rest, self._scope)
            block.name = str(name.value) if isinstance(name, Constant) else None
            self._scope = Scope()

    def _enter_range(self, block: Block, rest: str) -> None:
        written = _RANGE.fullmatch(rest)
        first, second, over = written.groups() if written else (None, None, rest)
        whole = parse(over, self._scope)
        readable = isinstance(whole, (Path, Element))
        each: Expression = Element(whole) if readable else UNREADABLE
        variables = dict(self._scope.variables)
        if first and second:
            variables[first], variables[second] = (Element(whole, key=True) if readable else UNREADABLE), each
        elif first:
            variables[first] = each
        block.tests.append((whole, True))
        self._scope = Scope(each, variables)


def _jinja_spans(text: str) -> Iterator[tuple[int, int]]:
    never_closed: set[str] = set()
    opening = _JINJA_OPEN.search(text)
    while opening is not None:
        position = opening.end()
        closing = {"{": "}}", "%": "%}", "#": "#}"}[text[position - 1]]
        end = -1 if closing in never_closed else text.find(closing, position)
        if end < 0:
            never_closed.add(closing)
        else:
            yield opening.start(), end + 2
            position = end + 2
        opening = _JINJA_OPEN.search(text, position)


def _go_spans(text: str) -> Iterator[tuple[int, int]]:
    position = text.find("{{")
    while position >= 0:
        end = _go_end(text, position)
        if end < 0:
            return
        yield position, end
        position = text.find("{{", end)


def _go_end(text: str, start: int) -> int:
    """Where the action ends, past ``}}`` inside its strings; -1 when no action ends any more."""
    comment = _GO_COMMENT.match(text, start) if "/*" in text[start + 2 : start + 8] else None
    if comment is not None:
        return comment.end()
    position = start + 2
    while position < start + _LONGEST_ACTION:
        step = _GO_STEP.search(text, position, start + _LONGEST_ACTION)
        if step is None:
            break
        if step.group() == "}}":
            return step.end()
        position = step.end()
    closing = text.find("}}", start)
    return closing + 2 if closing >= 0 else -1
