"""What was found in one Python file: launches, each at its place, and what the ways through the program make of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_celery_oom.core.facts import Argv, Command, Fact, Launch
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.sources.python_rounds import Rounds
from flake8_celery_oom.sources.python_ways import Call, bound
from flake8_celery_oom.sources.python_words import Words

KIND = "python"
_MOST_CALLERS = 8
_MOST_LEVELS = 2


class Found:
    """The launches of one file. What one call of the program may run stands together at its place."""

    def __init__(self, source: SourceText, words: Words) -> None:
        self.source = source
        self.words = words
        self.names = words.names
        self.rounds = Rounds(words.names)
        self.taken: set[ast.AST] = set()
        """List displays that belong to a command already."""
        self._launches: dict[Location, list[Launch]] = {}
        self._owners: dict[Location, ast.AST | None] = {}

    def facts(self) -> list[Fact]:
        """All launches in the order of the file."""
        return [launch for at in sorted(self._launches) for launch in self._launches[at]]

    def add(self, name: str, command: Command, at: Location, call: ast.Call | None, *, unlikely: bool = False) -> None:
        """Keep one launch; where another call was found to run the same program at this place, that one stays.

        ``pkill -f "{command}"`` is another program than ``command``, though most of its words stand there.
        """
        held = self._launches.setdefault(at, [])
        made = Launch(KIND, name, at, command, workdir=self._workdir(call), unlikely=unlikely)
        is_other_call = self._owners.setdefault(at, call) is not call
        if is_other_call and any(_program(made) == _program(other) for other in held):
            return
        if all(_shown(made) != _shown(other) for other in held):
            held.append(made)

    def contexts(self, call: ast.expr, depth: int = 0) -> Iterator[Call | None]:
        """The calls of the function that ``call`` stands in, as the file makes them; one None when it makes none.

        In a loop over a list that is written out, each round counts by itself.
        """
        for outer in self._callers(call, depth):
            yield from self.rounds.around(call, outer)

    def _callers(self, call: ast.expr, depth: int) -> Iterator[Call | None]:
        function = self.words.names.scope_of(call).node
        if depth > _MOST_LEVELS or not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield None
            return
        callers = self.names.calls_of(function)
        if not callers or not any(argument.arg not in {"self", "cls"} for argument in _parameters(function)):
            yield None
            return
        for caller in callers[:_MOST_CALLERS]:
            for outer in self.contexts(caller, depth + 1):
                yield bound(function, caller, outer)

    def lists_behind(self, node: ast.expr) -> set[ast.AST]:
        """The list displays that an expression is made of, those behind its names as well."""
        found: set[ast.AST] = set()
        seen: set[ast.AST] = set()
        waiting: list[ast.expr] = [node]
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            for inner in ast.walk(current):
                if isinstance(inner, (ast.List, ast.Tuple)):
                    found.add(inner)
                elif isinstance(inner, ast.Name):
                    changes = self.names.changes_before(inner.id, inner) or ()
                    waiting += [change.value for change in changes if change.value is not None]
        return found

    @staticmethod
    def _workdir(call: ast.Call | None) -> str | None:
        """``cwd="folder"`` of a runner, when it is written out and stays inside the project."""
        for keyword in call.keywords if call is not None else ():
            if keyword.arg == "cwd" and isinstance(keyword.value, ast.Constant):
                folder = keyword.value.value
                return folder if isinstance(folder, str) and not folder.startswith(("/", "..", "~")) else None
        return None


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    declared = function.args
    variadic = [argument for argument in (declared.vararg, declared.kwarg) if argument is not None]
    return [*declared.posonlyargs, *declared.args, *declared.kwonlyargs, *variadic]


def _shown(launch: Launch) -> tuple[object, ...]:
    """What tells two launches of one place apart."""
    command = launch.command
    if isinstance(command, Argv):
        return launch.name, tuple(_parts(word) for word in command.words)
    return launch.name, _parts(Word.of(command.text)) if command is not None else ()


def _program(launch: Launch) -> str:
    """The first word of a command."""
    command = launch.command
    if isinstance(command, Argv):
        return command.words[0].shown if command.words else ""
    return command.text.text.partition(" ")[0] if command is not None else ""


def _parts(word: Word) -> tuple[object, ...]:
    return tuple(part if isinstance(part, str) else (part.source, part.default, part.perhaps) for part in word.parts)
