"""Object literals of JavaScript with exact positions, read into :mod:`flake8_celery_oom.syntax.yaml_nodes`.

Only what is written out is known: strings, numbers, names such as ``true``, arrays and objects. Any other expression
(``process.env.N || 2``, ``path.join(__dirname, "run.sh")``) is a scalar that is one hole.
"""

from __future__ import annotations

import re

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.substitution import as_hole, substitute
from flake8_celery_oom.syntax.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence

DEEPEST = 50
"""Brackets inside one another; what is deeper is not read."""
LARGEST = 500_000
"""Characters; larger files are not read."""
_BETWEEN = re.compile(r"(?:\s+|//[^\n]*|/\*(?s:.*?)(?:\*/|\Z))*")
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\(?s:.))*\"|'(?:[^'\\\n]|\\(?s:.))*'|`(?:[^`\\]|\\(?s:.))*`")
_WORD = re.compile(r"(?:true|false|null|undefined|-?\d[\d_.]*)(?![\w.])")
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_ESCAPE = re.compile(r"\\(\r?\n|(?s:.))")
_SHORT = {"n": "\n", "t": "\t", "r": "\r"}
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")
_OPENING = {"(": ")", "[": "]", "{": "}"}


def exported(source: SourceText) -> Node | None:
    """What a module gives: ``module.exports = {...}`` or ``export default {...}``; None where it is no literal."""
    if len(source.text) > LARGEST:
        return None
    match = re.search(r"(?:module\.exports\s*=|export\s+default)\s*(?:defineConfig\s*\()?(?=[\[{])", source.text)
    return _Reader(MappedText.plain(source)).value(match.end(), 0)[0] if match is not None else None


class _Reader:
    def __init__(self, mapped: MappedText) -> None:
        self._mapped = mapped
        self._text = mapped.text

    def value(self, position: int, depth: int) -> tuple[Node, int]:
        """The value that starts here, and where it ends: at a comma or a bracket that it does not open."""
        start = self._after_blanks(position)
        end = self._end_of_expression(start)
        stop = start + len(self._text[start:end].rstrip())
        char = self._text[start : start + 1]
        if depth < DEEPEST and char and char in "{[" and self._after_blanks(self._closing(start)) >= stop:
            node = self._mapping(start, depth + 1) if char == "{" else self._sequence(start, depth + 1)
            return node, end
        string = _STRING.match(self._text, start)
        if string is not None and self._after_blanks(string.end()) >= stop:
            return self._string(string), end
        piece = self._mapped[start:stop]
        word = _WORD.match(self._text, start)
        if word is not None and self._after_blanks(word.end()) >= stop:
            return Scalar(self._mapped[start : word.end()], "plain", piece.location()), end
        return Scalar(as_hole(piece, Hole(piece.text, at=piece.location())), "plain", piece.location()), end

    def _mapping(self, start: int, depth: int) -> Mapping:
        entries: list[Entry] = []
        position = self._after_blanks(start + 1)
        while self._goes_on(position, "}"):
            key, after = self._key(position)
            if key is not None and self._text[after : after + 1] == ":":
                node, after = self.value(after + 1, depth)
                entries.append(Entry(key, node))
            else:
                after = self._end_of_expression(position)
            position = self._behind_comma(after)
        return Mapping(tuple(entries), self._mapped.location(start, min(position + 1, len(self._text))), flow=True)

    def _sequence(self, start: int, depth: int) -> Sequence:
        items: list[Node] = []
        position = self._after_blanks(start + 1)
        while self._goes_on(position, "]"):
            node, after = self.value(position, depth)
            items.append(node)
            position = self._behind_comma(after)
        return Sequence(tuple(items), self._mapped.location(start, min(position + 1, len(self._text))), flow=True)

    def _goes_on(self, position: int, closing: str) -> bool:
        """Whether another entry starts here; a bracket that fits nowhere ends the collection."""
        return position < len(self._text) and self._text[position] not in f"{closing})]}};"

    def _key(self, position: int) -> tuple[Scalar | None, int]:
        if (string := _STRING.match(self._text, position)) is not None:
            return self._string(string), self._after_blanks(string.end())
        name = _NAME.match(self._text, position)
        if name is None:
            return None, position
        value = self._mapped[name.start() : name.end()]
        return Scalar(value, "plain", value.location()), self._after_blanks(name.end())

    def _string(self, match: re.Match[str]) -> Scalar:
        start, end = match.span()
        inner = self._mapped[start + 1 : end - 1]
        value = substitute(inner, _ESCAPE, lambda one, _: _escaped(one[1])) if "\\" in inner.text else inner
        if match[0].startswith("`"):
            value = substitute(value, _PLACEHOLDER, lambda one, piece: Hole(one[0], at=piece.location()))
        return Scalar(value, "double", self._mapped.location(start, end))

    def _behind_comma(self, position: int) -> int:
        position = self._after_blanks(position)
        while self._text[position : position + 1] == ",":
            position = self._after_blanks(position + 1)
        return position

    def _after_blanks(self, position: int) -> int:
        match = _BETWEEN.match(self._text, position)
        return match.end() if match is not None else position

    def _closing(self, start: int) -> int:
        """Behind the bracket that closes the one at ``start``."""
        return self._scan(start + 1, [_OPENING[self._text[start]]])

    def _end_of_expression(self, start: int) -> int:
        """Where an expression ends: before a comma or a closing bracket of what is around it."""
        return self._scan(start, [])

    def _scan(self, position: int, closing: list[str]) -> int:
        alone = not closing
        text = self._text
        while position < len(text):
            behind = self._after_blanks(position)
            if behind > position:
                position = behind
                continue
            char = text[position]
            if (string := _STRING.match(text, position)) is not None:
                position = string.end()
                continue
            if char in _OPENING:
                closing.append(_OPENING[char])
            elif not closing and char in ",)]};":
                return position
            elif closing and char == closing[-1]:
                closing.pop()
                if not closing and not alone:
                    return position + 1
            position += 1
        return position


def _escaped(char: str) -> str:
    return "" if char.endswith("\n") else _SHORT.get(char, char)
