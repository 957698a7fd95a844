"""What Go templates are made of: operands, pipelines, and nodes with the offsets that they cover."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

# --- operands and pipelines -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, a number, ``true``, ``false`` or ``nil``."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Dot:
    """``.a.b``; without fields the dot itself."""

    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Variable:
    """``$name.a.b``; the empty name is ``$``, the root."""

    name: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """The name of a function."""

    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """``(pipeline).a.b``."""

    pipeline: Pipeline
    fields: tuple[str, ...] = ()


Operand: TypeAlias = Literal | Dot | Variable | Function | Group


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands whose results are handed on; ``variables`` are set to the result, new ones when ``declares``."""

    commands: tuple[tuple[Operand, ...], ...]
    variables: tuple[str, ...] = ()
    declares: bool = True


# --- nodes ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """``text[start:end]`` is copied."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Insert:
    """An action that prints its pipeline, or only sets variables. ``start:end`` covers the braces."""

    start: int
    end: int
    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class Block:
    """``if``, ``with`` or ``range``: ``start:end`` covers it up to its ``end``; ``other`` is what ``else`` holds."""

    word: str
    start: int
    end: int
    pipeline: Pipeline
    body: tuple[Node, ...]
    other: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """``{{ template "name" pipeline }}``."""

    start: int
    end: int
    name: str
    pipeline: Pipeline | None


@dataclass(frozen=True, slots=True)
class Jump:
    """``break`` or ``continue``."""

    word: str


Node: TypeAlias = Text | Insert | Block | Call | Jump


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed file: its own nodes and the named templates that it defines."""

    nodes: tuple[Node, ...]
    defined: dict[str, tuple[Node, ...]] = field(default_factory=dict)
