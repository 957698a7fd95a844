"""``sys.argv`` as a program changes it before it hands it to Celery."""

from __future__ import annotations

import ast
import posixpath
from dataclasses import dataclass

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.sources.python_words import Words, dotted
from flake8_celery_oom.syntax.python_names import Names

_METHODS = frozenset({"append", "extend", "insert", "pop", "remove", "clear"})


@dataclass(frozen=True, slots=True)
class Given:
    """What stands in ``sys.argv``: its words, the program first, and all lists that were assigned to it."""

    words: tuple[Word, ...]
    at: Location
    written: tuple[ast.expr, ...]


class ProgramArguments:
    """Reads what one file makes of ``sys.argv``."""

    def __init__(self, words: Words, names: Names) -> None:
        self._words = words
        self._names = names

    def before(self, call: ast.Call) -> Given | None:
        """``sys.argv`` at a call; None where the function does nothing to it.

        What the program was called with is one word that may be several.
        """
        at = self._words.at(call)
        changes = [node for node in ast.walk(self._names.scope_of(call).node) if self._changes(node, call)]
        if not changes:
            return None
        held: tuple[Word, ...] | None = self._given(at)
        written: list[ast.expr] = []
        for node in sorted(changes, key=lambda one: (getattr(one, "lineno", 0), getattr(one, "col_offset", 0))):
            held = self._changed(held, node) if held is not None else self._reset(node)
            if isinstance(node, ast.Assign) and any(_is_whole(target) for target in node.targets):
                written.append(node.value)
        words = held if held is not None else (_open("sys.argv[0]", at), _open("...", at, several=True))
        return Given(words, self._words.at(written[-1]) if written else at, tuple(written))

    def _given(self, at: Location) -> tuple[Word, ...]:
        """What ``sys.argv`` holds when a program starts; a management command is called by ``manage.py``."""
        folder, name = posixpath.split(self._words.source.path)
        if not folder.endswith("management/commands"):
            return (_open("sys.argv[0]", at), _open("sys.argv[1:]", at, several=True))
        rest = _open("sys.argv[2:]", at, several=True)
        return (literal("manage.py", at), literal(name.removesuffix(".py"), at), rest)

    @staticmethod
    def _changes(node: ast.AST, call: ast.Call) -> bool:
        if getattr(node, "lineno", call.lineno + 1) > call.lineno:
            return False
        if isinstance(node, ast.Assign):
            return any(_of_argv(target) for target in node.targets)
        if isinstance(node, ast.Delete):
            return any(_of_argv(target) for target in node.targets)
        if isinstance(node, ast.AugAssign):
            return dotted(node.target) == "sys.argv"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return node.func.attr in _METHODS and dotted(node.func.value) == "sys.argv"
        return False

    def _reset(self, node: ast.AST) -> tuple[Word, ...] | None:
        """A new list in place of one that was not known."""
        whole = isinstance(node, ast.Assign) and any(_is_whole(target) for target in node.targets)
        return self._list(node.value) if whole and isinstance(node, ast.Assign) else None

    def _changed(self, held: tuple[Word, ...], node: ast.AST) -> tuple[Word, ...] | None:
        if isinstance(node, ast.Assign):
            return self._assigned(held, node)
        if isinstance(node, ast.Delete) and len(node.targets) == 1:
            target = node.targets[0]
            return _cut(held, target.slice, ()) if isinstance(target, ast.Subscript) else None
        if isinstance(node, ast.AugAssign):
            more = self._list(node.value)
            return (*held, *more) if more is not None else None
        return self._called(held, node) if isinstance(node, ast.Call) else None

    def _assigned(self, held: tuple[Word, ...], node: ast.Assign) -> tuple[Word, ...] | None:
        if any(_is_whole(target) for target in node.targets):
            value = node.value
            cut = value.slice if isinstance(value, ast.Subscript) and dotted(value.value) == "sys.argv" else None
            if isinstance(cut, ast.Slice) and cut.upper is None and cut.step is None:
                return _cut(held, ast.Slice(None, cut.lower, None), ()) if cut.lower is not None else held
            return self._list(value)
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Subscript):
            return None
        more = self._list(node.value) if isinstance(target.slice, ast.Slice) else (self._words.word(node.value),)
        return _cut(held, target.slice, more) if more is not None else None

    def _called(self, held: tuple[Word, ...], node: ast.Call) -> tuple[Word, ...] | None:
        assert isinstance(node.func, ast.Attribute)
        name, given = node.func.attr, node.args
        if name == "append" and len(given) == 1:
            return (*held, self._words.word(given[0]))
        if name == "extend" and len(given) == 1:
            more = self._list(given[0])
            return (*held, *more) if more is not None else None
        if name == "insert" and len(given) == 2:
            place = _number(given[0])
            if place is None or _open_before(held, place):
                return None
            return (*held[:place], self._words.word(given[1]), *held[place:])
        if name == "pop" and len(given) == 1:
            return _cut(held, given[0], ())
        if name == "remove" and len(given) == 1:
            return _without(held, self._words.word(given[0]).text)
        return None

    def _list(self, node: ast.expr) -> tuple[Word, ...] | None:
        return self._words.list_words(node)


def _open(shown: str, at: Location, *, several: bool = False) -> Word:
    return Word((Hole(shown, at=at, several=several),), at)


def _of_argv(target: ast.expr) -> bool:
    return dotted(target.value if isinstance(target, ast.Subscript) else target) == "sys.argv"


def _is_whole(target: ast.expr) -> bool:
    cut = target.slice if isinstance(target, ast.Subscript) else None
    whole = cut is None or (isinstance(cut, ast.Slice) and cut.lower is None and cut.upper is None)
    return whole and _of_argv(target)


def _number(node: ast.expr | None) -> int | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, int) and value >= 0 else None


def _open_before(held: tuple[Word, ...], place: int) -> bool:
    """Whether a word that may be several stands before a place, so that nobody knows what is there."""
    return len(held) < place or any(word.several for word in held[:place])


def _cut(held: tuple[Word, ...], cut: ast.expr, more: tuple[Word, ...]) -> tuple[Word, ...] | None:
    """The list with other words in place of those of an index or a slice."""
    if isinstance(cut, ast.Slice):
        start = 0 if cut.lower is None else _number(cut.lower)
        end = len(held) if cut.upper is None else _number(cut.upper)
        if cut.step is not None:
            return None
    else:
        start = _number(cut)
        end = start + 1 if start is not None else None
    if start is None or end is None or _open_before(held, start):
        return None
    if any(word.several for word in held[start:end]) and not (isinstance(cut, ast.Slice) and cut.upper is None):
        return None
    return (*held[:start], *more, *held[max(start, end) :])


def _without(held: tuple[Word, ...], text: str | None) -> tuple[Word, ...] | None:
    """The list without the first word of this text."""
    for index, word in enumerate(held):
        if text is None or word.text is None:
            return None
        if word.text == text:
            return (*held[:index], *held[index + 1 :])
    return None
