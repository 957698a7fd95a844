"""The nodes of parsed shell text. Every node knows its place ``[start:end]`` in the text that was parsed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the parsed text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """``name=value``, ``name+=value``, ``name=(a b)``; ``value`` is None for a bare ``export name``."""

    name: str
    append: bool
    value: Span | tuple[Span, ...] | None
    span: Span


@dataclass(frozen=True, slots=True)
class Heredoc:
    """The body of ``<<WORD``; ``quoted`` when the shell expands nothing in it."""

    body: Span
    quoted: bool


@dataclass(frozen=True, slots=True)
class Simple:
    """Assignments and words: ``A=1 celery -A proj worker``. ``keyword`` is export, local, declare... or empty.

    ``fed`` is the word of ``<<< word``; ``declared`` are the words behind a keyword that are no assignment as they are
    written: options, and words like ``"$NAME=$VALUE"``.
    """

    span: Span
    assignments: tuple[Assignment, ...] = ()
    words: tuple[Span, ...] = ()
    keyword: str = ""
    heredocs: tuple[Heredoc, ...] = ()
    fed: Span | None = None
    declared: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Fed:
    """A compound command whose standard input is a here-document, or the word of ``<<< word``."""

    span: Span
    body: Node
    input: Heredoc | Span


@dataclass(frozen=True, slots=True)
class Sequence:
    """Commands one after the other."""

    span: Span
    body: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AndOr:
    """``left && right`` or ``left || right``."""

    span: Span
    left: Node
    right: Node
    conjunction: bool


@dataclass(frozen=True, slots=True)
class Pipeline:
    """``a | b``."""

    span: Span
    body: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """``! command``."""

    span: Span
    body: Node


@dataclass(frozen=True, slots=True)
class Background:
    """``command &``."""

    span: Span
    body: Node


@dataclass(frozen=True, slots=True)
class Group:
    """``{ ...; }`` or, in a subshell, ``( ... )``."""

    span: Span
    body: Node
    subshell: bool


@dataclass(frozen=True, slots=True)
class If:
    """``if condition; then ...; else ...; fi``; ``elif`` is an If in ``orelse``."""

    span: Span
    condition: Node
    body: Node
    orelse: Node | None


@dataclass(frozen=True, slots=True)
class Case:
    """``case word in pattern) ...``.

    An item whose index is in ``falls`` ends with ``;&``: the next one runs as well. One in ``goes_on`` ends with
    ``;;&``: the patterns behind it are tried too.
    """

    span: Span
    word: Span
    items: tuple[tuple[tuple[Span, ...], Node], ...]
    falls: frozenset[int] = frozenset()
    goes_on: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class For:
    """``for name in words``; ``words`` is None for the positional arguments."""

    span: Span
    name: str
    words: tuple[Span, ...] | None
    body: Node


@dataclass(frozen=True, slots=True)
class Loop:
    """``while``, ``until`` (its condition is a Not), or ``for ((...))``, whose ``update`` runs behind each round."""

    span: Span
    condition: Node
    body: Node
    update: Node | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """A function definition."""

    span: Span
    name: str
    body: Node


@dataclass(frozen=True, slots=True)
class Test:
    """``[ ... ]`` or ``[[ ... ]]``."""

    span: Span
    condition: Condition


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``(( expression ))``, also each part of ``for ((...))``; ``assigned`` are the variables that get other values."""

    span: Span
    expression: Span
    assigned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """``-n word``; the operator is empty for a bare word."""

    operator: str
    word: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """``left = right``."""

    operator: str
    left: Span
    right: Span


@dataclass(frozen=True, slots=True)
class Negation:
    """``! condition``."""

    body: Condition


@dataclass(frozen=True, slots=True)
class Both:
    """``left -a right``, ``left && right``, or with ``conjunction`` false their "or"."""

    left: Condition
    right: Condition
    conjunction: bool


@dataclass(frozen=True, slots=True)
class Opaque:
    """A condition that is not understood."""


Condition: TypeAlias = Unary | Binary | Negation | Both | Opaque
Node: TypeAlias = (
    Simple
    | Fed
    | Sequence
    | AndOr
    | Pipeline
    | Not
    | Background
    | Group
    | If
    | Case
    | For
    | Loop
    | Function
    | Test
    | Arithmetic
)


def condition_of(node: Node) -> Span | None:
    """The part of a compound command that decides what of it runs."""
    match node:
        case If() | Loop():
            return node.condition.span
        case Case():
            return node.word
        case AndOr():
            return node.left.span
        case For():
            if not node.words:
                return None
            return Span(node.words[0].start, node.words[-1].end)
        case _:
            return None


def children_of(node: Node) -> Iterator[Node]:
    """The statements directly inside of a statement."""
    match node:
        case Sequence() | Pipeline():
            yield from node.body
        case AndOr():
            yield from (node.left, node.right)
        case If():
            yield from (node.condition, node.body)
            if node.orelse is not None:
                yield node.orelse
        case Case():
            yield from (body for _, body in node.items)
        case Loop():
            yield from (node.condition, node.body, *([node.update] if node.update is not None else []))
        case Not() | Background() | Group() | For() | Function() | Fed():
            yield node.body
        case Simple() | Test() | Arithmetic():
            return


def walk(node: Node) -> Iterator[Node]:
    """The node and all nodes in it, each before those in it."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        if not isinstance(one, (Simple, Test, Arithmetic)):
            waiting.extend(reversed(tuple(children_of(one))))
