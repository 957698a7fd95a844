"""Renders the templates of a chart as Helm does, with text that knows its place and values that may be unknown.

Where a condition is not known, both branches are rendered and marked (*guards*). What the values switch off as a whole,
a workload or a container, is rendered all the same: the one who installs the chart may switch it on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass, field

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.helm import collection_functions, text_functions, value_functions, yaml_output
from flake8_celery_oom.resolve.helm.calling import FUNCTIONS, Undecided, items_of, text_of
from flake8_celery_oom.resolve.helm.ropes import Frame, Piece, Rope, Spot
from flake8_celery_oom.resolve.helm.values import (
    UNKNOWN,
    Items,
    Number,
    Table,
    Unknown,
    Value,
    hole_of,
    printed,
    same,
    truthy,
)
from flake8_celery_oom.syntax import go_template
from flake8_celery_oom.syntax.go_template import (
    Block,
    Call,
    Dot,
    Function,
    Group,
    Insert,
    Jump,
    Literal,
    Node,
    Operand,
    Pipeline,
    Template,
    TemplateError,
    Text,
    Variable,
)

__all__ = [
    "Files",
    "Named",
    "OverBudgetError",
    "Renderer",
    "collection_functions",
    "text_functions",
    "value_functions",
    "yaml_output",
]

MOST_STEPS = 30_000
MOST_CHARACTERS = 1_000_000
_DEEPEST = 60
_WORKLOAD = re.compile(r"^(?:kind|apiVersion):", re.MULTILINE)
_CONTAINER = re.compile(
    r"^(?P<pad> *)- (?:name|image):.*\n(?:(?!(?P=pad)- ).*\n)*?(?P=pad)  (?:image|command):", re.MULTILINE
)
_LONGEST_SWITCH = 20_000
"""Characters of a branch that are looked at for a workload or a container."""
_NAME_OF_RELEASE = "{{ .Release.Name }}"


class OverBudgetError(Exception):
    """The template takes too many steps or makes too much text."""


class Files(Table):
    """``.Files``: the other files of the chart, by path."""


@dataclass(frozen=True, slots=True)
class Named:
    """A named template: its nodes and the file that they stand in."""

    nodes: tuple[Node, ...]
    source: SourceText


@dataclass(frozen=True, slots=True)
class _Body:
    """What nodes are taken from: a file, or a text that ``tpl`` was given at ``spot``."""

    frame: Frame
    rope: Rope | None = None
    spot: Spot | None = None

    def text(self, start: int, end: int) -> Rope:
        if self.rope is not None:
            return self.rope.cut(start, end)
        written = self.frame.source.text[start:end]
        return Rope((Piece(written, self.frame, range(start, end + 1)),)) if written else Rope()

    def at(self, start: int, end: int) -> Spot:
        return self.spot if self.spot is not None else Spot(self.frame, start, end)

    def written(self, start: int, end: int) -> str:
        return self.rope.text[start:end] if self.rope is not None else self.frame.source.text[start:end]


@dataclass
class _Output:
    """Text that was rendered. ``blank``: nothing of a document was written yet."""

    pieces: list[Piece] = field(default_factory=list)
    blank: bool = True

    @property
    def in_a_line(self) -> bool:
        """Whether something is written already on the line that is being written."""
        for piece in reversed(self.pieces):
            line = piece.text.rpartition("\n")[2]
            if line.strip():
                return True
            if "\n" in piece.text:
                return False
        return False

    def add(self, rope: Rope) -> None:
        self.pieces.extend(rope.pieces)
        for piece in rope.pieces:
            before, mark, behind = piece.text.rpartition("---")
            if mark and (not before or before.endswith("\n")):
                self.blank, before = True, behind
            else:
                before = piece.text
            lines = (line.strip() for line in before.split("\n"))
            self.blank = self.blank and all(not line or line.startswith("#") for line in lines)


@dataclass
class _Scope:
    """The dot, and the variables of the blocks around, innermost last."""

    dot: Value
    blocks: list[dict[str, Value]]

    def find(self, name: str) -> Value:
        for block in reversed(self.blocks):
            if name in block:
                return block[name]
        raise Undecided

    def assign(self, name: str, value: Value) -> None:
        for block in reversed(self.blocks):
            if name in block:
                block[name] = value
                return
        raise Undecided

    def inner(self, dot: Value) -> _Scope:
        return _Scope(dot, [*self.blocks, {}])


class _JumpError(Exception):
    """``break`` or ``continue``."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class Renderer:
    """Renders one template file after the other of one chart; ``root`` is what ``$`` stands for."""

    def __init__(self, named: MappingOf[str, Named], root: Table, most_steps: int = MOST_STEPS) -> None:
        self._named = named
        self._root = root
        self._most_steps = most_steps
        self.steps = 0
        self._characters = 0
        self._depth = 0
        self._parsed: dict[str, Template] = {}
        self._guards: list[int] = []
        self._last_guard = 0
        self.used: set[str] = set()
        """The files of the named templates that were rendered."""

    def file(self, source: SourceText, nodes: Sequence[Node]) -> Rope:
        """The text of one template; raises :class:`OverBudgetError`."""
        output = _Output()
        body = _Body(Frame(source))
        self._nodes(nodes, body, _Scope(self._root, [{"": self._root}]), output)
        return Rope(tuple(output.pieces))

    # --- nodes

    def _nodes(self, nodes: Sequence[Node], body: _Body, scope: _Scope, output: _Output) -> None:
        for node in nodes:
            self._step()
            match node:
                case Text(start, end):
                    self._add(body.text(start, end), output)
                case Insert(start, end, pipeline):
                    self._insert(pipeline, body, scope, output, body.at(start, end))
                case Block():
                    self._block(node, body, scope, output)
                case Call(start, end, name, given):
                    spot = body.at(start, end)
                    dot = self._value(given, scope, spot, output) if given is not None else None
                    self._print(self._included(name, dot, spot, blank=output.blank), output, spot)
                case Jump(word):
                    raise _JumpError(word)

    def _add(self, rope: Rope, output: _Output) -> None:
        self._characters += len(rope)
        self.steps += len(rope.pieces) // 8
        if self._characters > MOST_CHARACTERS:
            raise OverBudgetError
        output.add(rope)

    def _step(self) -> None:
        self.steps += 1
        if self.steps > self._most_steps:
            raise OverBudgetError

    def _insert(self, pipeline: Pipeline, body: _Body, scope: _Scope, output: _Output, spot: Spot) -> None:
        value = self._value(pipeline, scope, spot, output)
        if value is None and not pipeline.variables:
            value = _nothing_said(pipeline)
        if not pipeline.variables:
            self._print(value, output, spot)

    def _print(self, value: Value, output: _Output, spot: Spot) -> None:
        text = printed(value, spot)
        rope = hole_of(text, spot) if isinstance(text, Unknown) else text
        self._add(rope.inserted(spot), output)

    # --- blocks

    def _block(self, node: Block, body: _Body, scope: _Scope, output: _Output) -> None:
        spot = body.at(node.start, node.end)
        inner = scope.inner(scope.dot)
        if node.word == "range":
            plain = Pipeline(node.pipeline.commands)
            self._range(node, self._value(plain, scope, spot, output), body, inner, output)
            return
        value = self._value(node.pipeline, inner, spot, output)
        holds = truthy(value)
        dot = value if holds is not None else _opened(value)
        taken = _Scope(dot, inner.blocks) if node.word == "with" else inner
        if holds is None:
            self._undecided(node, body, taken, inner, output)
        elif holds or self._switched_off(node, body, output):
            self._nodes(node.body, body, taken, output)
        else:
            self._nodes(node.other, body, inner, output)

    def _switched_off(self, node: Block, body: _Body, output: _Output) -> bool:
        """Whether the values leave out a whole workload or container that nothing stands for otherwise."""
        if node.other:
            return False
        written = body.written(node.start, min(node.end, node.start + _LONGEST_SWITCH))
        return output.blank or _WORKLOAD.search(written) is not None or _CONTAINER.search(written) is not None

    def _undecided(self, node: Block, body: _Body, taken: _Scope, other: _Scope, output: _Output) -> None:
        """Both branches, each with its mark, unless they come to the same text."""
        before = [dict(block) for block in other.blocks]
        one = self._branch(node.body, body, taken, output)
        after = [dict(block) for block in other.blocks]
        for block, was in zip(other.blocks, before, strict=True):
            block.clear()
            block.update(was)
        two = self._branch(node.other, body, other, output)
        for block, was in zip(other.blocks, after, strict=True):
            for name, value in was.items():
                if name in block and block[name] is not value and not same(block[name], value):
                    block[name] = UNKNOWN
        if one.known is not None and one.known == two.known:
            self._add(one, output)
            return
        if output.in_a_line and "\n" not in one.text + two.text:
            spot = body.at(node.start, node.end)
            several = not one.pieces or not two.pieces or any(mark in one.text + two.text for mark in " ,\t")
            self._add(Rope.hole(spot, Hole(spot.written, at=spot.at, several=several)), output)
            return
        for rope in (one, two):
            self._last_guard += 1
            self._add(rope.guarded(self._last_guard), output)

    def _branch(self, nodes: Sequence[Node], body: _Body, scope: _Scope, output: _Output) -> Rope:
        made = _Output(blank=output.blank)
        self._guards.append(self._last_guard)
        try:
            self._nodes(nodes, body, scope, made)
        except _JumpError:
            # Whether the loop goes on is not known: what follows is rendered as if it did.
            pass
        finally:
            self._guards.pop()
        return Rope(tuple(made.pieces))

    def _range(self, node: Block, value: Value, body: _Body, scope: _Scope, output: _Output) -> None:
        elements = _elements(value)
        if elements is None or (not elements and self._switched_off(node, body, output)):
            scope.dot = UNKNOWN
            self._bind(node.pipeline, scope, UNKNOWN, UNKNOWN)
            if elements is None:
                self._undecided(node, body, scope, scope, output)
            else:
                self._nodes(node.body, body, scope, output)
            return
        for key, element in elements:
            self._step()
            each = scope.inner(element)
            self._bind(node.pipeline, each, key, element)
            try:
                self._nodes(node.body, body, each, output)
            except _JumpError as jump:
                if jump.word == "break":
                    return
        if not elements:
            self._nodes(node.other, body, scope, output)

    @staticmethod
    def _bind(pipeline: Pipeline, scope: _Scope, key: Value, element: Value) -> None:
        names = pipeline.variables
        values = [element] if len(names) == 1 else [key, element]
        for name, value in zip(names, values, strict=False):
            if pipeline.declares:
                scope.blocks[-1][name] = value
            else:
                scope.assign(name, value)

    # --- values

    def _value(self, pipeline: Pipeline, scope: _Scope, spot: Spot, output: _Output) -> Value:
        """What a pipeline comes to. What Helm would refuse is unknown: it needs other values."""
        value: Value = None
        for index, command in enumerate(pipeline.commands):
            self._step()
            try:
                value = self._command(command, scope, spot, output, [value] if index else [])
            except Undecided:
                value = UNKNOWN
        for name in pipeline.variables:
            if pipeline.declares:
                scope.blocks[-1][name] = value
            else:
                try:
                    scope.assign(name, value)
                except Undecided:
                    continue
        return value

    def _command(
        self, operands: tuple[Operand, ...], scope: _Scope, spot: Spot, output: _Output, piped: list[Value]
    ) -> Value:
        first = operands[0]
        given = [*(self._operand(operand, scope, spot, output) for operand in operands[1:]), *piped]
        if isinstance(first, Function):
            return self._call(first.name, given, spot, output)
        if not given:
            return self._operand(first, scope, spot, output)
        return self._method(first, given, scope, spot, output)

    def _operand(self, operand: Operand, scope: _Scope, spot: Spot, output: _Output) -> Value:
        match operand:
            case Literal(value):
                if isinstance(value, str):
                    return Rope.at(spot, value)
                return None if value is None else Number(value)
            case Dot(fields):
                return _selected(scope.dot, fields)
            case Variable(name, fields):
                return _selected(scope.find(name), fields)
            case Group(pipeline, fields):
                return _selected(self._value(pipeline, scope, spot, output), fields)
            case Function(name):
                return self._call(name, [], spot, output)

    def _call(self, name: str, given: list[Value], spot: Spot, output: _Output) -> Value:
        if name == "include":
            return self._included(text_of(given[0]), given[1], spot, blank=False)
        if name == "tpl":
            return self._tpl(given[0], given[1], spot)
        if name == "contains" and isinstance(given[1], Unknown) and given[1].source == _NAME_OF_RELEASE:
            return Number(value=False)  # the release is taken to be called otherwise than the chart
        built = FUNCTIONS.get(name)
        if built is None:
            raise Undecided
        if name in _CHANGES_ITS_ARGUMENT and self._guards:
            raise Undecided
        try:
            return built(given, spot)
        except (IndexError, ValueError, TypeError, RecursionError) as error:
            raise Undecided from error

    def _method(self, first: Operand, given: list[Value], scope: _Scope, spot: Spot, output: _Output) -> Value:
        """``.Files.Get "x"`` and the like."""
        if not isinstance(first, (Dot, Variable)) or not first.fields:
            raise Undecided
        base = Dot(first.fields[:-1]) if isinstance(first, Dot) else Variable(first.name, first.fields[:-1])
        holder = self._operand(base, scope, spot, output)
        if not isinstance(holder, Files):
            raise Undecided
        if first.fields[-1] == "Get":
            return holder.entries.get(text_of(given[0]), Rope())
        if first.fields[-1] == "Lines":
            content = holder.entries.get(text_of(given[0]))
            return Items(list(content.stripped("\n", left=False).lines()) if isinstance(content, Rope) else [])
        raise Undecided

    # --- named templates

    def _included(self, name: str, dot: Value, spot: Spot, *, blank: bool) -> Value:
        named = self._named.get(name)
        if named is None:
            return Unknown()
        self.used.add(named.source.path)
        body = _Body(Frame(named.source, spot.frame, spot.start, spot.end))
        return self._rendered(named.nodes, body, dot, blank=blank)

    def _tpl(self, value: Value, dot: Value, spot: Spot) -> Value:
        if isinstance(value, Unknown):
            return value
        text = text_of(value)
        assert isinstance(value, Rope)
        if "{{" not in text:
            return value
        self.steps += len(text) // 100
        try:
            template = self._parsed.get(text) or go_template.parse(text)
        except TemplateError as error:
            raise Undecided from error
        self._parsed[text] = template
        return self._rendered(template.nodes, _Body(spot.frame, value.inserted(spot), spot), dot, blank=False)

    def _rendered(self, nodes: Sequence[Node], body: _Body, dot: Value, *, blank: bool) -> Value:
        if self._depth >= _DEEPEST:
            raise Undecided
        self._depth += 1
        output = _Output(blank=blank)
        try:
            self._nodes(nodes, body, _Scope(dot, [{"": dot}]), output)
        except _JumpError:
            raise Undecided from None
        finally:
            self._depth -= 1
        return Rope(tuple(output.pieces))


