"""Tiltfiles: the commands of ``local_resource`` and ``local``.

A Tiltfile is Starlark, which is written like Python. Source: the API reference of Tilt, ``local_resource`` (``cmd``,
``serve_cmd``, ``dir``, ``serve_dir``, ``env``, ``serve_env``) and ``local`` (``command``, ``dir``, ``env``): text is
for a shell, a list is the words themselves.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from flake8_celery_oom.core.facts import Argv, Command, Fact, Launch, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.sources.python_words import Words
from flake8_celery_oom.syntax import python
from flake8_celery_oom.syntax.python_names import Names

KIND = "tiltfile"
TITLE = "Tiltfiles"
NAMES = ("Tiltfile", "Tiltfile.*", "*.tiltfile")

_NAME = re.compile(r"Tiltfile(?:\.\w+)?|.*\.[Tt]iltfile")
_CALLS = {
    "local_resource": (("cmd", "dir", "env"), ("serve_cmd", "serve_dir", "serve_env")),
    "local": (("command", "dir", "env"),),
}
_POSITION = {"cmd": 1, "command": 0}


def claims(path: str, head: str) -> bool:
    """By its name."""
    return "\0" not in head and _NAME.fullmatch(posixpath.basename(path)) is not None


def read(source: SourceText) -> list[Fact]:
    """One Launch a command. What is computed by functions of Tilt is not known."""
    tree = python.parse(source)
    if tree is None:
        return []
    reader = _Reader(source, tree)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return [launch for call in calls for launch in reader.launches(call)]


class _Reader:
    def __init__(self, source: SourceText, tree: ast.Module) -> None:
        self._source = source
        self._words = Words(source, Names(tree))

    def launches(self, call: ast.Call) -> Iterator[Launch]:
        function = call.func.id if isinstance(call.func, ast.Name) else ""
        given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
        named = given.get("name", call.args[0] if call.args else None)
        for key, folder, variables in _CALLS.get(function, ()):
            place = _POSITION.get(key, len(call.args))
            node = given.get(key, call.args[place] if place < len(call.args) else None)
            command = self._command(node)
            if command is not None:
                name = self._text(named) if function == "local_resource" else None
                yield Launch(
                    KIND,
                    name or function,
                    command.at,
                    command,
                    environment=self._environment(given.get(variables)),
                    workdir=self._folder(given.get(folder)),
                )

    def _command(self, node: ast.expr | None) -> Command | None:
        if node is None:
            return None
        at = python.location(self._source, node)
        words = self._words.list_words(node) if not isinstance(node, ast.Constant) else None
        if words is not None:
            return Argv(words, at, "python")
        text = self._words.text(node)
        return ShellText(text, at) if text is not None and text.text.strip() else None

    def _environment(self, node: ast.expr | None) -> dict[str, Word]:
        items = self._words.dict_items(node) if node is not None else None
        return {name: self._words.word(value) for name, value in (items or {}).items()}

    def _text(self, node: ast.expr | None) -> str | None:
        return self._words.word(node).text if node is not None else None

    def _folder(self, node: ast.expr | None) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(self._source.path), self._text(node) or ""))
