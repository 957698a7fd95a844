"""Nodes with places from the events of a YAML parser, with template actions put back where they stood."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass, field
from typing import Any, Protocol

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence
from flake8_celery_oom.syntax.yaml_scalars import Decoded, Style, decode, decode_block
from flake8_celery_oom.syntax.yaml_text import ParsedText

_STYLES: dict[str | None, Style] = {"'": "single", '"': "double", "|": "literal", ">": "folded"}


_TAG = re.compile(r"!<[^>\s]*>|!\S*")


_GAP = re.compile(r"(?:\s+|(?<=\s)#[^\r\n]*)*")


class RefusedError(Exception):
    """A document that is not read, with the offset and the reason."""

    def __init__(self, offset: int, reason: str, *, curable: bool = False) -> None:
        super().__init__(reason)
        self.offset = offset
        self.reason = reason
        self.curable = curable


@dataclass
class _Frame:
    """A collection that is still open."""

    kind: str
    start: int
    flow: bool
    anchor: str | None
    tag: str | None
    column: int = -1
    end: int = 0
    items: list[Node] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    key: Scalar | None = None
    key_pending: bool = False
    holes: list[Hole] = field(default_factory=list)


class Inserted(Protocol):
    """An action of a template at ``text[start:end]``, as :class:`flake8_celery_oom.syntax.template_scan.Action`."""

    @property
    def start(self) -> int:
        """Where it starts in the file."""

    @property
    def end(self) -> int:
        """Where it ends."""

    @property
    def control(self) -> bool:
        """Whether it inserts nothing."""

    @property
    def indent(self) -> int | None:
        """The column of the lines that it inserts, where it says so."""

    def hole(self, text: SourceText) -> Hole:
        """The unknown text that it stands for."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An action that stands for text, where it is in the text that is parsed, and whether it was blanked there."""

    start: int
    end: int
    blank: bool
    indent: int
    action: Inserted


