"""Worker commands that Python programs build: lists and text given to something that runs them, calls of Celery itself.

A list that only an assertion or a docstring mentions is no command.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from flake8_celery_oom.core.facts import Argv, Command, Fact, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.sources.python_words import Words, dotted
from flake8_celery_oom.syntax import python
from flake8_celery_oom.syntax.python_names import Change, Names

KIND = "python"
TITLE = "Python files"
NAMES = ("*.py", "*.pyw", "*.pyi")

_PROGRAM = re.compile(r"(?:\S*/)?celery(?:d|-multi|d-multi)?")
_TEXT_COMMAND = re.compile(r"(?:^|[\s;&|'\"/=(])celeryd?(?=\s|$)")
_STARTS = frozenset({"worker", "multi", "celeryd"})
_NOT_RUNNING = re.compile(
    r"assert|called|raises|parametrize|print|patch|setattr|setenv|format|debug|info|warn|error", re.IGNORECASE
)
"""Names of functions that only look at what they are given, or show it."""
_APP_NAME = re.compile(r"celery|^c?app$|_app$", re.IGNORECASE)

_RUNNERS = frozenset(
    {
        "Popen",
        "bash",
        "call",
        "check_call",
        "check_output",
        "create_subprocess_exec",
        "create_subprocess_shell",
        "exec_command",
        "execute",
        "execl",
        "execle",
        "execlp",
        "execlpe",
        "execute_from_command_line",
        "execv",
        "execve",
        "execvp",
        "execvpe",
        "getoutput",
        "getstatusoutput",
        "local",
        "popen",
        "run",
        "run_cmd",
        "run_command",
        "run_always",
        "run_process",
        "run_shell",
        "shell",
        "spawn",
        "spawnl",
        "spawnlp",
        "spawnv",
        "spawnve",
        "spawnvp",
        "spawnvpe",
        "sudo",
        "system",
    }
)
_SPREAD = frozenset({"execl", "execlp", "execle", "execlpe", "spawnl", "spawnlp", "create_subprocess_exec"})
"""Runners that take the words as arguments of their own."""
_SESSION_RUNNERS = frozenset({"run", "run_always"})
"""The same of a session of nox: ``session.run("celery", "-A", "proj", "worker")``."""
_WITH_PROGRAM = frozenset({"execl", "execlp", "execle", "execlpe", "execv", "execve", "execvp", "execvpe"})
"""Runners whose first argument is the file to run, before the words."""
_WITH_MODE = frozenset({"spawnl", "spawnlp", "spawnv", "spawnve", "spawnvp", "spawnvpe"})
"""Runners that take a mode, then the file to run, before the words."""
_SHELLS = frozenset({"system", "popen", "create_subprocess_shell", "getoutput", "getstatusoutput", "local", "sudo"})
_MAY_START = re.compile(
    r"worker_main|\bWorker\(|WorkController|celery\.(?:__main__|bin)\b|celeryd|call_command|\.start\(\s*[\w\[*]"
    r"|(?:celery|app)\.start\(|[\"'/](?:celery|worker)[\"']|celery\b(?s:.{0,300}?)\bworker\b|celery \{"
)
"""What a program that starts a worker has somewhere; telling the others apart costs one search."""
_KEYWORDS = ("args", "argv", "cmd", "command", "target")

_WORKER_OPTIONS = {
    "autoscale": "--autoscale",
    "concurrency": "--concurrency",
    "hostname": "--hostname",
    "loglevel": "--loglevel",
    "max_memory_per_child": "--max-memory-per-child",
    "max_tasks_per_child": "--max-tasks-per-child",
    "optimization": "--optimization",
    "pool": "--pool",
    "pool_cls": "--pool",
    "prefetch_multiplier": "--prefetch-multiplier",
    "queues": "--queues",
    "soft_time_limit": "--soft-time-limit",
    "time_limit": "--time-limit",
}


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
    program, as a shell or the system runs it).
    """
    if "elery" not in source.text or not _MAY_START.search(source.text):
        return []
    tree = python.parse(source)
    if tree is None:
        return []
    try:
        return _Reader(source, tree).read()
    except RecursionError:
        return []


