"""What the renderer works with: the text that nodes are taken from, the output, scopes, and looking at values."""

from __future__ import annotations

from dataclasses import dataclass, field

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.helm.calling import Undecided, items_of
from flake8_celery_oom.resolve.helm.ropes import Frame, Piece, Rope, Spot
from flake8_celery_oom.resolve.helm.values import UNKNOWN, Items, Number, Table, Unknown, Value
from flake8_celery_oom.syntax.go_nodes import Dot, Node, Pipeline, Variable


class Files(Table):
    """``.Files``: the other files of the chart, by path."""


@dataclass(frozen=True, slots=True)
class Named:
    """A named template: its nodes and the file that they stand in."""

    nodes: tuple[Node, ...]
    source: SourceText


@dataclass(frozen=True, slots=True)
class Body:
    """What nodes are taken from: a file, or a text that ``tpl`` was given at ``spot``."""

    frame: Frame
    rope: Rope | None = None
    spot: Spot | None = None

    def text(self, start: int, end: int) -> Rope:
        """A stretch of it, with its places."""
        if self.rope is not None:
            return self.rope.cut(start, end)
        written = self.frame.source.text[start:end]
        return Rope((Piece(written, self.frame, range(start, end + 1)),)) if written else Rope()

    def at(self, start: int, end: int) -> Spot:
        """Where an action stands: one of a text that ``tpl`` was given stands where that text was written.

        Where several files gave the text, all of it stands where ``tpl`` does.
        """
        if self.spot is None or self.rope is None:
            return Spot(self.frame, start, end)
        pieces = self.rope.cut(start, end).pieces
        frames = {piece.frame for piece in pieces}
        own = pieces[0].frame if len(frames) == 1 else None
        return (
            Spot(own, pieces[0].offsets[0], pieces[-1].offsets[-1])
            if own is not None and own.source.path
            else self.spot
        )

    def written(self, start: int, end: int) -> str:
        """A stretch as it is written."""
        return self.rope.text[start:end] if self.rope is not None else self.frame.source.text[start:end]


@dataclass
class Output:
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
        """Write a text."""
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
class Scope:
    """The dot, and the variables of the blocks around, innermost last."""

    dot: Value
    blocks: list[dict[str, Value]]

    def find(self, name: str) -> Value:
        """The value of a variable."""
        for block in reversed(self.blocks):
            if name in block:
                return block[name]
        raise Undecided

    def assign(self, name: str, value: Value) -> None:
        """Set a variable that is declared."""
        for block in reversed(self.blocks):
            if name in block:
                block[name] = value
                return
        raise Undecided

    def inner(self, dot: Value) -> Scope:
        """The scope of a block inside."""
        return Scope(dot, [*self.blocks, {}])


class JumpError(Exception):
    """``break`` or ``continue``."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def nothing_said(pipeline: Pipeline) -> Value:
    """What stands for a value that is printed as it is, and that nobody sets: the one who installs the chart has to."""
    match pipeline.commands:
        case ((Dot(fields) | Variable("", fields),),) if fields[:1] == ("Values",):
            name = f".{'.'.join(fields)}"
            return Unknown(f"{{{{ {name} }}}}", name)
        case ((Dot() | Variable(),),):
            return UNKNOWN
        case _:
            return None


def selected(value: Value, fields: tuple[str, ...]) -> Value:
    """A field of a value; what Go refuses is undecided."""
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


def opened(value: Value) -> Value:
    """The dot of ``with`` when it is not known whether its body is rendered: there it is not empty."""
    return value if isinstance(value, (Unknown, Table)) else UNKNOWN


def elements_of(value: Value) -> list[tuple[Value, Value]] | None:
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
