"""What YAML is made of: mappings, sequences and scalars with their places, and short ways to ask them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from flake8_celery_oom.core.facts import Argv, Command, Notation, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.yaml_scalars import Style


@dataclass(frozen=True, eq=False, slots=True)
class Scalar:
    """A scalar: ``value.text`` is its decoded text. A missing value is a plain scalar with empty text.

    ``at`` covers the quotes, or the header and the lines of a block scalar. ``tag`` is the tag as written.
    """

    value: MappedText
    style: Style
    at: Location
    anchor: bool = False
    tag: str | None = None

    @property
    def is_null(self) -> bool:
        """Whether the value is missing, ``~`` or ``null``."""
        return (
            self.style == "plain"
            and self.tag in (None, "tag:yaml.org,2002:null")
            and not self.value.holes
            and self.value.text in ("", "~", "null", "Null", "NULL")
        )


@dataclass(frozen=True, eq=False, slots=True)
class Entry:
    """A key and its value. ``key`` is None for keys that are collections."""

    key: Scalar | None
    value: Node


@dataclass(frozen=True, eq=False, slots=True)
class Mapping:
    """A mapping as written: ``entries`` keeps duplicates and merge keys. ``holes`` are actions that may add entries."""

    entries: tuple[Entry, ...]
    at: Location
    flow: bool = False
    anchor: bool = False
    tag: str | None = None
    holes: tuple[Hole, ...] = ()
    _last: dict[str, Entry] = field(default_factory=dict, init=False, repr=False)
    """The last entry of each key, filled when it is first asked for."""

    def get_all(self, name: str) -> tuple[Node, ...]:
        """Every value written under a key of this mapping itself; templates may hold one for each branch."""
        return tuple(entry.value for entry in self.entries if entry.key is not None and entry.key.value.text == name)

    def entry(self, name: str) -> Entry | None:
        """The entry that counts for a key: the last of this mapping itself, else the first of what is merged."""
        for mapping in self._merged():
            entry = mapping.own_entry(name)
            if entry is not None:
                return entry
        return None

    def own_entry(self, name: str) -> Entry | None:
        """The last entry of a key that this mapping itself has."""
        if not self._last:
            self._last.update((one.key.value.text, one) for one in self.entries if one.key is not None)
        return self._last.get(name)

    def get(self, name: str) -> Node | None:
        """The value that counts for a key, merge keys (``<<``) included."""
        entry = self.entry(name)
        return entry.value if entry else None

    def items(self) -> list[tuple[str, Node]]:
        """Names and values that count, merged ones last; without the merge key itself and keys that are no text."""
        found: dict[str, Node] = {}
        for mapping in self._merged():
            own: dict[str, Node] = {}
            for entry in mapping.entries:
                if entry.key is not None and not _is_merge(entry.key):
                    own[entry.key.value.text] = entry.value
            for name, value in own.items():
                found.setdefault(name, value)
        return list(found.items())

    def keys(self) -> list[str]:
        """The names of :meth:`items`."""
        return [name for name, _ in self.items()]

    def key(self, name: str) -> Scalar | None:
        """The key as written of the entry that counts."""
        entry = self.entry(name)
        return entry.key if entry else None

    def _merged(self) -> Iterator[Mapping]:
        """The mapping itself, then those that it merges, each once, nearest first."""
        seen: set[int] = set()
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Sequence):
                waiting.extend(item for item in reversed(node.items) if isinstance(item, Mapping))
            elif isinstance(node, Mapping) and id(node) not in seen:
                seen.add(id(node))
                yield node
                merges = [entry.value for entry in node.entries if entry.key is not None and _is_merge(entry.key)]
                waiting.extend(merges)


def _is_merge(key: Scalar) -> bool:
    return key.style == "plain" and key.value.text == "<<"


@dataclass(frozen=True, eq=False, slots=True)
class Sequence:
    """A sequence. ``holes`` are actions of a template that may add items, in the order of the file."""

    items: tuple[Node, ...]
    at: Location
    flow: bool = False
    anchor: bool = False
    tag: str | None = None
    holes: tuple[Hole, ...] = ()


Node: TypeAlias = "Mapping | Sequence | Scalar"


@dataclass(frozen=True, slots=True)
class YamlProblem:
    """Why a document could not be read: ``line`` counts from 1."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Document:
    """One document; ``node`` is None when it is empty or has a ``problem``. ``blanked`` are lines left out."""

    node: Node | None
    problem: YamlProblem | None = None
    blanked: tuple[int, ...] = ()


def text(node: Node | None) -> str | None:
    """The text of a scalar that is wholly known; None for null, collections and scalars with holes."""
    if isinstance(node, Scalar) and not node.is_null and not node.value.holes:
        return node.value.text
    return None


def word(node: Node | None) -> Word | None:
    """A scalar as one word; None for collections."""
    return Word.of(node.value) if isinstance(node, Scalar) else None


def hole(node: Node | None) -> Hole | None:
    """The hole that makes up a whole scalar."""
    if isinstance(node, Scalar) and len(node.value.holes) == 1:
        only = node.value.holes[0]
        if only.start == 0 and only.end == len(node.value.text):
            return only.hole
    return None


def argv_or_text(node: Node | None, *, shell: bool = True) -> Command | None:
    """A command given as a list or as text, which a shell runs or not; None for null and mappings."""
    if isinstance(node, Scalar):
        return None if node.is_null else ShellText(node.value, node.at, shell)
    if not isinstance(node, Sequence):
        return None
    words: list[tuple[int, Word]] = []
    for item in node.items:
        written = word(item) or Word((Hole("...", at=item.at, several=True),), item.at)
        words.append((item.at.start, written))
    if node.holes:
        words.extend((hole.at.start if hole.at else 0, Word((hole,), hole.at)) for hole in node.holes)
        words.sort(key=lambda pair: pair[0])
    return Argv(tuple(word for _, word in words), node.at, _notation(node))


def _notation(node: Sequence) -> Notation:
    if not node.flow:
        return "yaml-block"
    quoted = all(isinstance(item, Scalar) and item.style == "double" for item in node.items)
    return "json" if quoted and node.items else "yaml-flow"


def walk(node: Node | None) -> Iterator[Node]:
    """A node and all nodes below it in the order of the file; nodes that several aliases share come once."""
    seen: set[int] = set()
    waiting = [node] if node is not None else []
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, Mapping):
            waiting.extend(entry.value for entry in reversed(current.entries))
        elif isinstance(current, Sequence):
            waiting.extend(reversed(current.items))