class _Reader:
    def __init__(self, source: SourceText, tree: ast.Module) -> None:
        self.source = source
        self.nodes = tuple(ast.walk(tree))
        self.names = Names(tree)
        self.words = Words(source, self.names)
        self.found: dict[Location, Launch] = {}
        self.taken: set[ast.AST] = set()
        self.imported = _imported_from_celery(self.nodes)

    def read(self) -> list[Fact]:
        calls = [node for node in self.nodes if isinstance(node, ast.Call)]
        for call in calls:
            self._celery_call(call)
        for call in calls:
            self._runner_call(call)
        for node in self.nodes:
            if isinstance(node, (ast.List, ast.Tuple)) and node not in self.taken:
                self._list_elsewhere(node)
        facts: list[Fact] = [self.found[at] for at in sorted(self.found)]
        return facts

    def _add(self, name: str, command: Command, at: Location, call: ast.Call | None = None) -> None:
        if at not in self.found:
            self.found[at] = Launch(KIND, name, at, command, workdir=self._workdir(call))

    def _workdir(self, call: ast.Call | None) -> str | None:
        """``cwd="folder"`` of a runner, when it is written out and stays inside the project."""
        for keyword in call.keywords if call is not None else ():
            if keyword.arg == "cwd" and isinstance(keyword.value, ast.Constant):
                folder = keyword.value.value
                return folder if isinstance(folder, str) and not folder.startswith(("/", "..", "~")) else None
        return None

    # --- calls of Celery itself ---

    def _celery_call(self, call: ast.Call) -> None:
        name = dotted(call.func)
        attribute = call.func.attr if isinstance(call.func, ast.Attribute) else name
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        if attribute == "worker_main" and receiver is not None:
            self._entry(call, "worker_main", self._argument(call))
        elif attribute in {"start", "execute_from_commandline"} and receiver is not None:
            if self._is_app(receiver, call, strict=attribute == "start"):
                self._entry(call, "start", self._argument(call))
        elif self._makes_worker(name, attribute, receiver, call):
            self._worker(call)
        elif attribute == "call_command" and call.args:
            self._management_command(call)
        elif self.imported.get(name, "") in {"celery.__main__.main", "celery.bin.celery.main"}:
            self._main(call)

    def _makes_worker(self, name: str, attribute: str, receiver: ast.expr | None, call: ast.Call) -> bool:
        if self.imported.get(name, "").endswith((".WorkController", ".Worker")):
            return True
        if receiver is None:
            return False
        if attribute == "Worker":
            return not call.args and self._is_app(receiver, call, strict=True)
        return attribute == "run" and self._is_worker_command(receiver)

    @staticmethod
    def _argument(call: ast.Call) -> ast.expr | None:
        if call.args:
            return call.args[0]
        return next((keyword.value for keyword in call.keywords if keyword.arg == "argv"), None)

    def _is_app(self, receiver: ast.expr, call: ast.Call, *, strict: bool) -> bool:
        """Whether the receiver of a method is a Celery application, as far as its name and the file tell."""
        argument = self._argument(call)
        words = self.words.list_words(argument) if argument is not None else None
        if words is not None and any(word.text in _STARTS for word in words):
            return True
        if not strict:
            return bool(self.imported) or "celery" in dotted(receiver).lower()
        name = dotted(receiver).rsplit(".", 1)[-1]
        if isinstance(receiver, ast.Name):
            value = self.names.constant(receiver.id, receiver)
            if isinstance(value, ast.Call):
                return "Celery" in dotted(value.func)
        if "celery" in name.lower():
            return True
        return bool(self.imported) and _APP_NAME.search(name) is not None

    def _entry(self, call: ast.Call, entry: str, argument: ast.expr | None) -> None:
        at = python.location(self.source, call)
        words: tuple[Word, ...] | None
        if argument is None or (isinstance(argument, ast.Constant) and argument.value is None):
            words = (self._forwarded(at),)
        else:
            words = self.words.list_words(argument)
            self.taken.update(self._lists_behind(argument))
            if words is None:
                words = (self._several(argument),)
        where = python.location(self.source, argument) if argument is not None else at
        self._add(entry, Argv(words, where, "python"), at)

    def _several(self, node: ast.expr) -> Word:
        at = python.location(self.source, node)
        return Word((Hole(python.code(self.source, node), at=at, several=True),), at)

    @staticmethod
    def _forwarded(at: Location) -> Word:
        return Word((Hole("sys.argv[1:]", at=at, several=True),), at)

    def _is_worker_command(self, receiver: ast.expr) -> bool:
        """``worker.worker(app=app)`` of ``celery.bin``, or a name for it (Celery 4)."""
        if isinstance(receiver, ast.Name):
            value = self.names.constant(receiver.id, receiver)
            return isinstance(value, ast.Call) and self._is_worker_command(value)
        if not isinstance(receiver, ast.Call):
            return False
        name = dotted(receiver.func)
        top = self.imported.get(name.split(".")[0], "")
        return top.startswith("celery.bin") and name.rsplit(".", 1)[-1] == "worker"

    def _worker(self, call: ast.Call) -> None:
        """``app.Worker(concurrency=3)`` as the words of a worker command."""
        at = python.location(self.source, call)
        words: list[Word] = [literal("worker", at)]
        for keyword in call.keywords:
            place = python.location(self.source, keyword)
            if keyword.arg is None:
                words.append(self._several(keyword.value))
            elif isinstance(keyword.value, ast.Constant) and keyword.value.value is None:
                continue
            elif keyword.arg in _WORKER_OPTIONS:
                value = self._option_value(keyword.value)
                words.append(Word((f"{_WORKER_OPTIONS[keyword.arg]}=", *value.parts), place))
            elif keyword.arg == "beat" and isinstance(keyword.value, ast.Constant) and keyword.value.value:
                words.append(literal("--beat", place))
        of_class = isinstance(call.func, ast.Attribute) and call.func.attr == "run"
        self._add("worker.run" if of_class else "Worker", Argv(tuple(words), at, "python"), at)

    def _option_value(self, node: ast.expr) -> Word:
        if not isinstance(node, (ast.Tuple, ast.List)):
            return self.words.word(node)
        parts: list[str] = []
        for item in node.elts:
            text = self.words.word(item).text
            if text is None:
                return self.words.word(node)
            parts.append(text)
        return literal(",".join(parts), python.location(self.source, node))

    def _management_command(self, call: ast.Call) -> None:
        """``call_command("celery", "worker", concurrency=2)`` of Django."""
        first = self.words.word(call.args[0])
        if first.text not in {"celery", "celeryd", "celeryd_multi"}:
            return
        words = [word for argument in call.args for word in self.words.list_words(_as_list(argument)) or ()]
        for keyword in call.keywords:
            if keyword.arg is None:
                words.append(self._several(keyword.value))
            elif keyword.arg not in {"stdout", "stderr", "verbosity", "using"}:
                value = self.words.word(keyword.value)
                place = python.location(self.source, keyword)
                words.append(Word((f"--{keyword.arg.replace('_', '-')}=", *value.parts), place))
        at = python.location(self.source, call)
        self._add("call_command", Argv(tuple(words), at, "python"), at)

    def _main(self, call: ast.Call) -> None:
        """``main()`` of Celery, with the ``sys.argv`` that the program sets before it."""
        argument = self._argument(call)
        at = python.location(self.source, call)
        if argument is not None:
            words = self.words.list_words(argument)
            self.taken.update(self._lists_behind(argument))
            self._add("main", Argv(words or (self._several(argument),), at, "python"), at)
            return
        value = self._argv_set_before(call)
        words = self.words.list_words(value) if value is not None else (self._forwarded(at),)
        if value is not None:
            self.taken.update(self._lists_behind(value))
        if words is not None:
            place = python.location(self.source, value) if value is not None else at
            self._add("main", Argv((literal("celery", place), *words[1:]) if value else words, place, "python"), place)

    def _argv_set_before(self, call: ast.Call) -> ast.expr | None:
        """The last ``sys.argv = [...]`` or ``sys.argv[:] = [...]`` before a call, in the same scope."""
        scope = self.names.scope_of(call)
        best: ast.expr | None = None
        for node in ast.walk(scope.node):
            if not isinstance(node, ast.Assign) or node.lineno > call.lineno:
                continue
            for target in node.targets:
                inner = target.value if isinstance(target, ast.Subscript) else target
                whole = not isinstance(target, ast.Subscript) or isinstance(target.slice, ast.Slice)
                if dotted(inner) == "sys.argv" and whole:
                    best = node.value
        return best

    # --- commands given to something that runs them ---

    def _runner_call(self, call: ast.Call) -> None:
        name = dotted(call.func)
        attribute = call.func.attr if isinstance(call.func, ast.Attribute) else name.rsplit(".", 1)[-1]
        if attribute not in _RUNNERS:
            return
        skipped = 2 if attribute in _WITH_MODE else 1 if attribute in _WITH_PROGRAM else 0
        arguments = call.args[skipped:]
        if attribute in _SPREAD or (attribute in _SESSION_RUNNERS and len(arguments) > 1 and _is_text(arguments[1])):
            words = tuple(word for argument in arguments for word in self.words.list_words(_as_list(argument)) or ())
            self._add_words(words, python.location(self.source, call), call)
            return
        given = arguments[:1] + [keyword.value for keyword in call.keywords if keyword.arg in _KEYWORDS]
        for argument in given:
            self._command(argument, call, shell=attribute in _SHELLS or _is_true(call, "shell"))

    def _command(self, node: ast.expr, call: ast.Call, *, shell: bool) -> None:
        for expression in self._values(node):
            inner = self.words.split(expression)
            values = self._values(inner) if inner is not None else [expression]
            texts = [text for value in values if (text := self.words.text(value)) is not None]
            if texts:
                runs_shell = inner is None and (shell or not self._plain_subprocess(call))
                self._texts(texts, expression, call, shell=runs_shell)
                continue
            words = self._words_of(expression, node)
            if words is not None and self._add_words(words, python.location(self.source, expression), call):
                self.taken.update(self._lists_behind(expression))

    def _texts(self, texts: list[MappedText], expression: ast.expr, call: ast.Call, *, shell: bool) -> None:
        """The texts that an expression may be, each a command."""
        for text in texts:
            if _TEXT_COMMAND.search(text.text):
                self.taken.update(self._lists_behind(expression))
                self._add("subprocess", ShellText(text, text.location(), shell=shell), text.location(), call)

    @staticmethod
    def _plain_subprocess(call: ast.Call) -> bool:
        """Whether text is run as one program without a shell: ``subprocess.run("celery -A p worker")``."""
        return dotted(call.func).startswith("subprocess.")

    def _values(self, node: ast.expr) -> list[ast.expr]:
        """The expressions that may stand behind a name at a place; the expression itself when it is no name."""
        if not isinstance(node, ast.Name):
            return [node]
        changes = self.names.changes_before(node.id, node)
        found = [change.value for change in changes or () if change.kind == "set" and change.value is not None]
        return found or [node]

    def _words_of(self, expression: ast.expr, used: ast.expr) -> tuple[Word, ...] | None:
        """The words of a list with what is added to it before it is used."""
        words = self.words.list_words(expression)
        if words is None or not isinstance(used, ast.Name) or expression is used:
            return words
        for change in self._added(expression, self.names.changes_before(used.id, used) or []):
            words = self.words.apply(words, change)
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

    def _add_words(self, words: tuple[Word, ...], at: Location, call: ast.Call | None) -> bool:
        if not _may_start_worker(words):
            return False
        self._add("subprocess", Argv(words, at, "python"), at, call)
        return True

    def _lists_behind(self, node: ast.expr) -> set[ast.AST]:
        """The list displays that an expression is made of."""
        found: set[ast.AST] = {inner for inner in ast.walk(node) if isinstance(inner, (ast.List, ast.Tuple))}
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name):
                for change in self.names.changes_before(inner.id, inner) or ():
                    if change.value is not None:
                        found |= {part for part in ast.walk(change.value) if isinstance(part, (ast.List, ast.Tuple))}
        return found

    # --- lists that are commands by their looks ---

    def _list_elsewhere(self, node: ast.List | ast.Tuple) -> None:
        """A list that starts with "celery" and names a worker, kept for something else to run."""
        if not node.elts or not isinstance(node.elts[0], ast.Constant) or not isinstance(node.elts[0].value, str):
            return
        if _PROGRAM.fullmatch(node.elts[0].value) is None or len(node.elts) < 2:
            return
        words: tuple[Word, ...] | None = self.words.list_words(node)
        target = self._assigned_name(node)
        if target is not None:
            last = self._last_use(target)
            if last is None:
                return
            for change in self._added(node, self.names.changes_before(target.id, last) or []):
                words = self.words.apply(words, change)
        elif not self._is_kept(node):
            return
        if words is not None and _starts_worker(words):
            at = python.location(self.source, node)
            self._add("subprocess", Argv(words, at, "python"), at)

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
            if isinstance(above, ast.Call) and below is not above.func:
                called = above.func.attr if isinstance(above.func, ast.Attribute) else dotted(above.func)
                if _NOT_RUNNING.search(called):
                    return False
            if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                return below not in above.decorator_list
            if isinstance(above, ast.stmt):
                return not isinstance(above, ast.Expr) or isinstance(above.value, (ast.Call, ast.Await, ast.Yield))
            below = above
        return True


def _as_list(node: ast.expr) -> ast.expr:
    """One argument of a call as a list of its words."""
    made = ast.List([node], ast.Load())
    return ast.copy_location(made, node.value if isinstance(node, ast.Starred) else node)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _is_true(call: ast.Call, name: str) -> bool:
    return any(
        keyword.arg == name and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        for keyword in call.keywords
    )


def _may_start_worker(words: tuple[Word, ...]) -> bool:
    """Whether words speak of Celery and may start a worker: no other sub-command is written out."""
    mentions = any("celery" in part.lower() for word in words for part in word.parts if isinstance(part, str))
    return mentions and _starts_worker(words)


def _starts_worker(words: tuple[Word, ...]) -> bool:
    for word in words:
        text = word.text
        if word.several or (text is None and len(word.parts) == 1):
            return True
        if text is not None and (text in _STARTS or re.search(r"celery.*\b(?:worker|multi)\b", text)):
            return True
    return False


def _imported_from_celery(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """The names that a file imports from Celery, with what they stand for."""
    found: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.split(".")[0] == "celery":
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "celery":
                    found[alias.asname or "celery"] = alias.name if alias.asname else "celery"
    return found
