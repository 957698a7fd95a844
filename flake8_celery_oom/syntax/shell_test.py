"""The words between ``[`` and ``]`` as a condition: ``[ "$N" -lt 4 -a -n "$P" ]``.

Source: POSIX, "test": ``-a`` binds stronger than ``-o``, ``!`` negates what stands behind it; three words with a binary
operator in the middle are a comparison whatever they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from flake8_celery_oom.syntax.shell_tree import Binary, Both, Condition, Negation, Opaque, Span, Unary

Token: TypeAlias = tuple[str, Span]

_BINARY = frozenset(
    {"=", "==", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "<", ">", "\\<", "\\>"}
)
_UNARY = frozenset(f"-{letter}" for letter in "abcdefghkLNnOGprSstuvwxz")


def condition_of(words: Sequence[Token]) -> Condition:
    """The condition that the words make; Opaque when they make none."""
    reader = _Reader(words)
    found = reader.either()
    return found if reader.position == len(words) and found is not None else Opaque()


class _Reader:
    def __init__(self, words: Sequence[Token]) -> None:
        self.words = words
        self.position = 0

    def _next(self, ahead: int = 0) -> str:
        index = self.position + ahead
        return self.words[index][0] if index < len(self.words) else ""

    def either(self) -> Condition | None:
        return self._chain("-o", self._both)

    def _both(self) -> Condition | None:
        return self._chain("-a", self._primary)

    def _chain(self, operator: str, part: Callable[[], Condition | None]) -> Condition | None:
        found = part()
        while found is not None and self._next() == operator:
            self.position += 1
            right = part()
            found = None if right is None else Both(found, right, operator == "-a")
        return found

    def _primary(self) -> Condition | None:
        if self.position >= len(self.words):
            return None
        if self._next(1) in _BINARY and self.position + 2 < len(self.words):
            left, operator, right = (self.words[self.position + ahead] for ahead in range(3))
            self.position += 3
            return Binary(operator[0].removeprefix("\\"), left[1], right[1])
        text, span = self.words[self.position]
        if text == "!" and self.position + 1 < len(self.words):
            self.position += 1
            inner = self._primary()
            return None if inner is None else Negation(inner)
        if text in {"(", "\\("}:
            self.position += 1
            inner = self.either()
            if inner is None or self._next() not in {")", "\\)"}:
                return None
            self.position += 1
            return inner
        if text in _UNARY and self.position + 1 < len(self.words):
            self.position += 2
            return Unary(text, self.words[self.position - 1][1])
        self.position += 1
        return Unary("", span)
