"""Worker commands that Python programs build: lists and text given to something that runs them, calls of Celery itself.

A list that only an assertion or a docstring mentions is no command.
"""

from __future__ import annotations

import ast
import re
import sys

from flake8_celery_oom.core.facts import Argv, Fact, ShellText
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.sources.python_celery import CeleryCalls, imported_from_celery
from flake8_celery_oom.sources.python_found import KIND, Found
from flake8_celery_oom.sources.python_runners import (
    KEYWORDS,
    NOT_RUNNING,
    PROGRAM,
    RUNNERS,
    SESSION_RUNNERS,
    SHELLS,
    SPREAD,
    TEXT_COMMAND,
    called_name,
    hands_on,
    is_text,
    is_true,
    may_start_worker,
    skipped_arguments,
    starts_worker,
    text_may_start_worker,
    with_program,
)
from flake8_celery_oom.sources.python_ways import Call
from flake8_celery_oom.sources.python_words import Words, dotted
from flake8_celery_oom.syntax import python
from flake8_celery_oom.syntax.python_names import Change, Names
from flake8_celery_oom.syntax.python_nodes import walk

__all__ = ["KIND", "NAMES", "TITLE", "claims", "read"]

TITLE = "Python files"
NAMES = ("*.py", "*.pyw", "*.pyi")

MAX_BEHIND = 4
_MAY_START = re.compile(
    r"worker(?:_main|(?<=[\"'/]worker)[\"'])|Work(?:er\(|Controller)|call_command|app\.start\("
    r"|celery(?:\.(?:__main__\b|bin\b|start\()|d|(?<=[\"'/]celery)[\"']| \{|\b(?s:.{0,300}?)\bworker\b)"
    r"|\.(?:start\(\s*[\w\[*]|(?:sh|bash|py)[\s\"'])|sys\.argv(?:\[[1-9]:\]|\))"
)
"""What a program that starts a worker has somewhere. That every way begins with a letter makes the search quick."""


def claims(path: str, head: str) -> bool:
    """Whether the file is a Python program: by its name, or by its ``#!`` line."""
    first = head.split("\n", 1)[0]
    name = path.rsplit("/", 1)[-1]
    return name.endswith((".py", ".pyw", ".pyi")) or ("." not in name and first.startswith("#!") and "python" in first)


def read(source: SourceText) -> list[Fact]:
    """The commands that the program runs and that may start a Celery worker.

    Each is a ``Launch`` of kind "python". ``name`` is the entry: "worker_main", "start", "Worker" (words are those of
    a ``worker`` command with the keywords as options), "worker.run" (the same of the class of Celery 4), "main"
    (``celery.__main__.main`` with ``sys.argv``), "call_command" (words as after ``manage.py``), or "subprocess" (any
    program, as a shell or the system runs it). Several launches at one place are what it may turn out to run.
    """
    if not _MAY_START.search(source.text):
        return []
    tree = python.parse(source)
    if tree is None:
        return []
    try:
        return _Reader(source, tree).read()
    except RecursionError:
        return []


