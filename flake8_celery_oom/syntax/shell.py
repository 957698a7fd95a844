"""Shell text as a small tree: tree-sitter finds the structure, :mod:`shell_words` reads the words.

The tree is tolerant: where the grammar meets an error, what it did understand around it stays. Every node knows its
place ``[start:end]`` in the text that was parsed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.syntax.shell_builder import Builder
from flake8_celery_oom.syntax.shell_tree import (
    Sequence,
    Span,
)

if TYPE_CHECKING:
    from tree_sitter import Parser

MAX_CHARACTERS = 300_000
"""Longer scripts are not read: no script written by hand comes near."""
_CONTINUED = re.compile(r"(?<=[ \t])\\\r\n")
MAX_ARRAY_OPENINGS = 2_000
"""``a=(`` without end makes the grammar quadratic."""


@dataclass(frozen=True)
class ShellProgram:
    """A parsed text and its tree."""

    text: MappedText
    body: Sequence


def parse(text: MappedText) -> ShellProgram:
    """Parse shell text; a text over the limits gives an empty program."""
    shown = _with_stand_ins(text)
    empty = ShellProgram(text, Sequence(Span(0, len(shown)), ()))
    if len(shown) > MAX_CHARACTERS or shown.count("=(") > MAX_ARRAY_OPENINGS:
        return empty
    encoded = shown.encode("utf-8", "surrogatepass")
    tree = _parser().parse(encoded)
    builder = Builder(shown, None if len(encoded) == len(shown) else _character_offsets(shown))
    return ShellProgram(text, builder.sequence(tree.root_node, tree.root_node.children))


def _with_stand_ins(text: MappedText) -> str:
    """The text with unknown pieces as letters, CR before LF as a blank, and no NUL.

    A backslash before CR LF continues the line, as in the same file with LF.
    """
    shown = text.text
    for hole in text.holes:
        shown = shown[: hole.start] + "X" * (hole.end - hole.start) + shown[hole.end :]
    return _CONTINUED.sub(" \\\n", shown).replace("\r\n", " \n").replace("\0", " ")


def _character_offsets(text: str) -> list[int]:
    """For every UTF-8 byte offset the offset of its character."""
    offsets: list[int] = []
    for index, char in enumerate(text):
        offsets.extend([index] * len(char.encode("utf-8", "surrogatepass")))
    offsets.append(len(text))
    return offsets


@lru_cache(maxsize=1)
def _parser() -> Parser:
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))
