"""``toYaml`` and ``toJson``: values as Helm writes them, every text still at its place.

Held against Helm 4.1 (sigs.k8s.io/yaml): keys are sorted, lists stand at the column of their key, texts that would be
read as something else are quoted, texts of several lines are literal blocks.
"""

from __future__ import annotations

import json
import re

from flake8_celery_oom.resolve.helm.calling import LONGEST, Undecided, function
from flake8_celery_oom.resolve.helm.ropes import Rope, Spot, join
from flake8_celery_oom.resolve.helm.values import (
    Items,
    Number,
    Table,
    Unknown,
    Value,
    hole_of,
    json_number,
    number_text,
    scalar_number,
)

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[Tt\s].*)?")
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_SPECIAL_FLOAT = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NOT_PLAIN = re.compile(r"""^[-?:](?:\s|$)|^[,\[\]{}#&*!|>'"%@`]|: |:$| #|^\s|\s$|^---|^\.\.\.|[,\[\]{}](?!.)""")
_ODD = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\t")
_DEEPEST = 60


class _Output:
    """Writes one value; everything that is not in a file stands at the action."""

    def __init__(self, spot: Spot) -> None:
        self._spot = spot
        self._size = 0

    def mark(self, text: str) -> Rope:
        self._size += len(text)
        if self._size > LONGEST:
            raise Undecided
        return Rope.at(self._spot, text)

    # --- YAML

    def lines(self, value: Value, depth: int = 0) -> list[Rope]:
        """The lines of a value that stands at the start of a line."""
        if depth > _DEEPEST:
            raise Undecided
        if isinstance(value, Items) and value.items:
            return [line for item in value.items for line in self._item(item, depth)]
        if isinstance(value, Table) and (value.entries or value.rest is not None):
            found = [line for key in sorted(value.entries) for line in self._entry(key, value.entries[key], depth)]
            return [*found, hole_of(value.rest, self._spot)] if value.rest is not None else found
        return self.scalar(value)

    def _item(self, item: Value, depth: int) -> list[Rope]:
        first, *rest = self.lines(item, depth + 1) if _is_open(item) else self.scalar(item)
        return [self.mark("- ") + first, *(self._moved(line) for line in rest)]

    def _entry(self, key: str, value: Value, depth: int) -> list[Rope]:
        (name,) = self.scalar(self.mark(key)) if "\n" not in key else [self.mark(json.dumps(key))]
        if isinstance(value, Items) and value.items:
            return [name + self.mark(":"), *self.lines(value, depth + 1)]
        if _is_open(value):
            return [name + self.mark(":"), *(self._moved(line) for line in self.lines(value, depth + 1))]
        first, *rest = self.scalar(value)
        return [name + self.mark(": ") + first, *(self._moved(line) for line in rest)]

    def _moved(self, line: Rope) -> Rope:
        return self.mark("  ") + line if line.pieces else line

    def scalar(self, value: Value) -> list[Rope]:
        """A value that is no open collection: one line, or more for a block of text."""
        match value:
            case None:
                return [self.mark("null")]
            case Unknown():
                return [hole_of(value, self._spot)]
            case Number(number, written):
                text = json_number(number)
                return [written if written.known == text else self.mark(text)]
            case Items():
                return [self.mark("[]")]
            case Table():
                return [self.mark("{}")]
            case Rope():
                return self._text(value)

    def _text(self, rope: Rope) -> list[Rope]:
        text = rope.text
        self._size += len(text)
        if "\n" in text and not _ODD.search(text) and not text.startswith((" ", "\n")):
            end = "" if text.endswith("\n") else "-"
            body = rope.lines()
            if text.endswith("\n"):
                body, end = body[:-1], "+" if text.endswith("\n\n") or text == "\n" else ""
            return [self.mark(f"|{end}"), *(self.mark("  ") + line if line.pieces else line for line in body)]
        if (rope.known is not None and _reads_otherwise(text)) or _ODD.search(text) or "\n" in text:
            return [
                self.mark('"') + rope.replaced(lambda char: json.dumps(char, ensure_ascii=False)[1:-1]) + self.mark('"')
            ]
        if _NOT_PLAIN.search(text):
            return [self.mark("'") + rope.replaced(lambda char: "''" if char == "'" else char) + self.mark("'")]
        return [rope]

    # --- JSON

    def json(self, value: Value, depth: int = 0, *, raw: bool = False) -> Rope:
        """A value in one line."""
        if depth > _DEEPEST:
            raise Undecided
        match value:
            case None:
                return self.mark("null")
            case Unknown():
                return hole_of(value, self._spot)
            case Number(number, written):
                text = json_number(number)
                return written if written.known == text else self.mark(text)
            case Items(items):
                inner = join((self.json(item, depth + 1, raw=raw) for item in items), self.mark(","))
                return self.mark("[") + inner + self.mark("]")
            case Rope():
                escaped = value.replaced(lambda char: _json_char(char, raw=raw))
                return self.mark('"') + escaped + self.mark('"')
            case Table():
                if value.rest is not None:
                    raise Undecided
                keys = sorted(value.entries)
                pairs = (
                    self.mark(json.dumps(key) + ":") + self.json(value.entries[key], depth + 1, raw=raw) for key in keys
                )
                return self.mark("{") + join(pairs, self.mark(",")) + self.mark("}")


