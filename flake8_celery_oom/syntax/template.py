"""Go templates (Helm) and Jinja templates: their actions are blanked in place, so that what is left can be parsed.

The masked text has the same length and the same lines as the file. Control actions and actions that insert whole lines
become spaces; actions that stand for a value become a run of ``X``. Every branch of a condition stays, but a condition
that opens and closes inside one value (``-P {{ if .a }}x{{ else }}y{{ end }}``) is one unknown value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.template_scan import Action, Block, Branch, GoScan, JinjaScan

__all__ = ["Action", "Branch", "Kind", "Masked", "kind_of", "mask"]

Kind: TypeAlias = Literal["go", "jinja"]

_ANY_ACTION = re.compile(r"\{\{.*?\}\}|\{[%#].*?[%#]\}", re.DOTALL)
_CONTROL = re.compile(r"\{[%#].*?[%#]\}|\{\{-?\s*(?:if|else|end)\b.*?\}\}", re.DOTALL)
_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_WORD_OF_BLOCK = re.compile(r"(?:\{\{.{0,1000}?\}\}|[^\s{]|\{(?!\{))+", re.DOTALL)
_OF_HELM = re.compile(r"[\s({$]\.(?:Values|Release|Chart)\.\w")
_OF_COOKIECUTTER = re.compile(r"\{\{-?\s?cookiecutter\.")
_QUOTES = "\"'"
_EDGES = " \t\r\n,[](){}:"


@dataclass(frozen=True)
class Masked:
    """The text with its actions blanked, the actions and (Go only) the branches, in the order of the file.

    ``parsable`` is the same without what the blanks would do to indentation and to block scalars: lines of nothing but
    trimming control actions (``{{- if ... }}``) are gone, other lines of nothing but actions keep one space for each
    that stands for text, and control actions at the head of a line are cut out. ``parts`` are all actions as they are
    written, also those inside a condition that ``actions`` has as one; ``defined`` are the bodies of named templates.
    """

    text: SourceText
    actions: tuple[Action, ...]
    parsable: MappedText
    branches: tuple[Branch, ...] = ()
    parts: tuple[Action, ...] = ()
    defined: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def kind_of(text: str) -> Kind | None:
    """Which template language a text is written in, if any."""
    if "{{" not in text and "{%" not in text:
        return None
    if _OF_HELM.search(text):
        return "go"
    return "jinja" if "{%" in text or _OF_COOKIECUTTER.search(text) else "go"


def mask(source: SourceText, kind: Kind) -> Masked:
    """Blank the actions of a template."""
    scan = GoScan(source.text) if kind == "go" else JinjaScan(source.text)
    scan.run()
    actions = _with_inline_blocks(source.text, scan.actions, scan.blocks)
    chars = list(source.text)
    marked: list[Action] = []
    for action in _with_lines(source.text, actions):
        _blank(chars, action, _fills_a_value(source.text, action))
        marked.append(action)
    text = SourceText(source.path, "".join(chars), bom=source.bom)
    parsable = _parsable(source, text.text, marked)
    return Masked(text, tuple(marked), parsable, tuple(scan.branches), tuple(scan.actions), scan.defined)


def _blank(chars: list[str], action: Action, filled: bool) -> None:
    """Overwrite an action; only its first line is filled, so that the rest cannot look like YAML."""
    fill = "X" if filled else " "
    for index in range(action.start, action.end):
        if chars[index] in "\r\n":
            fill = " "
        else:
            chars[index] = fill


def _with_lines(text: str, actions: list[Action]) -> Iterator[Action]:
    """The actions; those alone on their line insert lines even when they don't say so."""
    by_line: dict[int, list[Action]] = {}
    for action in actions:
        by_line.setdefault(text.rfind("\n", 0, action.start), []).append(action)
    for line_start, together in by_line.items():
        position, before = line_start + 1, ""
        for action in together:
            before += text[position : action.start]
            position = action.end
        line_end = text.find("\n", position)
        after = text[position : len(text) if line_end < 0 else line_end].strip()
        alone = not before.strip() and (not after or after.startswith("#"))
        for action in together:
            yield replace(action, lines=True) if alone and not action.control else action


def _fills_a_value(text: str, action: Action) -> bool:
    """Whether an action is to look like a value: not when it stands where lines go."""
    if action.control:
        return False
    if not action.lines:
        return True
    line_start, line_end = text.rfind("\n", 0, action.start) + 1, text.find("\n", action.end)
    before = text[line_start : action.start].strip()
    after = text[action.end : len(text) if line_end < 0 else line_end].strip()
    return not (before.endswith((":", "-", "}}")) or not before) or bool(after and not after.startswith(("#", "{{")))


def _parsable(source: SourceText, masked: str, actions: list[Action]) -> MappedText:
    pieces: list[MappedText] = []
    blank = MappedText(source, masked, range(len(masked) + 1))
    position = 0
    for start, end in _cuts(source.text, masked, actions):
        if start > position:
            pieces.append(blank[position:start])
        position = max(position, end)
    return MappedText.joined([*pieces, blank[position:]])


