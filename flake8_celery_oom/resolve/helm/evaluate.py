"""What the expression of a Helm template comes to, given the chart's values: a value, nothing, or not known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import TypeAlias

from flake8_celery_oom.resolve.helm.values import Chart, Found
from flake8_celery_oom.syntax.go_expression import ROOT, Call, Constant, Element, Expression, Path, shown
from flake8_celery_oom.syntax.template import Masked
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence

_FALSE = frozenset({"false", "False", "FALSE", "null", "~", ""})
_SAME_VALUE = frozenset({"quote", "squote", "toString", "toYaml", "mustToYaml", "toYamlPretty", "trim", "fromYaml"})
_NUMBERS = frozenset({"int", "int64", "float64", "atoi"})
_FORMAT = re.compile(r"%(?:%|[sdvq])")
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class NotKnown:
    """The files don't say; ``default`` is what applies when the one who installs the chart says nothing."""

    default: str | None = None


Outcome: TypeAlias = "Node | str | int | float | bool | NotKnown | None"
"""A node of a file of values, a computed value, None for nothing, or NotKnown."""


@dataclass(frozen=True)
class Evaluator:
    """Evaluates expressions against a chart. ``elements`` binds what ``range`` runs over to one key and element."""

    chart: Chart
    elements: MappingOf[Expression, tuple[str, Found]] = field(default_factory=dict)
    _included: dict[str, Outcome] = field(default_factory=dict)

    def outcome(self, expression: Expression, depth: int = 0) -> Outcome:
        """What an expression comes to."""
        if depth > _DEEPEST:
            return NotKnown()
        if isinstance(expression, Constant):
            return expression.value
        if isinstance(expression, Call):
            return self._call(expression.name, expression.arguments, depth + 1)
        found = self.found(expression)
        if found is not None:
            return NotKnown() if found.lost or found.settled.others else found.settled.node
        if isinstance(expression, Element) and expression.key and expression.of in self.elements:
            return self.elements[expression.of][0]
        return NotKnown()

    def found(self, expression: Expression) -> Found | None:
        """The place in the values that an expression names; None when it names none."""
        if isinstance(expression, Path) and expression.fields[:1] == ("Values",):
            return self.chart.value(expression.fields[1:]) if self.chart.readable else None
        if isinstance(expression, Path) and expression.fields[:1] == ("Chart",) and len(expression.fields) == 2:
            return self.chart.described(expression.fields[1])
        if isinstance(expression, Element) and not expression.key and expression.of in self.elements:
            return self.elements[expression.of][1].select(expression.fields)
        if isinstance(expression, Call) and expression.arguments:
            if expression.name in _SAME_VALUE or expression.name in {"nindent", "indent", "required"}:
                return self.found(expression.arguments[-1])
            if expression.name == "tpl":
                return self.found(expression.arguments[0])
            if expression.name == "default" and len(expression.arguments) == 2:
                return self._found_or_default(*expression.arguments)
        return None

    def _found_or_default(self, fallback: Expression, wanted: Expression) -> Found | None:
        found = self.found(wanted)
        settled = found.settled if found is not None else None
        if settled is None or settled.others or settled.lost or truthy(settled.node):
            return found
        return self.found(fallback)

    def _call(self, name: str, arguments: tuple[Expression, ...], depth: int) -> Outcome:
        if name in {"and", "or"}:
            return self._connective(name, arguments, depth)
        if name in {"include", "template"}:
            return self._include(arguments, depth)
        values = [self.outcome(argument, depth) for argument in arguments]
        if not values:
            return NotKnown()
        if name == "default" and len(values) == 2:
            return _default(values[0], values[1])
        if name == "coalesce":
            return next((value for value in values if isinstance(value, NotKnown) or truthy(value)), None)
        if name == "tpl":
            text = text_of(values[0])
            return NotKnown() if text is None or "{{" in text else values[0]
        last = values[-1]
        if name in _SAME_VALUE or name in {"nindent", "indent", "required"}:
            return last
        if name in _NUMBERS:
            return _number(last)
        if any(isinstance(value, NotKnown) for value in values):
            return NotKnown()
        return _computed(name, values)

    def _include(self, arguments: tuple[Expression, ...], depth: int) -> Outcome:
        """What a named template renders to, when it is given the root."""
        name = arguments[0].value if arguments and isinstance(arguments[0], Constant) else None
        if not isinstance(name, str) or name not in self.chart.named or arguments[1:] not in {(), (ROOT,)}:
            return NotKnown()
        if name not in self._included:
            self._included[name] = NotKnown()
            masked, start, end = self.chart.named[name]
            rendered = self.rendered(masked, start, end, depth)
            self._included[name] = NotKnown() if rendered is None else rendered.strip()
        return self._included[name]

    def rendered(self, masked: Masked, start: int, end: int, depth: int = 0) -> str | None:
        """The text that a stretch of a template comes to; None when a piece of it is not known."""
        dead = self._dead(masked, start, end, depth)
        if dead is None:
            return None
        pieces = [""]
        position, trims = start, False
        for action in masked.parts:
            if action.start < start or action.end > end or any(a <= action.start < b for a, b in dead):
                continue
            written = "" if action.control else text_of(self.outcome(action.expression, depth + 1))
            if written is None:
                return None
            text = (
                "" if any(a <= position < b for a, b in dead) else masked.parsable.source.text[position : action.start]
            )
            text = text.lstrip() if trims else text
            pieces += [text.rstrip() if action.source[2:3] == "-" else text, written]
            position, trims = action.end, action.source[-3:-2] == "-"
        rest = masked.parsable.source.text[position:end]
        return "".join([*pieces, rest.lstrip() if trims else rest])

    def _dead(self, masked: Masked, start: int, end: int, depth: int) -> list[tuple[int, int]] | None:
        """The branches of a stretch that are not rendered; None when that is not known of one."""
        dead: list[tuple[int, int]] = []
        for branch in masked.branches:
            if start <= branch.start and branch.end <= end and not any(a <= branch.start < b for a, b in dead):
                holds = self.holds(branch.tests, depth)
                if holds is None or (holds and branch.word == "range"):
                    return None
                if not holds:
                    dead.append((branch.start, branch.end))
        return dead

    def holds(self, tests: Iterable[tuple[Expression, bool]], depth: int = 0) -> bool | None:
        """Whether all tests come out as wanted; None when that is not known."""
        unsure = False
        for test, wanted in tests:
            outcome = self.outcome(test, depth + 1)
            if isinstance(outcome, NotKnown):
                unsure = True
            elif truthy(outcome) is not wanted:
                return False
        return None if unsure else True

    def _connective(self, name: str, arguments: tuple[Expression, ...], depth: int) -> Outcome:
        """``and`` and ``or``: one argument may decide while another is not known."""
        unsure = False
        last: Outcome = None
        for argument in arguments:
            last = self.outcome(argument, depth)
            if isinstance(last, NotKnown):
                unsure = True
            elif truthy(last) == (name == "or"):
                return last
        return NotKnown() if unsure else last


