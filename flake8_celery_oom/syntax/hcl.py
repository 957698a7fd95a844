"""HCL (Terraform, Nomad) with exact positions, read into the nodes of :mod:`flake8_celery_oom.syntax.yaml_nodes`.

Blocks nest by their labels, as in HCL's own JSON form: ``job "a" { x = 1 }`` is ``{job: {a: {x: 1}}}``. What only an
evaluation could say (references, operators, most functions, ``for``) is a scalar that is one hole. Broken text is
skipped. Source: HCL Native Syntax Specification (hashicorp/hcl, hclsyntax/spec.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Names
from dataclasses import dataclass, field, replace

from flake8_celery_oom.core.facts import Argv, Command, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence

LARGEST = 1_000_000
"""Characters; of larger texts nothing is read."""
DEEPEST = 60
"""Collections and blocks inside one another; what is deeper is skipped."""

_BLANK = re.compile(r"(?:[ \t\ufeff]+|/\*(?s:.*?)(?:\*/|\Z))*")
_BETWEEN = re.compile(r"(?:[\s,\ufeff]+|(?:#|//)[^\r\n]*|/\*(?s:.*?)(?:\*/|\Z))*")
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_LITERAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true\b|false\b|null\b")
_HEREDOC = re.compile(r"<<[-~]?([A-Za-z_][\w-]*)[ \t]*\r?\n")
_CALL = re.compile(r"(jsonencode|yamlencode|tolist|compact|flatten|concat|split)\(")
_FOR = re.compile(r"[\[{]\s*for\s")
_TEMPLATE = re.compile(r"(?<![$%])[$%]\{")
_OPENING, _CLOSING = "([{", ")]}"
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def parse(source: SourceText, defaults: Names[str, str] | None = None) -> Mapping:
    """Read a file. ``defaults`` says what a reference (``var.count``) comes to when nobody gives it a value."""
    text = source.text if len(source.text) <= LARGEST else ""
    reader = _Reader(source, text, defaults or {})
    entries, _ = reader.body(0, 0)
    return Mapping(tuple(entries), source.location(0, len(source.text)))


@dataclass
class _Steps:
    """Characters that may still be looked at for the ends of interpolations over several lines."""

    left: int = 200_000


def template(text: MappedText, defaults: Names[str, str] | None = None, steps: _Steps | None = None) -> MappedText:
    """Text with a hole for each ``${...}`` and ``%{...}``."""
    holes: list[TextHole] = []
    position = 0
    steps = steps or _Steps()
    while found := _TEMPLATE.search(text.text, position):
        end = _end_of_interpolation(text.text, found.end(), steps)
        written = text.text[found.start() : end]
        default = (defaults or {}).get(written[2:-1].strip())
        holes.append(TextHole(found.start(), end, Hole(written, default=default, at=text.location(found.start(), end))))
        position = end
    return text.with_holes(holes) if holes else text


def masked(text: MappedText) -> MappedText:
    """The text with letters in place of what its holes cover: for readers of another notation (JSON)."""
    pieces = list(text.text)
    for hole in text.holes:
        pieces[hole.start : hole.end] = "x" * (hole.end - hole.start)
    return MappedText(text.source, "".join(pieces), text.offsets, text.holes)


@dataclass
class _Reader:
    """Reads by position; every method gives the position behind what it has read."""

    source: SourceText
    text: str
    defaults: Names[str, str] = field(default_factory=dict)
    steps: _Steps = field(default_factory=_Steps)

    def body(self, position: int, depth: int) -> tuple[list[Entry], int]:
        """Attributes and blocks up to a closing brace or the end."""
        entries: list[Entry] = []
        while True:
            position = _behind(_BETWEEN, self.text, position)
            if position >= len(self.text) or self.text[position] == "}":
                return entries, position
            key, position = self._key(position)
            if key is None:
                continue
            after = _behind(_BLANK, self.text, position)
            if self.text[after : after + 1] in {"=", ":"} and self.text[after : after + 2] != "==":
                value, position = self.value(_behind(_BLANK, self.text, after + 1), depth)
                entries.append(Entry(key, value))
                continue
            labels: list[Scalar] = []
            while True:
                position = _behind(_BLANK, self.text, position)
                if self.text[position : position + 1] != '"' and not _NAME.match(self.text, position):
                    break
                label, position = self._key(position)
                labels += [label] if label is not None else []
            if self.text[position : position + 1] == "{":
                inner, position = self._braces(position, depth)
                for label in reversed(labels):
                    inner = Mapping((Entry(label, inner),), inner.at)
                entries.append(Entry(key, inner))

    def _key(self, position: int) -> tuple[Scalar | None, int]:
        """A name, or a quoted one. Anything else is stepped over."""
        if name := _NAME.match(self.text, position):
            return self._plain(position, name.end()), name.end()
        if self.text[position] == '"':
            return self._string(position)
        if self.text[position] in _OPENING:
            return None, self._end_of_expression(position)
        return None, position + 1

    def _braces(self, position: int, depth: int) -> tuple[Mapping, int]:
        if depth >= DEEPEST:
            end = self._end_of_expression(position)
            return Mapping((), self.source.location(position, end)), end
        entries, end = self.body(position + 1, depth + 1)
        end = min(end + 1, len(self.text))
        return Mapping(tuple(entries), self.source.location(position, end), flow=True), end

    def value(self, position: int, depth: int) -> tuple[Node, int]:
        """One expression."""
        node, end = self._term(position, depth)
        after = _behind(_BLANK, self.text, end)
        rest = self.text[after : after + 1]
        if node is not None and (
            rest in {"", "\n", "\r", ",", ")", "]", "}", "#"} or self.text.startswith("//", after)
        ):
            return node, end
        end = max(self._end_of_expression(position), min(position + 1, len(self.text)))
        return self._reference(position, end), end

    def _term(self, position: int, depth: int) -> tuple[Node | None, int]:
        char = self.text[position : position + 1]
        if char == '"':
            return self._string(position)
        if (heredoc := _HEREDOC.match(self.text, position)) is not None:
            return self._heredoc(heredoc)
        if (literal := _LITERAL.match(self.text, position)) is not None:
            return self._plain(position, literal.end()), literal.end()
        if depth >= DEEPEST or (char in {"[", "{"} and _FOR.match(self.text, position)):
            return None, position
        if char == "{":
            return self._braces(position, depth)
        if char == "[":
            return self._list(position, depth)
        if (call := _CALL.match(self.text, position)) is not None:
            return self._call(call, depth)
        return None, position

    def _call(self, call: re.Match[str], depth: int) -> tuple[Node | None, int]:
        """``jsonencode(value)`` is the value, ``split(" ", "text")`` the text, ``concat(...)`` all items in a row."""
        arguments, end = self._items(call.end(), depth, ")")
        if self.text[end - 1 : end] != ")" or not arguments:
            return None, call.start()
        if call[1] == "split":
            return arguments[-1], end
        if call[1] != "concat":
            return (arguments[0], end) if len(arguments) == 1 else (None, call.start())
        if any(isinstance(one, Mapping) or (isinstance(one, Scalar) and one.style != "plain") for one in arguments):
            return None, call.start()
        items = [item for one in arguments for item in (one.items if isinstance(one, Sequence) else [_several(one)])]
        return Sequence(tuple(items), self.source.location(call.start(), end), flow=True), end

    def _list(self, position: int, depth: int) -> tuple[Node, int]:
        items, end = self._items(position + 1, depth, "]")
        return Sequence(tuple(items), self.source.location(position, end), flow=True), end

    def _items(self, position: int, depth: int, closing: str) -> tuple[list[Node], int]:
        items: list[Node] = []
        end = _behind(_BETWEEN, self.text, position)
        while end < len(self.text) and self.text[end] not in _CLOSING:
            item, end = self.value(end, depth + 1)
            items.append(item)
            end = _behind(_BETWEEN, self.text, end)
        return items, end + 1 if self.text[end : end + 1] == closing else end

    def _plain(self, start: int, end: int) -> Scalar:
        return Scalar(MappedText.plain(self.source, start, end), "plain", self.source.location(start, end))

    def _reference(self, start: int, end: int) -> Scalar:
        """An expression that is not evaluated."""
        written = self.text[start:end].rstrip()
        text = MappedText.plain(self.source, start, start + len(written))
        hole = Hole(written, default=self.defaults.get(written), at=text.location())
        return Scalar(text.with_holes([TextHole(0, len(written), hole)]), "plain", text.location())

    def _string(self, position: int) -> tuple[Scalar, int]:
        end = _end_of_string(self.text, position, self.steps)
        closed = end - 1 if end > position + 1 and self.text[end - 1] == '"' else end
        inner = template(MappedText.plain(self.source, position + 1, closed), self.defaults, self.steps)
        return Scalar(_decoded(inner), "double", self.source.location(position, end)), end

    def _heredoc(self, opening: re.Match[str]) -> tuple[Scalar, int]:
        closing = re.compile(rf"^[ \t]*{re.escape(opening[1])}[ \t]*$", re.MULTILINE).search(self.text, opening.end())
        stop = closing.start() if closing else len(self.text)
        end = closing.end() if closing else len(self.text)
        inner = template(MappedText.plain(self.source, opening.end(), stop), self.defaults, self.steps)
        return Scalar(inner, "literal", self.source.location(opening.start(), end)), end

    def _end_of_expression(self, position: int) -> int:
        """Where an expression ends: before a line end, a comma or a closing bracket that is not its own."""
        depth = 0
        text = self.text
        while position < len(text):
            char = text[position]
            if char == '"':
                position = _end_of_string(text, position, self.steps)
                continue
            if char in _OPENING:
                depth += 1
            elif char in _CLOSING:
                if depth == 0:
                    return position
                depth -= 1
            elif depth == 0 and char in "\n,":
                return position
            position += 1
        return position


def _several(node: Node) -> Node:
    """A reference to a list: any number of items."""
    if not isinstance(node, Scalar):
        return node
    holes = [TextHole(one.start, one.end, replace(one.hole, several=True)) for one in node.value.holes]
    value = MappedText(node.value.source, node.value.text, node.value.offsets, tuple(holes))
    return Scalar(value, node.style, node.at)


def command(node: Node | None) -> Command | None:
    """A list of words, or text that is split into words; a reference may be any number of words."""
    if node is None or isinstance(node, Mapping) or (isinstance(node, Scalar) and node.is_null):
        return None
    if isinstance(node, Sequence):
        words = (Word.of(item.value) if isinstance(item, Scalar) else _unreadable(item) for item in node.items)
        return Argv(tuple(words), node.at, "json")
    if node.style == "plain":
        several = _several(node)
        return Argv((Word.of(several.value),), node.at, "json") if isinstance(several, Scalar) else None
    return ShellText(node.value, node.at, shell=False)


def _unreadable(node: Node) -> Word:
    return Word((Hole("...", at=node.at, several=True),), node.at)


def _behind(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _end_of_string(text: str, position: int, steps: _Steps) -> int:
    """The position behind the closing quote; a string ends with its line, but for what its interpolations hold."""
    position += 1
    while position < len(text):
        char = text[position]
        if char == "\\":
            position += 2
        elif char == '"':
            return position + 1
        elif char == "\n":
            return position
        elif _TEMPLATE.match(text, position):
            position = _end_of_interpolation(text, position + 2, steps)
        else:
            position += 1
    return min(position, len(text))


def _end_of_interpolation(text: str, position: int, steps: _Steps) -> int:
    """The position behind the brace that closes ``${``; one that is never closed ends with its line."""
    start, depth = position, 1
    while position < len(text) and text[position] != "\n":
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        position += 1
        if depth == 0:
            return position
    closed = _end_over_lines(text, start, steps)
    return position if closed is None else closed


def _end_over_lines(text: str, position: int, steps: _Steps) -> int | None:
    """The end of an interpolation that goes on over several lines, with strings that hold some themselves."""
    opened = ["{"]
    while position < len(text) and steps.left > 0:
        steps.left -= 1
        char = text[position]
        if opened[-1] == '"':
            if char == "\n":
                return None
            if char == "\\":
                position += 1
            elif char == '"':
                opened.pop()
            elif _TEMPLATE.match(text, position):
                opened.append("{")
                position += 1
        elif char in '"{':
            opened.append(char)
        elif char == "}":
            opened.pop()
        position += 1
        if not opened:
            return position
    return None


_ESCAPE = re.compile(r"\\(?s:(.))|([$%])(?=\2\{)")


def _decoded(written: MappedText) -> MappedText:
    """What stands between two quotes: backslashes, and ``$${`` for a ``${`` that is meant."""
    if "\\" not in written.text and "${" not in written.text and "%{" not in written.text:
        return written
    pieces: list[MappedText] = []
    position = 0
    for match in _ESCAPE.finditer(written.text):
        start, end = match.span()
        if any(hole.start <= start < hole.end for hole in written.holes):
            continue
        pieces.append(written[position:start])
        if match[1] is not None:
            char = _ESCAPES.get(match[1], match[1])
            pieces.append(MappedText(written.source, char, [written.offsets[start], written.offsets[end]]))
        position = end
    if not pieces:
        return written
    pieces.append(written[position:])
    return MappedText.joined(pieces)