class Builder:
    """Builds the documents behind ``base`` from events; ``document_start`` is where the one being built begins."""

    def __init__(self, text: ParsedText, actions: list[Placed], base: int) -> None:
        self._text = text
        self._actions = actions
        self._next = bisect_left(actions, base, key=lambda placed: placed.start)
        self._base = base + (1 if text.text.startswith("\ufeff", base) else 0)
        self._stack: list[_Frame] = []
        self._anchors: dict[str, Node] = {}
        self._waiting: list[Placed] = []
        self._root: Node | None = None
        self._clean = True
        self.document_start = base

    def documents(self, parse: Callable[[str], Iterable[Any]]) -> Iterator[Node | None]:
        """Every document until the end of the text or the first error."""
        body = self._text.text[self._base :]
        if _UNREADABLE.search(body):
            self._clean = False
            body = _UNREADABLE.sub("\ufffd", body)
        try:
            for event in parse(body):
                kind = type(event).__name__
                if kind == "DocumentStartEvent":
                    self.document_start = event.start_mark.index + self._base
                    self._anchors, self._root = {}, None
                elif kind == "DocumentEndEvent":
                    yield self._root
                else:
                    self._take(kind, event)
        except RefusedError:
            raise
        except MemoryError:
            raise
        except Exception as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> RefusedError:
        offset = self.document_start
        for name in ("problem_mark", "context_mark"):
            mark = getattr(error, name, None)
            if mark is not None:
                offset = min(mark.index + self._base, len(self._text.text))
                if offset < len(self._text.text) and not NEXT_DOCUMENT.match(self._text.text, offset):
                    break
        said = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error) or type(error).__name__
        context = getattr(error, "context", None)
        return RefusedError(offset, " ".join((f"{context}: {said}" if context else said).split()), curable=True)

    def _take(self, kind: str, event: Any) -> None:
        if kind in ("StreamStartEvent", "StreamEndEvent"):
            return
        start, end = event.start_mark.index + self._base, event.end_mark.index + self._base
        if kind == "ScalarEvent":
            self._scalar(event, start, end)
        elif kind == "AliasEvent":
            self._place_actions(start)
            node = self._anchors.get(event.anchor)
            self._add(self._empty(start) if node is None else node, end)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._open(kind, event, start)
        else:
            self._place_actions(start)
            self._close(end)

    # --- collections

    def _open(self, kind: str, event: Any, start: int) -> None:
        if len(self._stack) >= DEEPEST:
            raise RefusedError(start, f"more than {DEEPEST} collections inside one another: not read")
        self._place_actions(start)
        content = self._behind_properties(start, event)
        frame = _Frame(kind, content, bool(event.flow_style), event.anchor, _tag(event), self._text.column(content))
        frame.holes.extend(self._holes_of(self._waiting))
        self._waiting = []
        self._stack.append(frame)
        if event.anchor:
            self._anchors.pop(event.anchor, None)

    def _close(self, end: int) -> None:
        frame = self._stack.pop()
        end = end if frame.flow else max(frame.start, frame.end)
        at = self._text.location(frame.start, end)
        anchored, holes = frame.anchor is not None, tuple(frame.holes)
        node: Node
        if frame.kind == "MappingStartEvent":
            node = Mapping(tuple(frame.entries), at, frame.flow, anchored, frame.tag, holes)
        else:
            node = Sequence(tuple(frame.items), at, frame.flow, anchored, frame.tag, holes)
        if frame.anchor is not None:
            self._anchors[frame.anchor] = node
        self._add(node, end)

    def _add(self, node: Node, end: int) -> None:
        if not self._stack:
            self._root = node
            return
        frame = self._stack[-1]
        frame.end = max(frame.end, end)
        if frame.kind == "SequenceStartEvent":
            frame.items.append(node)
        elif not frame.key_pending:
            frame.key, frame.key_pending = node if isinstance(node, Scalar) else None, True
        else:
            frame.entries.append(Entry(frame.key, node))
            frame.key_pending = False
        frame.holes.extend(self._holes_of(self._waiting))
        self._waiting = []

    def _behind_properties(self, start: int, event: Any) -> int:
        """Where a node's own text starts, behind its anchor and its tag."""
        position = start
        for _ in range(2 if event.anchor or event.tag else 0):
            if self._text.text.startswith("&", position) and event.anchor:
                position += 1 + len(event.anchor)
            elif tag := _TAG.match(self._text.text, position):
                position = tag.end()
            gap = _GAP.match(self._text.text, position)
            position = gap.end() if gap else position
        return position

    # --- scalars

    def _scalar(self, event: Any, start: int, end: int) -> None:
        style = _STYLES.get(event.style, "plain")
        content = self._behind_properties(start, event)
        if style == "plain" and content >= end:
            self._empty_scalar(event, start, end)
            return
        self._place_actions(content)
        value, stop = self._value(event.value, style, content, end)
        while self._next < len(self._actions) and self._actions[self._next].start < stop:
            self._next += 1
        node = Scalar(value, style, self._text.location(content, stop), event.anchor is not None, _tag(event))
        if event.anchor:
            self._anchors[event.anchor] = node
        self._add(node, stop)

    def _empty_scalar(self, event: Any, start: int, end: int) -> None:
        position = end
        while start == end and position > self._base and self._text.text[position - 1] in " \t\r\n":
            position -= 1
        self._place_actions(position)
        node = self._stand_in(self._waiting) if self._waiting else self._empty(position, event)
        self._waiting = []
        if event.anchor:
            self._anchors[event.anchor] = node
        self._add(node, position)

    def _empty(self, offset: int, event: Any = None) -> Scalar:
        value = self._text.mapped("", range(offset, offset + 1))
        anchored, tag = (event.anchor is not None, _tag(event)) if event is not None else (False, None)
        return Scalar(value, "plain", self._text.location(offset, offset), anchored, tag)

    def _value(self, value: str, style: Style, start: int, end: int) -> tuple[MappedText, int]:
        """The text of a scalar, and where it ends."""
        text = self._text.text
        offsets: SequenceOf[int]
        if style == "plain" and text[start:end] == value:
            offsets = range(start, end + 1)
        elif style in ("single", "double") and text[start + 1 : end - 1] == value:
            offsets = range(start + 1, end)
        elif style in ("literal", "folded"):
            lines = self._blanked_lines(start, end)
            value, offsets = self._checked(
                decode_block(text, start, end, self._block_indent(), lines), value, start, trust=bool(lines)
            )
            end = offsets[-1] if value else end
        else:
            inside = [placed.start for placed in self._actions_between(start, end) if placed.blank]
            for offset in inside:
                text = f"{text[:offset]}X{text[offset + 1 :]}"
            value, offsets = self._checked(decode(text, start, end, style), value, start, trust=bool(inside))
        return self._text.mapped(value, offsets, self._holes(offsets, start, end)), end

    def _checked(self, decoded: Decoded, value: str, start: int, *, trust: bool = False) -> tuple[str, list[int]]:
        """What was decoded by hand when it is what the parser read, else that without exact places."""
        if trust or decoded.text == value or not self._clean:
            return decoded.text, [*decoded.offsets, decoded.end]
        return value, [*[start] * len(value), decoded.end]

    def _block_indent(self) -> int:
        return next((frame.column for frame in reversed(self._stack) if not frame.flow), -1)

    # --- actions of a template

    def _holes_of(self, placed: list[Placed]) -> list[Hole]:
        return [one.action.hole(self._text.source) for one in placed]

    def _blanked_lines(self, start: int, end: int) -> dict[int, list[tuple[int, int]]]:
        """Lines inside a block scalar that hold nothing but actions which stand for text."""
        lines: dict[int, list[tuple[int, int]]] = {}
        for placed in self._actions_between(start, end):
            if placed.blank:
                line = lines.setdefault(self._text.line_start(placed.start), [])
                line.append((placed.start, placed.indent))
        return lines

    def _actions_between(self, start: int, end: int) -> list[Placed]:
        first = bisect_left(self._actions, start, key=lambda placed: placed.start)
        last = bisect_left(self._actions, end, key=lambda placed: placed.start)
        return self._actions[first:last]

    def _holes(self, offsets: SequenceOf[int], start: int, end: int) -> tuple[TextHole, ...]:
        holes: list[TextHole] = []
        for placed in self._actions_between(start, end):
            first, last = bisect_left(offsets, placed.start), bisect_left(offsets, placed.end)
            last = min(last, len(offsets) - 1)
            if last > first:
                holes.append(TextHole(first, last, placed.action.hole(self._text.source)))
        return tuple(holes)

    def _place_actions(self, before: int) -> None:
        """Put the blanked actions up to an offset where they belong."""
        while self._next < len(self._actions) and self._actions[self._next].start < before:
            if self._stack and self._actions[self._next].blank:
                self._place(self._actions[self._next])
            self._next += 1

    def _place(self, placed: Placed) -> None:
        top = self._stack[-1]
        fitting = (frame for frame in reversed(self._stack) if frame.flow or frame.column <= placed.indent)
        frame = next(fitting, self._stack[0])
        beside = self._is_beside(top, placed)
        if not beside and (frame is not top or not (frame.flow or frame.column < placed.indent)):
            frame.holes.extend(self._holes_of([placed]))
        elif top.key_pending:
            self._waiting.append(placed)
        elif not self._fill_last(top, placed):
            top.holes.extend(self._holes_of([placed]))

    def _is_beside(self, frame: _Frame, placed: Placed) -> bool:
        """Whether an action stands on the line of the key, or behind the dash, whose value it is."""
        last = frame.key if frame.key_pending else frame.entries[-1].value if frame.entries else None
        last = frame.items[-1] if frame.items else last
        line = self._text.source.position(placed.action.start)[0]
        return last is not None and not frame.flow and last.at.end_line == line

    def _fill_last(self, frame: _Frame, placed: Placed) -> bool:
        """Make an action the value of the entry or item before it when that one is empty."""
        last = frame.entries[-1].value if frame.entries else frame.items[-1] if frame.items else None
        if frame.flow or not isinstance(last, Scalar) or last.anchor or last.style != "plain":
            return False
        if last.is_null and not last.value.text:
            filled = self._stand_in([placed])
        elif last.value.holes and last.value.holes[0].hole.several:
            filled = self._stand_in([placed], last.value)
        else:
            return False
        if frame.entries:
            frame.entries[-1] = Entry(frame.entries[-1].key, filled)
        else:
            frame.items[-1] = filled
        return True

    def _stand_in(self, placed: list[Placed], before: MappedText | None = None) -> Scalar:
        """A scalar that consists of holes."""
        source = self._text.source
        pieces = [before] if before is not None else []
        for one in placed:
            length = one.action.end - one.action.start
            whole = TextHole(0, length, one.action.hole(source))
            pieces.append(MappedText(source, "X" * length, range(one.action.start, one.action.end + 1), (whole,)))
        value = MappedText.joined(pieces, " ")
        return Scalar(value, "plain", source.location(value.offsets[0], value.offsets[-1]))


def _tag(event: Any) -> str | None:
    return str(event.tag) if event.tag and event.tag != "!" else None


DEEPEST = 200
"""Collections inside one another; deeper documents are refused."""


_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


NEXT_DOCUMENT = re.compile(r"^---(?=\s|$)", re.MULTILINE)