def _cuts(text: str, masked: str, actions: list[Action]) -> Iterator[tuple[int, int]]:
    """The stretches that :attr:`Masked.parsable` leaves out."""
    index = 0
    while index < len(actions):
        line_start = text.rfind("\n", 0, actions[index].start) + 1
        first = index
        line_end = line_start
        while index < len(actions) and (index == first or actions[index].start < line_end):
            found = text.find("\n", actions[index].end)
            line_end = len(text) if found < 0 else found
            index += 1
        together = actions[first:index]
        if masked[line_start:line_end].strip():
            yield from _leading_control(text, line_start, together)
        elif all(action.control and _trims(action.source) for action in together):
            yield line_start, min(line_end + 1, len(text))
        else:
            yield from _all_but_first(line_start, line_end - (text[line_end - 1 : line_end] == "\r"), together)


def _all_but_first(start: int, end: int, actions: list[Action]) -> Iterator[tuple[int, int]]:
    """The stretch without the first character of each action that stands for text, so that it keeps a place."""
    for action in actions:
        if not action.control:
            yield start, action.start
            start = action.start + 1
    yield start, end


def _trims(source: str) -> bool:
    return source[2:3] == "-" or source[-3:-2] == "-"


def _leading_control(text: str, line_start: int, actions: list[Action]) -> Iterator[tuple[int, int]]:
    position = line_start
    while text[position : position + 1] in (" ", "\t"):
        position += 1
    for action in actions:
        if action.start != position or not action.control:
            return
        position = action.end
        while action.source[-3:-2] == "-" and text[position : position + 1] in (" ", "\t"):
            position += 1
        yield action.start, position


def _with_inline_blocks(text: str, actions: list[Action], blocks: list[Block]) -> list[Action]:
    """Make one value of each block that opens and closes inside a value."""
    merged: list[tuple[int, int]] = []
    optional: list[Action] = []
    for block in sorted(blocks, key=lambda block: (block.start, -block.end)):
        if merged and block.start < merged[-1][1]:
            continue
        if _inside_a_value(text, block):
            merged.append((block.start, block.end))
        elif block.word == "if" and not (optional and block.start < optional[-1].end):
            optional += _optional_words(text, block)
    if optional:
        actions = [one for one in actions if one.control or not _covered(one, optional)] + optional
        actions.sort(key=lambda action: action.start)
    if not merged:
        return actions
    kept = [action for action in actions if not any(start <= action.start < end for start, end in merged)]
    for start, end in merged:
        source = text[start:end]
        between = re.sub(r"\{[{%].*?[%}]\}", "", source, flags=re.DOTALL)
        kept.append(Action(start, end, source, control=False, several=bool(re.search(r"[\s,]", between))))
    return sorted(kept, key=lambda action: action.start)


def _covered(action: Action, words: list[Action]) -> bool:
    return any(word.start <= action.start < word.end for word in words)


def _optional_words(text: str, block: Block) -> Iterator[Action]:
    """The words of a block of one line that holds options: ``celery worker {% if green %}-P gevent {% endif %}-E``."""
    whole = text[block.start : block.end]
    before = text[text.rfind("\n", 0, block.start) + 1 : block.start]
    if "\n" in whole or block.alternatives or not _ANY_ACTION.sub("", before).strip():
        return
    for start, end, written in optional_words(whole):
        at = block.start + start
        yield Action(at, block.start + end, whole[start:end], control=False, several=True, perhaps=written)


def optional_words(block: str) -> list[tuple[int, int, str | None]]:
    """The options in a block that comes and goes, with their values: where each word stands, and what is known of it.

    Empty where the block does not begin with an option: then it is more than options that come and go.
    """
    words = [match.span() for match in _WORD_OF_BLOCK.finditer(_CONTROL.sub(lambda match: " " * len(match[0]), block))]
    if not words or not block[words[0][0] :].startswith("-"):
        return []
    return [(start, end, _EXPRESSION.split(block[start:end])[0] or None) for start, end in words]


def _inside_a_value(text: str, block: Block) -> bool:
    """Whether a block of one line is a part of a value, rather than words or lines that come and go."""
    if "\n" in text[block.start : block.end]:
        return False
    line_start = text.rfind("\n", 0, block.start) + 1
    before = _ANY_ACTION.sub("", text[line_start : block.start])
    if not before.strip():
        return False
    if block.alternatives:
        return True
    inner = _ANY_ACTION.sub("\0", text[block.start : block.end]).strip("\0")
    left, right = text[block.start - 1], text[block.end : block.end + 1]
    if left in _QUOTES and right in _QUOTES:
        return True
    return not _separate(left, inner[:1]) or not _separate(inner[-1:], right)


def _separate(left: str, right: str) -> bool:
    """Whether two neighbours are no part of the same word."""
    return not left or not right or left in _EDGES + _QUOTES or right in _EDGES + _QUOTES
