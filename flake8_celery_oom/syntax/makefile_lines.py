"""Parts of a line of a makefile: joined lines, the colon of a rule, comments, what ``ifeq`` compares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.substitution import stripped

_QUOTED = re.compile(r"(?P<one>[\"'])(?P<first>.*?)(?P=one)\s+(?P<two>[\"'])(?P<second>.*?)(?P=two)\s*$")


@dataclass(slots=True)
class Recipe:
    """A rule while it is read: its raw recipe lines, and the variables of its targets."""

    targets: MappedText
    prerequisites: MappedText
    adds: bool
    """Whether its recipe stands beside another one of the same target: behind ``::``, or in a branch that is unsure."""
    lines: list[MappedText] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch of a conditional: whether it is taken, as far as that is known, and how it was with those before it."""

    holds: bool | None
    before: frozenset[bool | None] = frozenset()


def unjoined(text: MappedText) -> Iterator[MappedText]:
    """The lines of an expanded recipe line: a ``define`` may hold several; a line end behind a backslash stays."""
    start = 0
    for match in re.finditer(r"(\\*)\r?\n", text.text):
        if len(match[1]) % 2 == 0:
            yield text[start : match.end()]
            start = match.end()
    yield text[start:]


def colon_in(text: str) -> int:
    """The colon that ends the targets of a rule; -1 when there is none outside of references."""
    depth = 0
    for index, char in enumerate(text):
        if char in "({" and index and (depth or text[index - 1] == "$"):
            depth += 1
        elif char in ")}" and depth:
            depth -= 1
        elif depth:
            continue
        elif char == ":":
            return index
        elif char in "#;=":
            return -1
    return -1


def compared(rest: MappedText) -> tuple[MappedText, MappedText] | None:
    """The two sides of ``(a,b)`` or ``"a" "b"``."""
    text = rest.text
    if quoted := _QUOTED.match(text):
        return rest[quoted.start("first") : quoted.end("first")], rest[quoted.start("second") : quoted.end("second")]
    if not text.startswith("(") or not text.endswith(")"):
        return None
    depth = 0
    for index, char in enumerate(text[1:-1], 1):
        if char in "({":
            depth += 1
        elif char in ")}":
            depth -= 1
        elif char == "," and not depth:
            return rest[1:index], rest[index + 1 : len(text) - 1]
    return None


def without_comment(text: MappedText) -> MappedText:
    """A line up to its comment, without blanks around it."""
    match = re.search(r"(?<!\\)#", text.text)
    return stripped(text[: match.start()] if match else text)


def includes(source: SourceText) -> bool:
    """Whether a Makefile includes another file."""
    return "include" in source.text and re.search(r"^ *(?:-?include|sinclude)\s", source.text, re.MULTILINE) is not None
