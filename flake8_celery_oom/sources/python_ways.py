"""Ways through a Python program: what conditions may decide, and calls of functions of the same file."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from flake8_celery_oom.syntax.python_names import Function

T = TypeVar("T")
Loop: TypeAlias = ast.For | ast.comprehension

MAX_WAYS = 24


@dataclass(frozen=True, slots=True)
class _Choice:
    key: str
    answer: bool
    unlikely: bool


class Ways:
    """Reads something once for every way that the conditions it asks about may turn out.

    Conditions count as independent: each is turned once against what holds by default, not with all the others. What a
    condition adds (an option) shows in one of the readings, and two conditions that add two options need three.
    """

    def __init__(self) -> None:
        self._given: tuple[bool, ...] = ()
        self._taken: list[_Choice] = []
        self._answers: dict[str, bool] = {}
        self._deciding = False

    def choose(self, key: str, likely: bool | None) -> bool | None:
        """How a condition turns out on this way; None where nothing is decided and both must be thought of.

        ``likely`` is how it turns out when nobody says anything.
        """
        if not self._deciding:
            return None
        if key not in self._answers:
            position = len(self._taken)
            answer = self._given[position] if position < len(self._given) else likely is not False
            self._taken.append(_Choice(key, answer, likely is not None and answer is not likely))
            self._answers[key] = answer
        return self._answers[key]

    def every(self, read: Callable[[], T]) -> list[tuple[T, bool]]:
        """What ``read`` gives on every way, and whether that way is not the usual one.

        With more ways than :data:`MAX_WAYS` it is read once, undecided.
        """
        if self._deciding:
            return [(read(), False)]
        found: list[tuple[T, bool]] = []
        turned: set[str] = set()
        waiting: list[tuple[bool, ...]] = [()]
        try:
            self._deciding = True
            while waiting and len(found) <= MAX_WAYS:
                given = waiting.pop(0)
                self._given, self._taken, self._answers = given, [], {}
                result = read()
                found.append((result, any(choice.unlikely for choice in self._taken)))
                for position, choice in enumerate(self._taken[len(given) :], len(given)):
                    if choice.key not in turned:
                        turned.add(choice.key)
                        before = (one.answer for one in self._taken[:position])
                        waiting.append((*before, not choice.answer))
        finally:
            self._deciding = False
        return found if not waiting else [(read(), False)]


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call of a function of the file that is being followed: what its parameters are given, and where it stands.

    Or one round of a loop, with what its variables hold.
    """

    function: Function | Loop
    arguments: Mapping[str, ast.expr]
    outer: Call | None
    place: tuple[int, int] = (0, 0)

    @property
    def way(self) -> tuple[tuple[int, int], ...]:
        """The places of this call and of those around it: the same however often it is followed."""
        return (self.place, *(self.outer.way if self.outer is not None else ()))

    @property
    def loops(self) -> tuple[ast.For, ...]:
        """The loops of which one round is followed, innermost first."""
        outer = self.outer.loops if self.outer is not None else ()
        return (self.function, *outer) if isinstance(self.function, ast.For) else outer

    @property
    def depth(self) -> int:
        """How many calls stand around this one."""
        return 0 if self.outer is None else 1 + self.outer.depth


def bound(function: Function, call: ast.Call, outer: Call | None) -> Call | None:
    """The arguments of a call by the names of the function's parameters; None where ``*`` or ``**`` hide them."""
    given = list(call.args)
    if any(isinstance(argument, ast.Starred) for argument in given) or any(item.arg is None for item in call.keywords):
        return None
    parameters = [parameter.arg for parameter in (*function.args.posonlyargs, *function.args.args)]
    if parameters[:1] in (["self"], ["cls"]) and isinstance(call.func, ast.Attribute):
        parameters = parameters[1:]
    arguments = dict(zip(parameters, given, strict=False))
    arguments |= {item.arg: item.value for item in call.keywords if item.arg is not None}
    if function.args.vararg is not None:
        rest = ast.List(given[len(parameters) :], ast.Load())
        arguments[function.args.vararg.arg] = ast.copy_location(rest, call)
    return Call(function, arguments, outer, (call.lineno, call.col_offset))


class Calls:
    """The calls that are being followed, innermost last."""

    def __init__(self) -> None:
        self.current: Call | None = None

    @contextmanager
    def inside(self, call: Call | None) -> Iterator[None]:
        """Read what follows as it is inside this call, or outside of all when it is None."""
        before = self.current
        self.current = call
        try:
            yield
        finally:
            self.current = before
