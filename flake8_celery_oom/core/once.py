"""Answers about a whole project that rules ask for again with every worker: worked out once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def once(latest: int = 1) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator: what a function gave for the ``latest`` arguments is not worked out again.

    Arguments are told apart by identity, since to compare two projects costs as much as to resolve one. They must not
    change, are given by position, and stay alive as long as their result is remembered.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        held: OrderedDict[tuple[int, ...], tuple[object, R]] = OrderedDict()

        @wraps(function)
        def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
            key = tuple(map(id, args))
            found = held.get(key)
            if found is not None:
                return found[1]
            result = function(*args, **kwargs)
            held[key] = (args, result)
            while len(held) > latest:
                held.popitem(last=False)
            return result

        return remembered

    return decorate