def _default(fallback: Outcome, value: Outcome) -> Outcome:
    if isinstance(value, NotKnown):
        return NotKnown(value.default or text_of(fallback))
    return value if truthy(value) else fallback


def _number(value: Outcome) -> Outcome:
    text = text_of(value)
    if isinstance(value, NotKnown):
        return value
    if text is None or not re.fullmatch(r"[+-]?\d{1,15}(?:\.\d{1,15})?", text):
        return 0
    return value if text.isdigit() else int(float(text))


def _computed(name: str, values: list[Outcome]) -> Outcome:
    """Functions of values that are all known."""
    first = values[0]
    if name == "not":
        return not truthy(first)
    if name == "empty":
        return not truthy(first)
    if name in {"eq", "ne"}:
        equal = any(text_of(first) == text_of(value) for value in values[1:])
        return equal if name == "eq" else not equal
    if name in {"gt", "lt", "ge", "le"} and len(values) == 2:
        return _compared(name, text_of(first), text_of(values[1]))
    if name == "hasKey" and len(values) == 2 and isinstance(first, Mapping):
        return text_of(values[1]) in first.keys()  # noqa: SIM118  a Mapping of YAML is no dict
    if name == "ternary" and len(values) == 3:
        return first if truthy(values[2]) else values[1]
    if name in {"lower", "upper"} and (text := text_of(first)) is not None:
        return text.lower() if name == "lower" else text.upper()
    if name in {"printf", "print"}:
        return _printed(name, values)
    if name == "join" and len(values) == 2 and isinstance(values[1], Sequence):
        texts = [text_of(item) for item in values[1].items]
        separator = text_of(first)
        if separator is not None and all(text is not None for text in texts):
            return separator.join(text or "" for text in texts)
    return NotKnown()


def _compared(name: str, one: str | None, other: str | None) -> Outcome:
    try:
        left, right = float(one or "0"), float(other or "0")
    except ValueError:
        return NotKnown()
    return {"gt": left > right, "lt": left < right, "ge": left >= right, "le": left <= right}[name]


def _printed(name: str, values: list[Outcome]) -> Outcome:
    texts = [text_of(value) for value in values]
    if any(text is None for text in texts):
        return NotKnown()
    known = [text or "" for text in texts]
    if name == "print":
        return "".join(known)
    rest = iter(known[1:])
    return _FORMAT.sub(lambda match: "%" if match[0] == "%%" else next(rest, ""), known[0])


def truthy(value: Outcome) -> bool:
    """Whether a template takes a value for true: not empty, zero, false or nothing."""
    if isinstance(value, Scalar):
        text = value.value.text
        if value.style != "plain":
            return bool(text)
        return text not in _FALSE and re.fullmatch(r"[+-]?0+(?:\.0*)?", text) is None
    if isinstance(value, Mapping):
        return bool(value.entries)
    if isinstance(value, Sequence):
        return bool(value.items)
    return bool(value)


def text_of(value: Outcome) -> str | None:
    """What a template prints for a value; None for collections and what is not known."""
    if isinstance(value, Scalar):
        return value.value.text
    if isinstance(value, (Mapping, Sequence, NotKnown)):
        return None
    return shown(value)
