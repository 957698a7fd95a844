"""Renders the templates of a chart as Helm does, with text that knows its place and values that may be unknown.

Where a condition is not known, both branches are rendered and marked (*guards*). What the values switch off as a whole,
a workload or a container, is rendered all the same: the one who installs the chart may switch it on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.helm import (
    collection_functions,
    kind_functions,
    text_functions,
    value_functions,
    yaml_output,
)
from flake8_celery_oom.resolve.helm.calling import FUNCTIONS, Undecided, text_of
from flake8_celery_oom.resolve.helm.rendering import (
    Body,
    Files,
    JumpError,
    Named,
    Output,
    Scope,
    elements_of,
    nothing_said,
    opened,
    selected,
)
from flake8_celery_oom.resolve.helm.ropes import Frame, Rope, Spot
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
from flake8_celery_oom.syntax.go_nodes import (
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
    Text,
    Variable,
)
from flake8_celery_oom.syntax.go_template import TemplateError

__all__ = ["OverBudgetError", "Renderer"]

FUNCTION_MODULES = (collection_functions, kind_functions, text_functions, value_functions, yaml_output)
"""Importing them registers their functions."""

MOST_STEPS = 30_000
MOST_CHARACTERS = 1_000_000
MOST_PIECES = 20_000
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
        self._elements = 0
        """How many elements the innermost list or map has that a template goes through."""
        self._last_guard = 0
        self.used: set[str] = set()
        """The files of the named templates that were rendered."""

    def file(self, source: SourceText, nodes: Sequence[Node]) -> Rope:
        """The text of one template; raises :class:`OverBudgetError`."""
        output = Output()
        body = Body(Frame(source))
        self._nodes(nodes, body, Scope(self._root, [{"": self._root}]), output)
        return Rope(tuple(output.pieces))

    # --- nodes

    def _nodes(self, nodes: Sequence[Node], body: Body, scope: Scope, output: Output) -> None:
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
                    raise JumpError(word)

    def _add(self, rope: Rope, output: Output) -> None:
        self._characters += len(rope)
        self.steps += len(rope.pieces) // 8
        if self._characters > MOST_CHARACTERS:
            raise OverBudgetError
        output.add(rope)

    def _step(self) -> None:
        self.steps += 1
        if self.steps > self._most_steps:
            raise OverBudgetError

    def _insert(self, pipeline: Pipeline, body: Body, scope: Scope, output: Output, spot: Spot) -> None:
        value = self._value(pipeline, scope, spot, output)
        if value is None and not pipeline.variables:
            value = nothing_said(pipeline)
        if not pipeline.variables:
            self._print(value, output, spot)

    def _print(self, value: Value, output: Output, spot: Spot) -> None:
        text = printed(value, spot)
        rope = hole_of(text, spot) if isinstance(text, Unknown) else text
        self._add(rope.inserted(spot), output)

    # --- blocks

    def _block(self, node: Block, body: Body, scope: Scope, output: Output) -> None:
        spot = body.at(node.start, node.end)
        inner = scope.inner(scope.dot)
        if node.word == "range":
            plain = Pipeline(node.pipeline.commands)
            self._range(node, self._value(plain, scope, spot, output), body, inner, output)
            return
        value = self._value(node.pipeline, inner, spot, output)
        of_another_sort = value is None and self._elements > 1  # elements of which some do not have the switch at all
        holds = truthy(value)
        dot = value if holds is not None else opened(value)
        taken = Scope(dot, inner.blocks) if node.word == "with" else inner
        if holds is None:
            self._undecided(node, body, taken, inner, output)
        elif holds or (not of_another_sort and self._switched_off(node, body, output)):
            self._nodes(node.body, body, taken, output)
        else:
            self._nodes(node.other, body, inner, output)

    def _switched_off(self, node: Block, body: Body, output: Output) -> bool:
        """Whether the values leave out a whole workload or container that nothing stands for otherwise."""
        if node.other:
            return False
        written = body.written(node.start, min(node.end, node.start + _LONGEST_SWITCH))
        return output.blank or _WORKLOAD.search(written) is not None or _CONTAINER.search(written) is not None

    def _undecided(self, node: Block, body: Body, taken: Scope, other: Scope, output: Output) -> None:
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

    def _branch(self, nodes: Sequence[Node], body: Body, scope: Scope, output: Output) -> Rope:
        made = Output(blank=output.blank)
        self._guards.append(self._last_guard)
        try:
            self._nodes(nodes, body, scope, made)
        except JumpError:
            # Whether the loop goes on is not known: what follows is rendered as if it did.
            pass
        finally:
            self._guards.pop()
        return Rope(tuple(made.pieces))

    def _range(self, node: Block, value: Value, body: Body, scope: Scope, output: Output) -> None:
        elements = elements_of(value)
        if elements is None or (not elements and self._switched_off(node, body, output)):
            scope.dot = UNKNOWN
            self._bind(node.pipeline, scope, UNKNOWN, UNKNOWN)
            if elements is None:
                self._undecided(node, body, scope, scope, output)
            else:
                self._nodes(node.body, body, scope, output)
            return
        outer, self._elements = self._elements, len(elements)
        try:
            self._each(node, elements, body, scope, output)
        finally:
            self._elements = outer
        if not elements:
            self._nodes(node.other, body, scope, output)

    def _each(
        self, node: Block, elements: Sequence[tuple[Value, Value]], body: Body, scope: Scope, output: Output
    ) -> None:
        for key, element in elements:
            self._step()
            each = scope.inner(element)
            self._bind(node.pipeline, each, key, element)
            try:
                self._nodes(node.body, body, each, output)
            except JumpError as jump:
                if jump.word == "break":
                    return

    @staticmethod
    def _bind(pipeline: Pipeline, scope: Scope, key: Value, element: Value) -> None:
        names = pipeline.variables
        values = [element] if len(names) == 1 else [key, element]
        for name, value in zip(names, values, strict=False):
            if pipeline.declares:
                scope.blocks[-1][name] = value
            else:
                scope.assign(name, value)

    # --- values

    def _value(self, pipeline: Pipeline, scope: Scope, spot: Spot, output: Output) -> Value:
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
        self, operands: tuple[Operand, ...], scope: Scope, spot: Spot, output: Output, piped: list[Value]
    ) -> Value:
        first = operands[0]
        given = [*(self._operand(operand, scope, spot, output) for operand in operands[1:]), *piped]
        if isinstance(first, Function):
            return self._call(first.name, given, spot, output)
        if not given:
            return self._operand(first, scope, spot, output)
        return self._method(first, given, scope, spot, output)

    def _operand(self, operand: Operand, scope: Scope, spot: Spot, output: Output) -> Value:
        match operand:
            case Literal(value):
                if isinstance(value, str):
                    return Rope.at(spot, value)
                return None if value is None else Number(value)
            case Dot(fields):
                return selected(scope.dot, fields)
            case Variable(name, fields):
                return selected(scope.find(name), fields)
            case Group(pipeline, fields):
                return selected(self._value(pipeline, scope, spot, output), fields)
            case Function(name):
                return self._call(name, [], spot, output)

    def _call(self, name: str, given: list[Value], spot: Spot, output: Output) -> Value:
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
            value = built(given, spot)
        except (IndexError, ValueError, TypeError, RecursionError, OverflowError, MemoryError) as error:
            raise Undecided from error
        if isinstance(value, Rope):
            self.steps += len(value.pieces) // 8
            if len(value.pieces) > MOST_PIECES or len(value) > MOST_CHARACTERS:
                raise Undecided
        return value

    def _method(self, first: Operand, given: list[Value], scope: Scope, spot: Spot, output: Output) -> Value:
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
        body = Body(Frame(named.source, spot.frame, spot.start, spot.end))
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
        return self._rendered(template.nodes, Body(spot.frame, value.inserted(spot), spot), dot, blank=False)

    def _rendered(self, nodes: Sequence[Node], body: Body, dot: Value, *, blank: bool) -> Value:
        if self._depth >= _DEEPEST:
            raise Undecided
        self._depth += 1
        output = Output(blank=blank)
        try:
            self._nodes(nodes, body, Scope(dot, [{"": dot}]), output)
        except JumpError:
            raise Undecided from None
        finally:
            self._depth -= 1
        return Rope(tuple(output.pieces))


_CHANGES_ITS_ARGUMENT = frozenset({"set", "unset", "merge", "mustMerge", "mergeOverwrite", "mustMergeOverwrite"})