def _json_char(char: str, *, raw: bool) -> str:
    if not raw and char in "<>&":
        return f"\\u{ord(char):04x}"
    return json.dumps(char, ensure_ascii=False)[1:-1]


def _is_open(value: Value) -> bool:
    return (isinstance(value, Items) and bool(value.items)) or (
        isinstance(value, Table) and (bool(value.entries) or value.rest is not None)
    )


def _reads_otherwise(text: str) -> bool:
    """Whether a plain scalar would be read as something else than a text."""
    return (
        text in _NULLS
        or text == "<<"
        or scalar_number(text) is not None
        or any(pattern.fullmatch(text) for pattern in (_DATE, _BASE_60, _SPECIAL_FLOAT))
    )


@function("toYaml", "mustToYaml", "toYamlPretty")
def _to_yaml(arguments: list[Value], spot: Spot) -> Value:
    (value,) = arguments
    if isinstance(value, Unknown):
        return value
    output = _Output(spot)
    return join(output.lines(value), output.mark("\n"))


@function("toJson", "mustToJson")
def _to_json(arguments: list[Value], spot: Spot) -> Value:
    (value,) = arguments
    return value if isinstance(value, Unknown) else _Output(spot).json(value)


@function("toRawJson", "mustToRawJson", "toPrettyJson", "mustToPrettyJson")
def _to_raw_json(arguments: list[Value], spot: Spot) -> Value:
    (value,) = arguments
    return value if isinstance(value, Unknown) else _Output(spot).json(value, raw=True)


@function("quote")
def _quote(arguments: list[Value], spot: Spot) -> Value:
    """Each value that is not nil in double quotes."""
    return join((_in_quotes(value, spot, '"') for value in arguments if value is not None), Rope.at(spot, " "))


@function("squote")
def _squote(arguments: list[Value], spot: Spot) -> Value:
    return join((_in_quotes(value, spot, "'") for value in arguments if value is not None), Rope.at(spot, " "))


def _in_quotes(value: Value, spot: Spot, mark: str) -> Rope:
    if isinstance(value, Unknown):
        inner = hole_of(value, spot)
    elif isinstance(value, Number):
        inner = (
            value.written
            if value.written.known == number_text(value.value)
            else Rope.at(spot, number_text(value.value))
        )
    elif isinstance(value, Rope):
        inner = value
    else:
        raise Undecided
    if mark == '"':
        inner = inner.replaced(lambda char: json.dumps(char, ensure_ascii=False)[1:-1])
    return Rope.at(spot, mark) + inner + Rope.at(spot, mark)