class _Reader:
    """Reads the commands that are given to something that runs them."""

    def __init__(self, source: SourceText, tree: ast.Module) -> None:
        self.source = source
        self.nodes = tuple(walk(tree))
        self.literals = [node for node in self.nodes if isinstance(node, ast.expr) and is_text(node)]
        self.names = Names(tree)
        self.words = Words(source, self.names)
        self.found = Found(source, self.words)
        self.celery = CeleryCalls(self.found, self.names, imported_from_celery(self.nodes))

    def read(self) -> list[Fact]:
        calls = [node for node in self.nodes if isinstance(node, ast.Call)]
        for call in calls:
            self.celery.read(call)
        for call in calls:
            self._runner_call(call)
        for node in self.nodes:
            if isinstance(node, (ast.List, ast.Tuple)) and node not in self.found.taken:
                self._list_elsewhere(node)
        return self.found.facts()

    def _runner_call(self, call: ast.Call) -> None:
        name = called_name(call)
        if name not in RUNNERS or self._is_own_runner(call):
            return
        arguments = call.args[skipped_arguments(name) :]
        spread = name in SPREAD or (name in SESSION_RUNNERS and len(arguments) > 1 and is_text(arguments[1]))
        given = arguments[:1] + [keyword.value for keyword in call.keywords if keyword.arg in KEYWORDS]
        for context in self.found.contexts(call):
            if spread:
                self._spread(arguments, call, context)
                continue
            for argument in given:
                self._command(argument, call, context, shell=name in SHELLS or is_true(call, "shell"))

    def _is_own_runner(self, call: ast.Call) -> bool:
        """Whether a function of the file is called that runs the command itself: it is read there."""
        function = self.names.function(call.func)
        inner = walk(function) if function is not None else ()
        return any(isinstance(node, ast.Call) and node is not call and called_name(node) in RUNNERS for node in inner)

    def _spread(self, arguments: list[ast.expr], call: ast.Call, context: Call | None) -> None:
        """``execlp("celery", "celery", "worker")``."""
        items = ast.copy_location(ast.List(arguments, ast.Load()), call)
        with self.words.inside(context):
            for words, unlikely in self.words.ways.every(lambda: self.words.list_words(items)):
                self._add_words(words or (), python.location(self.source, call), call, unlikely=unlikely)

    def _command(self, node: ast.expr, call: ast.Call, context: Call | None, *, shell: bool) -> None:
        with self.words.inside(context):
            for read, unlikely in self.words.ways.every(lambda: self._read_command(node, call, shell=shell)):
                for command, at, taken in read:
                    self.found.taken.update(taken)
                    self.found.add("subprocess", command, at, call, unlikely=unlikely)

    def _read_command(
        self, node: ast.expr, call: ast.Call, *, shell: bool
    ) -> list[tuple[Argv | ShellText, Location, set[ast.AST]]]:
        """The commands that an expression may be, each with its place and the list displays it is made of."""
        found: list[tuple[Argv | ShellText, Location, set[ast.AST]]] = []
        for expression, used, context in self._values(node):
            with self.words.inside(context):
                inner = None if self._is_added_to(expression, used) else self.words.split(expression)
                values = self._values(inner) if inner is not None else [(expression, used, context)]
                texts = [
                    (value, text) for value, _, where in values if (text := self._text_in(value, where)) is not None
                ]
                runs_shell = inner is None and (shell or not self._plain_subprocess(call))
                for value, text in texts:
                    if text_may_start_worker(text.text):
                        at = self._place_of_text(text, value)
                        found.append((ShellText(text, at, shell=runs_shell), at, self._lists_behind(expression)))
                words = None if texts else self._words_of(expression, used)
                words = with_program(words) if words is not None else None
                if words is not None and (may_start_worker(words) or hands_on(call, words)):
                    at = python.location(self.source, expression)
                    found.append((Argv(words, at, "python"), at, self._lists_behind(expression)))
        return found

    def _place_of_text(self, text: MappedText, value: ast.expr) -> Location:
        """Where a text stands; of one that is put together from several places, where the command's name does."""
        match = TEXT_COMMAND.search(text.text)
        whole = text.location()
        node = self._literal_at(text.offsets[match.end() - 1]) if match is not None else None
        if node is None:
            return whole
        outer: ast.AST = node
        while isinstance(outer, ast.expr) and isinstance(self.names.parents.get(outer), ast.BinOp):
            outer = self.names.parents[outer]
        start, end = python.span(self.source, outer) if isinstance(outer, ast.expr) else (whole.start, whole.end)
        is_plain = isinstance(value, (ast.Constant, ast.BinOp)) and start <= whole.start and whole.end <= end
        return whole if is_plain else self.source.location(start, end)

    def _literal_at(self, offset: int) -> ast.expr | None:
        """The literal text that holds an offset of the file; of nested ones the outermost."""
        for node in self.literals:
            start, end = python.span(self.source, node)
            if start <= offset < end:
                return node
        return None

    def _is_added_to(self, expression: ast.expr, used: ast.expr) -> bool:
        """Whether words are put behind a list that a name holds before it is used."""
        changes = self.names.changes_before(used.id, used) if isinstance(used, ast.Name) else None
        return bool(changes and self._added(expression, changes))

    def _text_in(self, value: ast.expr, context: Call | None) -> MappedText | None:
        with self.words.inside(context):
            text = self.words.text(value)
        return _without_folder(text) if text is not None else None

    @staticmethod
    def _plain_subprocess(call: ast.Call) -> bool:
        """Whether text is run as one program without a shell: ``subprocess.run("celery -A p worker")``."""
        return dotted(call.func).startswith("subprocess.")

    def _values(self, node: ast.expr, depth: int = 0) -> list[tuple[ast.expr, ast.expr, Call | None]]:
        """The expressions that may stand behind a name or a call at a place.

        Each with the name that is used (what is done to it afterwards counts as well) and the call in which it stands.
        """
        words = self.words
        current = words.calls.current
        inner: tuple[ast.expr, Call | None] | None = None
        if isinstance(node, ast.Call) and depth < MAX_BEHIND:
            inner = words.returned(node)
        if inner is None and isinstance(node, ast.Name) and depth < MAX_BEHIND:
            inner = words.argument(node)
        handed = self._handed_on(node) if inner is None and depth < MAX_BEHIND else None
        if handed is not None:
            return self._values(handed, depth + 1)
        if inner is not None:
            with words.inside(inner[1]):
                return self._values(inner[0], depth + 1)
        if not isinstance(node, ast.Name):
            return [(node, node, current)]
        changes = self.names.changes_before(node.id, node) or []
        found = self._set_to(node, changes)
        if any(change.kind == "extend" for change in changes) and len(found) == 1 and words.text(node) is not None:
            return [(node, node, current)]
        only = found[0] if len(found) == 1 and depth < MAX_BEHIND else None
        if isinstance(only, ast.Call) and not self._added(only, changes):
            return self._values(only, depth + 1)
        return [(value, node, current) for value in found] or [(node, node, current)]

    def _handed_on(self, node: ast.expr) -> ast.expr | None:
        """The one argument of a function of another file whose result is run: it only puts something before it."""
        if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
            return None
        module = self.names.imported_from(dotted(node.func).split(".")[0], node)
        if module is None or module.split(".")[0] in sys.stdlib_module_names:
            return None
        other = self.words.split(node) is None and self.words.text(node) is None and self.words.list_words(node) is None
        return node.args[0] if other else None

    def _set_to(self, node: ast.Name, changes: list[Change]) -> list[ast.expr]:
        """What a name was set to last on this way; all that it may be where that is not decided."""
        found: list[ast.expr] = []
        for change in changes:
            if change.kind != "set" or change.value is None:
                continue
            happens = self.words.happens(change, node.id, node)
            if happens:
                found = [change.value]
            elif happens is None:
                found.append(change.value)
        return found

    def _words_of(self, expression: ast.expr, used: ast.expr) -> tuple[Word, ...] | None:
        """The words of a list with what is added to it before it is used."""
        words = self.words.list_words(expression)
        if words is None or not isinstance(used, ast.Name) or expression is used:
            return words
        for change in self._added(expression, self.names.changes_before(used.id, used) or []):
            words = self.words.apply(words, change, used)
        return words

    @staticmethod
    def _added(expression: ast.expr, changes: list[Change]) -> list[Change]:
        """What is done to a list after it was set to ``expression``."""
        started = False
        added: list[Change] = []
        for change in changes:
            if change.kind == "set":
                started = change.value is expression
            elif started:
                added.append(change)
        return added

    def _add_words(self, words: tuple[Word, ...], at: Location, call: ast.Call | None, *, unlikely: bool) -> None:
        words = with_program(words)
        if may_start_worker(words):
            self.found.add("subprocess", Argv(words, at, "python"), at, call, unlikely=unlikely)

    def _lists_behind(self, node: ast.expr) -> set[ast.AST]:
        """The list displays that an expression is made of."""
        return self.found.lists_behind(node)

    # --- lists that are commands by their looks ---

    def _list_elsewhere(self, node: ast.List | ast.Tuple) -> None:
        """A list that starts with "celery" and names a worker, kept for something else to run."""
        if not node.elts or not isinstance(node.elts[0], ast.Constant) or not isinstance(node.elts[0].value, str):
            return
        if PROGRAM.fullmatch(node.elts[0].value) is None or len(node.elts) < 2:
            return
        for words, unlikely in self.words.ways.every(lambda: self._kept_words(node)):
            if words is not None and starts_worker(words):
                at = python.location(self.source, node)
                self.found.add("subprocess", Argv(words, at, "python"), at, None, unlikely=unlikely)

    def _kept_words(self, node: ast.List | ast.Tuple) -> tuple[Word, ...] | None:
        """The words of a list at its last use; None when nothing takes it that may run it."""
        words: tuple[Word, ...] | None = self.words.list_words(node)
        target = self._assigned_name(node)
        if target is None:
            return words if self._is_kept(node) else None
        last = self._last_use(target)
        if last is None:
            return None
        for change in self._added(node, self.names.changes_before(target.id, last) or []):
            words = self.words.apply(words, change, last)
        return words

    def _assigned_name(self, node: ast.expr) -> ast.Name | None:
        parent = self.names.parents.get(node)
        if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Name):
            return parent.targets[0]
        if isinstance(parent, ast.AnnAssign) and isinstance(parent.target, ast.Name):
            return parent.target
        return None

    def _last_use(self, target: ast.Name) -> ast.Name | None:
        """The last place that takes the name for something other than a comparison."""
        scope = self.names.scope_of(target)
        uses = [
            node
            for node in ast.walk(scope.node)
            if isinstance(node, ast.Name) and node.id == target.id and isinstance(node.ctx, ast.Load)
        ]
        real = [use for use in uses if self._is_kept(use) and not self._is_receiver(use)]
        if not real and scope is self.names.module:
            return target if not uses else None
        return max(real, key=lambda use: (use.lineno, use.col_offset)) if real else None

    def _is_receiver(self, use: ast.Name) -> bool:
        """Whether a name only stands before ``.append`` or ``.extend``."""
        parent = self.names.parents.get(use)
        return isinstance(parent, ast.Attribute) and parent.attr in {"append", "extend", "insert"}

    def _is_kept(self, node: ast.expr) -> bool:
        """Whether a value goes somewhere that may run it: not into a comparison, an assertion or a decorator."""
        below: ast.AST = node
        for above in self.names.above(node):
            if isinstance(above, (ast.Assert, ast.Compare)):
                return False
            if isinstance(above, ast.Call) and below is not above.func and NOT_RUNNING.search(called_name(above)):
                return False
            if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                return below not in above.decorator_list
            if isinstance(above, ast.stmt):
                return not isinstance(above, ast.Expr) or isinstance(above.value, (ast.Call, ast.Await, ast.Yield))
            below = above
        return True


def _without_folder(text: MappedText) -> MappedText:
    """A command without the computed folder before its program: ``{BIN}/celery worker`` is ``celery worker``."""
    hole = text.holes[0] if text.holes and text.holes[0].start == 0 and text.holes[0].hole.path is None else None
    if hole is None or hole.hole.several or not text.text.startswith("/celery", hole.end):
        return text
    return text[hole.end + 1 :]
