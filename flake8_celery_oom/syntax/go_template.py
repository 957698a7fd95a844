"""Go's ``text/template``: a template as a tree of nodes with exact offsets. Nothing is evaluated here.

The trim markers (``{{-`` and ``-}}``) are applied to the text nodes beside them, as Go's lexer does. A template that Go
refuses is refused with a :class:`TemplateError`; see :mod:`flake8_celery_oom.syntax.template` for reading one without
its values.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

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


class TemplateError(Exception):
    """The text is no template that Go would accept: an action is not closed, an ``end`` is missing."""


_TOKEN = re.compile(
    r"""\s+|(?P<string>"(?:\\.|[^"\\\n])*")|(?P<raw>`[^`]*`)|(?P<char>'(?:\\.|[^'\\\n])+')"""
    r"""|(?P<number>[+-]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.]))"""
    r"""|(?P<field>(?:\.[^\W\d]\w*)+)|(?P<variable>\$\w*)(?P<of>(?:\.[^\W\d]\w*)*)|(?P<name>[^\W\d]\w*)"""
    r"""|(?P<mark>:=|[()|,=.])"""
)
_IN_ACTION = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`]*`|\'(?:\\.|[^\'\\\n])+\'|\}\}')
_SPACES = " \t\r\n"
_DEEPEST = 100
_CONSTANTS = {"true": True, "false": False, "nil": None}
_BLOCKS = frozenset({"if", "with", "range"})


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text, or an action whose inner part is ``inner``."""

    start: int
    end: int
    inner: str | None = None


def parse(text: str) -> Template:
    """The tree of a template; raises :class:`TemplateError`."""
    return _Parser(_pieces(text)).template()


def _pieces(text: str) -> list[_Piece]:
    """Text and actions in turn, trimmed; comments are gone."""
    pieces: list[_Piece] = []
    position, trims = 0, False
    while True:
        opening = text.find("{{", position)
        start, end = position, len(text) if opening < 0 else opening
        while trims and start < end and text[start] in _SPACES:
            start += 1
        if opening < 0:
            pieces.append(_Piece(start, end))
            return pieces
        while text.startswith("{{-", opening) and text[opening + 3 : opening + 4] in _SPACES and end > start:
            if text[end - 1] not in _SPACES:
                break
            end -= 1
        pieces.append(_Piece(start, end))
        position = _action_end(text, opening)
        trims = text[position - 3] == "-" and text[position - 4] in _SPACES + "/"
        inner = text[opening + 2 : position - 2]
        inner = inner[1:] if inner[:1] == "-" and inner[1:2] in _SPACES else inner
        inner = inner[:-1] if trims else inner
        if not inner.strip().startswith("/*"):
            pieces.append(_Piece(opening, position, inner.strip()))


def _action_end(text: str, start: int) -> int:
    comment = re.compile(r"\{\{-?\s*/\*").match(text, start)
    if comment is not None:
        closing = text.find("*/", comment.end())
        end = text.find("}}", closing) if closing >= 0 else -1
        if end < 0 or text[closing + 2 : end].strip(_SPACES + "-"):
            raise TemplateError("a comment is not closed")
        return end + 2
    position = start + 2
    while True:
        step = _IN_ACTION.search(text, position)
        if step is None:
            raise TemplateError("an action is not closed")
        if step.group() == "}}":
            return step.end()
        position = step.end()


class _Parser:
    def __init__(self, pieces: list[_Piece]) -> None:
        self._pieces = pieces
        self._position = 0
        self._depth = 0
        self._defined: dict[str, tuple[Node, ...]] = {}

    def template(self) -> Template:
        nodes, closing = self._nodes()
        if closing is not None:
            raise TemplateError(f"unexpected {{{{{closing.inner}}}}}")
        return Template(nodes, self._defined)

    def _nodes(self) -> tuple[tuple[Node, ...], _Piece | None]:
        """The nodes up to an ``end`` or ``else``, which is handed back."""
        nodes: list[Node] = []
        while self._position < len(self._pieces):
            piece = self._pieces[self._position]
            self._position += 1
            if piece.inner is None:
                if piece.end > piece.start:
                    nodes.append(Text(piece.start, piece.end))
                continue
            word = _word(piece.inner)
            if word in ("end", "else"):
                return tuple(nodes), piece
            node = self._action(piece, piece.inner, word)
            if node is not None:
                nodes.append(node)
        return tuple(nodes), None

    def _action(self, piece: _Piece, inner: str, word: str) -> Node | None:
        rest = inner[len(word) :].strip()
        if word in _BLOCKS:
            return self._block(piece, word, rest)
        if word in ("define", "block"):
            return self._named(piece, word, rest)
        if word == "template":
            name, pipeline = _named(rest)
            return Call(piece.start, piece.end, name, pipeline)
        if word in ("break", "continue") and not rest:
            return Jump(word)
        return Insert(piece.start, piece.end, pipeline_of(inner))

    def _block(self, opening: _Piece, word: str, rest: str) -> Block:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise TemplateError(f"more than {_DEEPEST} blocks inside one another")
        pipeline = pipeline_of(rest, ranges=word == "range")
        body, closing = self._nodes()
        other: tuple[Node, ...] = ()
        inner = closing.inner if closing is not None else None
        if closing is not None and inner is not None and _word(inner) == "else":
            following = inner[len("else") :].strip()
            if following:
                nested = self._block(closing, _word(following), following[len(_word(following)) :].strip())
                self._depth -= 1
                return Block(word, opening.start, nested.end, pipeline, body, (nested,))
            other, closing = self._nodes()
            inner = closing.inner if closing is not None else None
        if closing is None or inner is None or _word(inner) != "end":
            raise TemplateError(f"{{{{{word}}}}} has no {{{{end}}}}")
        self._depth -= 1
        return Block(word, opening.start, closing.end, pipeline, body, other)

    def _named(self, opening: _Piece, word: str, rest: str) -> Node | None:
        name, pipeline = _named(rest)
        body, closing = self._nodes()
        if closing is None or closing.inner is None or _word(closing.inner) != "end":
            raise TemplateError(f'{{{{{word} "{name}"}}}} has no {{{{end}}}}')
        self._defined[name] = body
        return Call(opening.start, closing.end, name, pipeline) if word == "block" else None


def _word(inner: str) -> str:
    match = re.match(r"[a-z]+(?!\w)", inner)
    return match.group() if match else ""


def _named(rest: str) -> tuple[str, Pipeline | None]:
    match = re.match(r'"((?:\\.|[^"\\\n])*)"|`([^`]*)`', rest)
    if match is None:
        raise TemplateError("a template has no name")
    name = _string(match.group()) if match.group(2) is None else match.group(2)
    following = rest[match.end() :].strip()
    return name, pipeline_of(following) if following else None


# --- pipelines --------------------------------------------------------------------------------------------------------


def pipeline_of(text: str, *, ranges: bool = False) -> Pipeline:
    """Read the inside of an action; ``ranges`` allows ``$key, $value :=``."""
    reader = _Reader(text)
    pipeline = reader.pipeline(0, ranges=ranges)
    if reader.token is not None:
        raise TemplateError(f"unexpected {reader.token.group()!r} in {text!r}")
    return pipeline


class _Reader:
    """Reads operands. Blanks matter: ``a .b`` are two operands, ``(a).b`` is one."""

    def __init__(self, text: str) -> None:
        self._tokens: list[re.Match[str]] = []
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None or match.end() == position:
                raise TemplateError(f"cannot read {text[position : position + 20]!r}")
            self._tokens.append(match)
            position = match.end()
        self._index = 0

    @property
    def token(self) -> re.Match[str] | None:
        """The next token that is no blank."""
        index = self._index
        while index < len(self._tokens) and self._tokens[index].group().isspace():
            index += 1
        return self._tokens[index] if index < len(self._tokens) else None

    def _take(self) -> re.Match[str]:
        while self._tokens[self._index].group().isspace():
            self._index += 1
        self._index += 1
        return self._tokens[self._index - 1]

    def _mark(self) -> str | None:
        token = self.token
        return token.group("mark") if token is not None else None

    def pipeline(self, depth: int, *, ranges: bool = False) -> Pipeline:
        if depth > _DEEPEST:
            raise TemplateError("an expression is nested too deeply")
        variables, declares = self._variables(ranges)
        commands = [self._command(depth)]
        while self._mark() == "|":
            self._take()
            commands.append(self._command(depth))
        return Pipeline(tuple(commands), variables, declares)

    def _variables(self, ranges: bool) -> tuple[tuple[str, ...], bool]:
        start, names = self._index, []
        while (token := self.token) is not None and token.group("variable") and not token.group("of"):
            names.append(self._take().group("variable")[1:])
            mark = self._mark()
            if mark in (":=", "="):
                self._take()
                return tuple(names), mark == ":="
            if mark != "," or not ranges:
                break
            self._take()
        self._index = start
        return (), True

    def _command(self, depth: int) -> tuple[Operand, ...]:
        operands: list[Operand] = []
        while (token := self.token) is not None and token.group("mark") not in ("|", ")"):
            operands.append(self._operand(depth))
        if not operands:
            raise TemplateError("a command is missing")
        return tuple(operands)

    def _operand(self, depth: int) -> Operand:
        token = self._take()
        if token.group("mark") == "(":
            pipeline = self.pipeline(depth + 1)
            if self._mark() != ")":
                raise TemplateError("a parenthesis is not closed")
            self._take()
            return Group(pipeline, self._fields_right_behind())
        if token.group("mark") == ".":
            return Dot()
        if token.group("field"):
            return Dot(tuple(token.group("field")[1:].split(".")))
        if token.group("variable"):
            return Variable(token.group("variable")[1:], tuple(part for part in token.group("of").split(".") if part))
        if token.group("name"):
            name = token.group("name")
            return Literal(_CONSTANTS[name]) if name in _CONSTANTS else Function(name)
        return _literal(token)

    def _fields_right_behind(self) -> tuple[str, ...]:
        following = self._tokens[self._index] if self._index < len(self._tokens) else None
        if following is None or not following.group("field"):
            return ()
        self._index += 1
        return tuple(following.group("field")[1:].split("."))


def _literal(token: re.Match[str]) -> Literal:
    if token.group("string"):
        return Literal(_string(token.group()))
    if token.group("raw"):
        return Literal(token.group()[1:-1])
    if token.group("char"):
        text = _string(f'"{token.group()[1:-1]}"')
        return Literal(ord(text[0]))
    if token.group("number"):
        return Literal(_number(token.group()))
    raise TemplateError(f"unexpected {token.group()!r}")


def _number(written: str) -> int | float:
    plain = written.replace("_", "")
    if re.fullmatch(r"[+-]?0[0-7]+", plain):
        return int(plain, 8)
    try:
        return int(plain, 0)
    except ValueError:
        value = float(plain)
        # An untyped constant that is a whole number is an int in Go, too: 1e3.
        return int(value) if value.is_integer() and "." not in plain and abs(value) < 2**63 else value


def _string(written: str) -> str:
    try:
        return str(json.loads(written, strict=False))
    except ValueError:
        return re.sub(r"\\(.)", r"\1", written[1:-1])
