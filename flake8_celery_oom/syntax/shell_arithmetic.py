"""Arithmetic expressions of a shell: ``N = 2 * 3``, ``N++``, ``i < 4 && j``.

Numbers are 64 bits wide and wrap, division truncates towards zero. Source: Bash Reference Manual, "Shell Arithmetic";
POSIX knows the same operators but ``++``, ``--``, ``**`` and the comma.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import add, and_, eq, ge, gt, le, lshift, lt, mul, ne, or_, rshift, sub, xor

UNKNOWN = "\1"
"""Stands in an expression for a number that is not known."""
MAX_TOKENS = 400
_MAX_DEPTH = 40
_ASSIGNED = re.compile(
    r"(?<!\w)(?:([A-Za-z_]\w*)\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)"
    r"|([A-Za-z_]\w*)\s*(?:\+\+|--))"
    r"|(?:\+\+|--)\s*([A-Za-z_]\w*)"
)
_TOKEN = re.compile(
    r"\s*(?:(?P<number>0[xX][0-9a-fA-F]+|\d+)|(?P<name>[A-Za-z_]\w*)|(?P<unknown>\x01)"
    r"|(?P<operator><<=|>>=|\*\*|\+\+|--|&&|\|\||<<|>>|[<>=!+\-*/%&|^]=|[-+*/%<>=!~&|^?:,()]))"
)


class _UnreadableError(Exception):
    """No arithmetic, or one that ends in an error of the shell."""


def assigned_in(expression: str) -> tuple[str, ...]:
    """The variables that an expression gives other values, each once, in their order."""
    return tuple(dict.fromkeys(next(filter(None, match.groups())) for match in _ASSIGNED.finditer(expression)))


def evaluate(
    expression: str, value_of: Callable[[str], int | None], assign: Callable[[str, int | None], None]
) -> int | None:
    """The value of an expression; None when it is not known, or when the expression can't be read.

    ``value_of`` gives the number that a variable holds, ``assign`` is told of every variable that gets another one.
    """
    changed: dict[str, int | None] = {}
    try:
        tokens = _tokens(expression)
        reader = _Reader(tokens, value_of, changed)
        value = reader.whole()
    except (_UnreadableError, RecursionError):
        value, changed = None, dict.fromkeys(assigned_in(expression))
    for name, number in changed.items():
        assign(name, number)
    return value


def number_in(text: str) -> int | None:
    """The number that a text is in an expression: decimal, octal behind a 0, hexadecimal behind 0x; 0 when empty."""
    text = text.strip()
    if not re.fullmatch(r"-?(?:0[xX][0-9a-fA-F]{1,16}|0[0-7]{0,21}|[1-9]\d{0,18}|)", text):
        return None
    digits = text.removeprefix("-")
    base = 16 if digits[:2].lower() == "0x" else 8 if digits.startswith("0") and len(digits) > 1 else 10
    number = int(digits or "0", base)
    return _wrapped(-number if text.startswith("-") else number)


def _tokens(expression: str) -> list[tuple[str, str]]:
    made: list[tuple[str, str]] = []
    position, end = 0, len(expression.rstrip())
    while position < end:
        match = _TOKEN.match(expression, position)
        if match is None or len(made) >= MAX_TOKENS:
            raise _UnreadableError
        made.append((match.lastgroup or "", match[match.lastgroup or 0]))
        position = match.end()
    return made


def _wrapped(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63


def _divided(left: int, right: int) -> int:
    if not right:
        raise _UnreadableError
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) is (right < 0) else -quotient


def _power(left: int, right: int) -> int:
    if right < 0:
        raise _UnreadableError
    return pow(left, right, 2**64)


@dataclass(frozen=True)
class _Operator:
    strength: int
    apply: Callable[[int, int], int]


_BINARY: Mapping[str, _Operator] = {
    "|": _Operator(3, or_),
    "^": _Operator(4, xor),
    "&": _Operator(5, and_),
    "==": _Operator(6, eq),
    "!=": _Operator(6, ne),
    "<": _Operator(7, lt),
    ">": _Operator(7, gt),
    "<=": _Operator(7, le),
    ">=": _Operator(7, ge),
    "<<": _Operator(8, lambda left, right: lshift(left, right % 64)),
    ">>": _Operator(8, lambda left, right: rshift(left, right % 64)),
    "+": _Operator(9, add),
    "-": _Operator(9, sub),
    "*": _Operator(10, mul),
    "/": _Operator(10, _divided),
    "%": _Operator(10, lambda left, right: left - right * _divided(left, right)),
}
_ASSIGNING = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="})


class _Reader:
    """Reads and evaluates in one pass. ``sure`` is false in a branch that may not be taken."""

    def __init__(
        self, tokens: list[tuple[str, str]], value_of: Callable[[str], int | None], changed: dict[str, int | None]
    ) -> None:
        self.tokens = tokens
        self.value_of = value_of
        self.changed = changed
        self.position = 0
        self.depth = 0
        self.taken: bool | None = True
        """Whether what is read is evaluated: not so behind ``0 &&``, perhaps behind ``unknown &&``."""

    def whole(self) -> int | None:
        value = self._comma() if self.tokens else 0
        if self.position < len(self.tokens):
            raise _UnreadableError
        return value

    def _next(self, ahead: int = 0) -> str:
        index = self.position + ahead
        return self.tokens[index][1] if index < len(self.tokens) else ""

    def _accept(self, text: str) -> bool:
        found = self._next() == text
        self.position += found
        return found

    def _comma(self) -> int | None:
        value = self._assignment()
        while self._accept(","):
            value = self._assignment()
        return value

    def _assignment(self) -> int | None:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _UnreadableError
        try:
            if self._kind() == "name" and self._next(1) in _ASSIGNING:
                name, operator = self._next(), self._next(1)[:-1]
                self.position += 2
                before = self._value(name) if operator else None
                value = self._assignment()
                if operator:
                    value = self._applied(operator, before, value)
                self._set(name, value)
                return value
            return self._choice()
        finally:
            self.depth -= 1

    def _kind(self) -> str:
        return self.tokens[self.position][0] if self.position < len(self.tokens) else ""

    def _value(self, name: str) -> int | None:
        return self.changed[name] if name in self.changed else self.value_of(name)

    def _set(self, name: str, value: int | None) -> None:
        if self.taken is not False:
            self.changed[name] = value if self.taken else None

    def _in_branch(self, taken: bool | None, read: Callable[[], int | None]) -> int | None:
        outer = self.taken
        self.taken = False if False in (outer, taken) else None if None in (outer, taken) else True
        try:
            return read()
        finally:
            self.taken = outer

    def _choice(self) -> int | None:
        condition = self._either()
        if not self._accept("?"):
            return condition
        truth = None if condition is None else condition != 0
        first = self._in_branch(truth, self._assignment)
        if not self._accept(":"):
            raise _UnreadableError
        second = self._in_branch(None if truth is None else not truth, self._assignment)
        return None if truth is None else first if truth else second

    def _either(self) -> int | None:
        value = self._both()
        while self._accept("||"):
            value = self._joined(value, self._in_branch(None if value is None else not value, self._both), 1)
        return value

    def _both(self) -> int | None:
        value = self._binary(3)
        while self._accept("&&"):
            taken = None if value is None else bool(value)
            value = self._joined(value, self._in_branch(taken, lambda: self._binary(3)), 0)
        return value

    @staticmethod
    def _joined(left: int | None, right: int | None, decisive: int) -> int | None:
        truths = [None if value is None else int(value != 0) for value in (left, right)]
        return decisive if decisive in truths else None if None in truths else 1 - decisive

    def _binary(self, weakest: int) -> int | None:
        left = self._raised()
        while (operator := _BINARY.get(self._next())) is not None and operator.strength >= weakest:
            shown = self._next()
            self.position += 1
            left = self._applied(shown, left, self._binary(operator.strength + 1))
        return left

    def _raised(self) -> int | None:
        """``**`` binds weaker than a sign before its base, and to the right."""
        base = self._unary()
        if not self._accept("**"):
            return base
        exponent = self._raised()
        if base is None or exponent is None or self.taken is False:
            return None
        return _wrapped(_power(base, exponent))

    def _applied(self, operator: str, left: int | None, right: int | None) -> int | None:
        if left is None or right is None or self.taken is False:
            return None
        return _wrapped(int(_BINARY[operator].apply(left, right)))

    def _unary(self) -> int | None:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _UnreadableError
        try:
            for sign in ("++", "--"):
                if self._next() == sign and self.position + 1 < len(self.tokens):
                    self.position += 1
                    if self._kind() != "name":
                        raise _UnreadableError
                    return self._stepped(self._name(), 1 if sign == "++" else -1)
            for sign in ("!", "~", "+", "-"):
                if self._accept(sign):
                    value = self._unary()
                    if value is None:
                        return None
                    return {"!": int(not value), "~": ~value, "+": value, "-": _wrapped(-value)}[sign]
            return self._primary()
        finally:
            self.depth -= 1

    def _name(self) -> str:
        self.position += 1
        return self.tokens[self.position - 1][1]

    def _stepped(self, name: str, step: int) -> int | None:
        before = self._value(name)
        value = None if before is None else _wrapped(before + step)
        self._set(name, value)
        return value

    def _primary(self) -> int | None:
        if self._accept("("):
            value = self._comma()
            if not self._accept(")"):
                raise _UnreadableError
            return value
        kind, text = self.tokens[self.position] if self.position < len(self.tokens) else ("", "")
        self.position += 1
        if kind == "number":
            number = number_in(text)
            if number is None:
                raise _UnreadableError
            return number
        if kind == "unknown":
            return None
        if kind != "name":
            raise _UnreadableError
        before = self._value(text)
        if self._next() in {"++", "--"}:
            self._stepped(text, 1 if self._next() == "++" else -1)
            self.position += 1
        return before
