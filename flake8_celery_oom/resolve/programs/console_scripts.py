"""Programs of the project's own that are written in Python: console scripts, commands of Click, Typer and argparse.

``shop jobs start`` runs the function behind ``[project.scripts] shop``; where that is a group of Click or a Typer
application, or hands its arguments to a parser with sub-parsers, the words ``jobs start`` say which command of it. A
command is looked for in the package of the program, so that groups put together by hand (by the names of files, from a
list of paths) are followed as well.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.invocation import Invocation
from flake8_celery_oom.resolve.programs.reachable_functions import Function, Spans, functions_of, reached
from flake8_celery_oom.resolve.programs.wrappers import program_name
from flake8_celery_oom.syntax import python

_MOST_FILES = 300
_SUFFIX = re.compile(r"_(?:command|cmd|group|grp)\Z")
_DECLARES = re.compile(r"command|\.add_parser\(")
_LIBRARIES = frozenset({"click", "typer", "rich_click"})
_MORE_COMMANDS = re.compile(r"\.(?:add_typer|callback)\(")
_MAKES_GROUPS = re.compile(r"(?:\A|\.)(?:Typer|Group|MultiCommand|CommandCollection)\Z")


@dataclass(frozen=True, slots=True)
class _Command:
    """A command that a file declares: its name, its function, and the names of the group it belongs to."""

    path: str
    name: str
    function: str
    groups: frozenset[str]
    of_a_group: bool
    """Whether it is picked by a word; ``@click.command()`` alone is the whole program."""


class PythonPrograms:
    """The programs of one project. What is read of a file is remembered, since many places run the same program."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._commands: dict[str, list[_Command]] = {}
        self._reached: dict[tuple[str, str], list[tuple[str, Spans]]] = {}

    def of_console_script(self, invocation: Invocation) -> list[tuple[str, Spans]] | None:
        """The stretches of the files that a console script of the project runs; None when the program is none."""
        points = self.facts.console_scripts.get(program_name(invocation.words[0]), [])
        if len(points) != 1:
            return None
        (point,) = points
        found = self.facts.modules.find(point.module, point.folder, posixpath.join(point.folder, "pyproject.toml"))
        path = found if isinstance(found, str) else None
        source = self.facts.read(path) if path is not None else None
        tree = python.parse(source) if source is not None else None
        if path is None or tree is None:
            return None
        if not _dispatches(tree, point.function):
            return self._reach(path, point.function)
        above, top, _ = f"/{path}".partition(f"/{point.module.partition('.')[0]}/")
        return self._selected(self._files(f"{above}{top}".strip("/"), path), invocation.words[1:])

    def of_file(self, path: str, arguments: tuple[Word, ...]) -> list[tuple[str, Spans]] | None:
        """The same for a file that is run itself; None when it declares no commands, so that all of it may run."""
        if not arguments or not any(command.of_a_group for command in self._commands_of(path)):
            return None
        return self._selected([path], arguments)

    def _files(self, package: str, entry: str) -> list[str]:
        """The files of a package that may declare a command that starts a worker; the program's own file first."""
        speaking = {launch.at.path for launch in self.facts.launches if launch.kind == "python"}
        inside = sorted(path for path in speaking if path.startswith(f"{package}/"))
        beside = [path for path in self.facts.files_in(posixpath.dirname(entry)) if path.endswith(".py")]
        return list(dict.fromkeys([entry, *inside, *beside]))[:_MOST_FILES]

    def _selected(self, files: list[str], arguments: tuple[Word, ...]) -> list[tuple[str, Spans]]:
        """What the command that the arguments name reaches; nothing when they name none, or several fit."""
        verbs = [word.text for word in arguments if word.text is None or not word.text.startswith("-")]
        known = [verb for verb in verbs if verb is not None]
        own = self._commands_of(files[0])
        if len(own) == 1 and self._takes_no_verb(files[0]):
            return self._reach(files[0], own[0].function)
        commands = [command for path in files for command in self._commands_of(path)]
        all_groups: set[str] = set().union(*(one.groups for one in commands))
        for position, verb in enumerate(known[:4]):
            fitting = [command for command in commands if command.name == verb]
            before = set(known[:position])
            closer = [command for command in fitting if before & command.groups]
            chosen = closer or ([] if before & all_groups else fitting)
            if len(chosen) == 1:
                return self._reach(chosen[0].path, chosen[0].function)
        return []

    def _takes_no_verb(self, path: str) -> bool:
        """Whether the only command of a Typer application is the whole program: nothing else is put into it."""
        source = self.facts.read(path)
        return source is not None and "Typer(" in source.text and not _MORE_COMMANDS.search(source.text)

    def _reach(self, path: str, function: str) -> list[tuple[str, Spans]]:
        if (path, function) not in self._reached:
            self._reached[path, function] = reached(self.facts, path, [function])
        return self._reached[path, function]

    def _commands_of(self, path: str) -> list[_Command]:
        if path not in self._commands:
            source = self.facts.read(path)
            tree = python.parse(source) if source is not None and _DECLARES.search(source.text) else None
            self._commands[path] = list(_commands(path, tree)) if tree is not None else []
        return self._commands[path]


