"""Rendered text as YAML whose nodes stand where they were written: in the template, a named template, the values.

What is in doubt inside a container is made unknown here: text of branches that the values don't decide.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.helm.ropes import NO_GUARDS, Frame, Rope
from flake8_celery_oom.resolve.helm.settling import common_frame, settled
from flake8_celery_oom.syntax.yaml_nodes import Document, Entry, Mapping, Node, Scalar, Sequence
from flake8_celery_oom.syntax.yaml_reader import Reader

_CONTAINERS = frozenset({"containers", "initContainers"})
_KEEPS_ITS_WORDS = frozenset({"command", "args", "image", "name"})


@dataclass(frozen=True, slots=True)
class _Placeholder:
    """A stand-in in the rendered text, as the YAML reader wants it."""

    start: int
    end: int
    given: Hole
    lines: bool
    indent: int | None
    control: bool = False

    def hole(self, text: SourceText) -> Hole:
        """The unknown text."""
        return replace(self.given, several=self.given.several or self.lines)


class Placed:
    """A rope, its text, and the way back."""

    def __init__(self, rope: Rope, path: str) -> None:
        self.pieces = settled(rope.pieces)
        self.starts: list[int] = []
        self.placeholders: list[_Placeholder] = []
        self.text = self._assembled()
        self.source = SourceText(path, self.text)

    def _assembled(self) -> str:
        parts: list[str] = []
        position = 0
        for piece in self.pieces:
            self.starts.append(position)
            parts.append("X" if piece.hole is not None else piece.text)
            position += len(parts[-1])
        return self._with_placeholders("".join(parts))

    def _with_placeholders(self, text: str) -> str:
        """Holes with nothing else on their line insert lines: they are blank there."""
        holes = {start: piece.hole for start, piece in zip(self.starts, self.pieces, strict=True) if piece.hole}
        chars = list(text) if holes else []
        for start, hole in holes.items():
            line_start = text.rfind("\n", 0, start) + 1
            line_end = text.find("\n", start)
            line = text[line_start : len(text) if line_end < 0 else line_end]
            written = [line_start + index for index, char in enumerate(line) if not char.isspace()]
            lines = all(place in holes for place in written)
            if lines:
                chars[start] = " "
            indent = written[0] - line_start if lines else None
            self.placeholders.append(_Placeholder(start, start + 1, hole, lines, indent))
        return "".join(chars) if holes else text

    def documents(self) -> list[Document]:
        """The documents of the text, with the places of the files they came from."""
        found = Reader(MappedText.plain(self.source), self.placeholders).documents()
        return [replace(document, node=self.node(document.node)) for document in found]

    def raw(self) -> list[Document]:
        """The documents with the places of the rendered text."""
        return Reader(MappedText.plain(self.source), self.placeholders).documents()

    # --- places

    def index(self, offset: int) -> int:
        """The piece that holds an offset of the text."""
        return max(bisect_right(self.starts, offset) - 1, 0)

    def location(self, start: int, end: int) -> Location:
        """Where a stretch of the text was written: the innermost file that holds its first and its last character."""
        if not self.pieces:
            return self.source.location(start, end)
        first, last = self.index(start), self.index(max(start, end - 1))
        frame = common_frame([self.pieces[first], self.pieces[last]])
        one, other = _offset(self, first, start, frame), _offset(self, last, max(start, end - 1), frame)
        stop = other[1] if end > start else one[0]
        return frame.source.location(one[0], max(one[0], stop))

    def guards(self, offset: int) -> frozenset[int]:
        """The undecided branches that an offset is in."""
        return self.pieces[self.index(offset)].guards if self.pieces else NO_GUARDS

    def mapped(self, value: MappedText) -> MappedText:
        """A scalar's text with the offsets of the file that it was written in.

        Blanks and line ends that a function added (``nindent``) stand where the text before them ends.
        """
        offsets = value.offsets
        if not self.pieces:
            return value
        if not value.text:
            at = self.location(offsets[0], offsets[0])
            source = self.pieces[self.index(offsets[0])].frame.source
            return MappedText(source, "", [at.start])
        whole = self._of_one_piece(value)
        if whole is not None:
            return whole
        indexes = [self.index(offset) for offset in offsets[:-1]]
        written = {index for index, char in zip(indexes, value.text, strict=True) if not char.isspace()}
        frame = common_frame([self.pieces[index] for index in sorted(written or set(indexes))])
        places: list[tuple[int, int]] = []
        for index, offset in zip(indexes, offsets, strict=False):
            added = index not in written and frame not in self.pieces[index].frame.chain()
            before = (places[-1][1], places[-1][1]) if places else None
            places.append(before if added and before else _offset(self, index, offset, frame))
        made = [*(start for start, _ in places), max(places[-1])]
        return _in_order(MappedText(frame.source, value.text, made, value.holes))

    def _of_one_piece(self, value: MappedText) -> MappedText | None:
        """The same in short for what most scalars are: a run of one file."""
        offsets, index = value.offsets, self.index(value.offsets[0])
        piece, start = self.pieces[index], self.starts[index]
        inside = isinstance(offsets, range) and offsets[-1] <= start + len(piece.text)
        if not inside or piece.hole is not None or not piece.frame.source.path or value.holes:
            return None
        cut = piece.cut(offsets[0] - start, offsets[-1] - start)
        return MappedText(piece.frame.source, value.text, cut.offsets) if cut.text == value.text else None

    # --- nodes

    def node(self, node: Node | None) -> Node | None:
        """A node of the rendered text at its own place."""
        return _Translation(self).node(node, None) if node is not None else None


def _in_order(text: MappedText) -> MappedText:
    """Offsets that never step back; what is inserted twice stands at its first place."""
    highest, made = -1, []
    for offset in text.offsets:
        highest = max(highest, offset)
        made.append(highest)
    straight = range(made[0], made[0] + len(made))
    return MappedText(text.source, text.text, straight if list(straight) == made else made, text.holes)


def _offset(placed: Placed, index: int, offset: int, frame: Frame) -> tuple[int, int]:
    """Where a character stands in a frame, and where it ends there."""
    piece = placed.pieces[index]
    if piece.frame is frame:
        inside = min(offset - placed.starts[index], len(piece.offsets) - 2)
        if piece.hole is not None:
            return piece.offsets[0], piece.offsets[-1]
        return piece.offsets[inside], piece.offsets[inside] + 1
    inner = piece.frame
    while inner.caller is not None and inner.caller is not frame:
        inner = inner.caller
    return (inner.start, inner.end) if inner.caller is frame else (piece.offsets[0], piece.offsets[-1])


# --- nodes ------------------------------------------------------------------------------------------------------------


class _Translation:
    """Makes the tree anew with places of the files; what is in doubt inside a container becomes unknown."""

    def __init__(self, placed: Placed) -> None:
        self._placed = placed
        self._seen: dict[tuple[int, bool], Node] = {}

    def node(self, node: Node, base: frozenset[int] | None, *, doubtful: bool = False) -> Node:
        """``base`` are the branches that a container itself is in; None outside of containers."""
        known = self._seen.get((id(node), doubtful))
        if known is None:
            known = self._seen[id(node), doubtful] = self._made(node, base, doubtful)
        return known

    def _made(self, node: Node, base: frozenset[int] | None, doubtful: bool) -> Node:
        if isinstance(node, Scalar):
            return self._scalar(node, base, doubtful)
        at = self._placed.location(node.at.start, node.at.end)
        if isinstance(node, Sequence):
            inserted = [(hole_start, self._stand_in(hole_start)) for hole_start in self._holes_of(node)]
            items = [(item.at.start, self._item(item, base, doubtful)) for item in node.items]
            ordered = sorted([*items, *inserted], key=lambda pair: pair[0])
            holes = () if inserted else node.holes
            made = tuple(item for _, item in ordered)
            return replace(node, items=made, at=_where_the_items_are(made, at), holes=holes)
        entries = tuple(self._entry(entry, base, doubtful) for entry in node.entries)
        return replace(node, entries=entries, at=at)

    def _holes_of(self, node: Sequence) -> list[int]:
        """Where in the rendered text the holes of a list are: items of their own, in their order."""
        if not node.holes or any(isinstance(item, Mapping) for item in node.items):
            return []
        inside = (
            one
            for one in self._placed.placeholders
            if one.lines and any(one.given.at == hole.at for hole in node.holes)
        )
        return [one.start for one in inside]

    def _stand_in(self, start: int) -> Scalar:
        """What an action inserts into a list: no item, or several."""
        piece = self._placed.pieces[self._placed.index(start)]
        assert piece.hole is not None
        at = self._placed.location(start, start + 1)
        hole = replace(piece.hole, several=True)
        offsets = [piece.offsets[0], piece.offsets[-1]]
        return Scalar(MappedText(piece.frame.source, "X", offsets, (TextHole(0, 1, hole),)), "plain", at)

    def _item(self, item: Node, base: frozenset[int] | None, doubtful: bool) -> Node:
        own = self._placed.guards(item.at.start)
        unsure = base is not None and bool(own - base)
        if unsure and isinstance(item, Scalar):
            at = self._placed.location(item.at.start, item.at.end)
            return _as_hole(self._scalar(item, base, doubtful=False), at, several=True)
        return self.node(item, base, doubtful=doubtful or unsure)

    def _entry(self, entry: Entry, base: frozenset[int] | None, doubtful: bool) -> Entry:
        key, name = entry.key, entry.key.value.text if entry.key is not None else ""
        if base is None and name in _CONTAINERS and isinstance(entry.value, Sequence):
            return Entry(self._key(key), self._containers(entry.value))
        if base is not None and key is not None:
            own = self._placed.guards(key.at.start)
            if name in _KEEPS_ITS_WORDS:
                base = base | own
            else:
                doubtful = doubtful or bool(own - base)
        return Entry(self._key(key), self.node(entry.value, base, doubtful=doubtful))

    def _containers(self, node: Sequence) -> Sequence:
        made: list[Node] = []
        for item in node.items:
            base = self._placed.guards(item.at.start)
            whole = self.node(item, base)
            made.append(self._one_of_each(item, whole, base) if isinstance(whole, Mapping) else whole)
        return replace(node, items=tuple(made), at=self._placed.location(node.at.start, node.at.end))

    def _one_of_each(self, item: Node, container: Mapping, base: frozenset[int]) -> Mapping:
        """A command that stands in several branches has the words in which they agree; the others are unknown."""
        assert isinstance(item, Mapping)
        kept: list[Entry] = []
        names = [entry.key.value.text if entry.key is not None else "" for entry in container.entries]
        for index, entry in enumerate(container.entries):
            name = names[index]
            if name in _KEEPS_ITS_WORDS and name in names[:index]:
                continue
            others = [
                container.entries[other].value for other, one in enumerate(names) if one == name and other > index
            ]
            value = entry.value
            for other in others if name in _KEEPS_ITS_WORDS else ():
                value = _agreed(value, other)
            kept.append(Entry(entry.key, value))
        return replace(container, entries=tuple(kept))

    def _key(self, key: Scalar | None) -> Scalar | None:
        return self._scalar(key, None, doubtful=False) if key is not None else None

    def _scalar(self, node: Scalar, base: frozenset[int] | None, doubtful: bool) -> Scalar:
        value = self._placed.mapped(self._in_doubt(node.value, base))
        at = self._placed.location(node.at.start, node.at.end)
        inner = value.location()
        if value.text and inner.path != at.path:
            at = inner
        made = replace(node, value=value, at=at)
        return _as_hole(made, at, several=False) if doubtful and not made.is_null else made

    def _in_doubt(self, text: MappedText, base: frozenset[int] | None) -> MappedText:
        """Lines of undecided branches inside a block of text are holes."""
        if base is None or not text.text:
            return text
        holes: list[TextHole] = []
        start: int | None = None
        for index in range(len(text.text) + 1):
            inside = index < len(text.text) and text.text[index] != "\n" and self._unsure(text.offsets[index], base)
            if inside and start is None and not text.text[index].isspace():
                start = index
            elif not inside and start is not None:
                hole = Hole(text.text[start:index], at=self._at(text, start, index), several=True)
                holes.append(TextHole(start, index, hole))
                start = None
        whole = len(holes) == 1 and holes[0].start == 0 and holes[0].end == len(text.text)
        return text if not holes or whole else text.with_holes(holes)

    def _unsure(self, offset: int, base: frozenset[int]) -> bool:
        return bool(self._placed.guards(offset) - base)

    def _at(self, text: MappedText, start: int, end: int) -> Location:
        return self._placed.location(text.offsets[start], text.offsets[end - 1] + 1)


def _where_the_items_are(items: tuple[Node, ...], at: Location) -> Location:
    """The place of a list, which is that of its items where they all stand in another file than its marks."""
    places = [item.at for item in items if isinstance(item, Scalar)]
    if not places or len(places) < len(items) or {place.path for place in places} in ({at.path}, set()):
        return at
    first, last = min(places), max(places, key=lambda place: place.end)
    if len({place.path for place in places}) > 1:
        return at
    return replace(first, end=last.end, end_line=last.end_line, end_column=last.end_column)


def _as_hole(node: Scalar, at: Location, *, several: bool) -> Scalar:
    value = node.value
    hole = Hole(Word.of(value).shown, at=at, several=several)
    text = value.text or "X"
    offsets = value.offsets if value.text else [value.offsets[0], value.offsets[0]]
    return replace(node, value=MappedText(value.source, "X" * len(text), offsets, (TextHole(0, len(text), hole),)))


def _agreed(one: Node, other: Node) -> Node:
    """What two alternatives of a command have in common, word by word from the start."""
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        return one if Word.of(one.value).parts == Word.of(other.value).parts else _as_hole(one, one.at, several=True)
    if not isinstance(one, Sequence) or not isinstance(other, Sequence):
        return one if isinstance(one, Sequence) else other
    items: list[Node] = []
    for index, item in enumerate(one.items):
        second = other.items[index] if index < len(other.items) else None
        agrees = (
            isinstance(item, Scalar)
            and isinstance(second, Scalar)
            and Word.of(second.value).parts == Word.of(item.value).parts
        )
        items.append(item if agrees or not isinstance(item, Scalar) else _as_hole(item, item.at, several=True))
    if len(other.items) > len(one.items) and one.items and isinstance(one.items[-1], Scalar):
        items.append(_as_hole(one.items[-1], one.at, several=True))
    return replace(one, items=tuple(items))