_CHANGES_ITS_ARGUMENT = frozenset({"set", "unset", "merge", "mustMerge", "mergeOverwrite", "mustMergeOverwrite"})


def _nothing_said(pipeline: Pipeline) -> Value:
    """What stands for a value that is printed as it is, and that nobody sets: the one who installs the chart has to."""
    match pipeline.commands:
        case ((Dot(fields) | Variable("", fields),),) if fields[:1] == ("Values",):
            name = f".{'.'.join(fields)}"
            return Unknown(f"{{{{ {name} }}}}", name)
        case ((Dot() | Variable(),),):
            return UNKNOWN
        case _:
            return None


def _selected(value: Value, fields: tuple[str, ...]) -> Value:
    for name in fields:
        match value:
            case Table():
                value = value.get(name)
            case Unknown(_, path):
                path = f"{path}.{name}" if path else None
                value = Unknown(f"{{{{ {path} }}}}" if path else "", path)
            case _:
                raise Undecided
    return value


def _opened(value: Value) -> Value:
    """The dot of ``with`` when it is not known whether its body is rendered: there it is not empty."""
    return value if isinstance(value, (Unknown, Table)) else UNKNOWN


def _elements(value: Value) -> list[tuple[Value, Value]] | None:
    """What ``range`` runs over: maps in the order of their keys; None when that is not known."""
    match value:
        case None:
            return []
        case Items():
            return [(Number(index), item) for index, item in enumerate(items_of(value))]
        case Table(entries, None):
            return [(_key(key), entries[key]) for key in sorted(entries)]
        case Number(int() as count) if not isinstance(count, bool):
            return [(Number(index), Number(index)) for index in range(min(count, 2_000))]
    return None


def _key(key: str) -> Value:
    return Rope((Piece(key, _KEYS, [0] * (len(key) + 1)),)) if key else Rope()


_KEYS = Frame(SourceText("", ""))
"""Keys of maps stand nowhere: they are put where the action stands that inserts them."""