def _dispatches(tree: ast.Module, function: str) -> bool:
    """Whether a function only hands on to commands: it is a group, calls one, or the name is an application."""
    own = functions_of(tree).get(function)
    groups = set(_groups(tree))
    if own is None or function in groups:
        return True
    return any(isinstance(node, ast.Name) and node.id in groups for node in ast.walk(own)) or any(_sub_parsers(tree))


def _groups(tree: ast.Module) -> Iterator[str]:
    """The names that stand for a group of commands in a file."""
    for name, function in functions_of(tree).items():
        if any(_is_group(decorator) for decorator in function.decorator_list):
            yield name
    for node in tree.body:
        made = node.value if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) else None
        if isinstance(node, ast.Assign) and made is not None and _MAKES_GROUPS.search(ast.unparse(made.func)):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _is_group(decorator: ast.expr) -> bool:
    call = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(call, ast.Attribute) and call.attr == "group":
        return True
    return isinstance(decorator, ast.Call) and any(keyword.arg == "cls" for keyword in decorator.keywords)


def _commands(path: str, tree: ast.Module) -> Iterator[_Command]:
    """The commands that a file declares with ``@group.command()``, or as sub-parsers of argparse."""
    functions = functions_of(tree)
    for verb, handler in _sub_parsers(tree):
        if handler in functions:
            yield _Command(path, verb, handler, frozenset(), of_a_group=True)
    stem = posixpath.splitext(posixpath.basename(path))[0]
    named = {name: _group_names(name, functions.get(name)) for name in _groups(tree)}
    for function in functions.values():
        for decorator in function.decorator_list:
            call = decorator.func if isinstance(decorator, ast.Call) else decorator
            if not isinstance(call, ast.Attribute) or call.attr != "command":
                continue
            owner = call.value.id if isinstance(call.value, ast.Name) else ""
            groups = frozenset({stem, owner, *named.get(owner, ())}) - {""}
            name = _name(function, decorator)
            yield _Command(path, name, function.name, groups, of_a_group=owner not in _LIBRARIES)


def _sub_parsers(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """``(verb, function)`` for ``p = commands.add_parser("verb")`` and ``p.set_defaults(handler=function)``."""
    verbs: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _method(node.value) == "add_parser":
            assert isinstance(node.value, ast.Call)
            given = node.value.args[0] if node.value.args else None
            if isinstance(given, ast.Constant) and isinstance(node.targets[0], ast.Name):
                verbs[node.targets[0].id] = str(given.value)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _method(node) != "set_defaults":
            continue
        assert isinstance(node.func, ast.Attribute)
        verb = verbs.get(node.func.value.id) if isinstance(node.func.value, ast.Name) else None
        handlers = [keyword.value.id for keyword in node.keywords if isinstance(keyword.value, ast.Name)]
        if verb is not None and len(handlers) == 1:
            yield verb, handlers[0]


def _method(node: ast.expr) -> str:
    """The name of the method that an expression calls; empty when it calls none."""
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""


def _group_names(name: str, function: Function | None) -> set[str]:
    found = {name, name.replace("_", "-")}
    for decorator in function.decorator_list if function is not None else ():
        if _is_group(decorator):
            found.add(_given_name(decorator) or name)
    return found


def _name(function: Function, decorator: ast.expr) -> str:
    """A command's name as Click makes it of the function's: dashes, and without ``_command`` at its end."""
    return _given_name(decorator) or _SUFFIX.sub("", function.name).replace("_", "-").lower()


def _given_name(decorator: ast.expr) -> str | None:
    if not isinstance(decorator, ast.Call):
        return None
    given = [*decorator.args[:1], *(keyword.value for keyword in decorator.keywords if keyword.arg == "name")]
    for value in given:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    return None
