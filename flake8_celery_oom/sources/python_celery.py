"""Calls of Celery itself in a program: ``worker_main``, ``start``, ``Worker(...)``, ``main``, ``call_command``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

from flake8_celery_oom.core.facts import Argv
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.sources.python_argv import ProgramArguments
from flake8_celery_oom.sources.python_found import Found
from flake8_celery_oom.sources.python_runners import STARTS, other_command
from flake8_celery_oom.sources.python_words import dotted
from flake8_celery_oom.syntax import python
from flake8_celery_oom.syntax.python_names import Names, name_of

_APP_NAME = re.compile(r"celery|^c?app$|_app$", re.IGNORECASE)
_WORKER_CLASSES = frozenset(
    {
        "celery.worker.WorkController",
        "celery.worker.worker.WorkController",
        "celery.apps.worker.Worker",
        "celery.concurrency.Worker",
    }
)
"""Celery's worker and its base class; ``celery.events.state.Worker`` only describes a worker."""
_STARTING = frozenset({"start", "run"})
_MAINS = frozenset({"celery.__main__.main", "celery.bin.celery.main"})
_GROUPS = frozenset({"celery.bin.celery.celery", "celery.bin.celery.celery.main"})
"""Celery's command line as click has it: its arguments do not begin with the program."""
_FROM_ARGV = frozenset({"execute_from_commandline", "execute_from_argv", "run_from_argv", "start", "worker_main"})
_NO_OPTIONS = frozenset({"stdout", "stderr", "verbosity", "using", "interactive", "skip_checks"})

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


class CeleryCalls:
    """Reads the calls that start a worker inside the program."""

    def __init__(self, found: Found, names: Names, imported: Mapping[str, str]) -> None:
        self.found = found
        self.source = found.source
        self.names = names
        self.words = found.words
        self.imported = imported
        self.program_arguments = ProgramArguments(found.words, names)

    def read(self, call: ast.Call) -> None:
        """Note what a call starts, if it is one of Celery's."""
        name = dotted(call.func)
        attribute = call.func.attr if isinstance(call.func, ast.Attribute) else name
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        if attribute == "worker_main" and receiver is not None:
            self._entry(call, "worker_main")
        elif attribute in {"start", "execute_from_commandline", "execute_from_argv"} and receiver is not None:
            if self._is_app(receiver, call, strict=attribute == "start"):
                self._entry(call, "start")
        elif self._makes_worker(name, attribute, receiver, call):
            self._worker(call)
        elif attribute == "call_command" and call.args:
            self._management_command(call)
        elif self._imported_as(name) in _MAINS | _GROUPS:
            self._main(call, of_click=self._imported_as(name) in _GROUPS)

    # --- which calls ---

    def _makes_worker(self, name: str, attribute: str, receiver: ast.expr | None, call: ast.Call) -> bool:
        if attribute == "run" and receiver is not None:
            return self._is_worker_command(receiver)
        if self._is_worker_class(call):
            return self._is_started(call)
        if receiver is None or attribute not in {"Worker", "WorkController"} or call.args:
            return False
        known = self._is_app(receiver, call, strict=True) or self._is_imported(receiver)
        return known and self._is_started(call)

    def _is_worker_class(self, call: ast.Call) -> bool:
        """Whether a call is one of Celery's own worker classes, under whatever name it was imported."""
        return self._imported_as(dotted(call.func)) in _WORKER_CLASSES

    def _imported_as(self, name: str) -> str:
        """The full name of something of Celery's that the file knows as ``name``; empty for anything else."""
        head, _, rest = name.partition(".")
        full = self.imported.get(head, "")
        return f"{full}.{rest}" if full and rest else full

    def _is_imported(self, receiver: ast.expr) -> bool:
        """Whether an object comes from another module; what it is is looked up where all files are known."""
        top = dotted(receiver).split(".")[0]
        return bool(top) and self.names.is_imported(top, receiver)

    def _is_started(self, call: ast.Call) -> bool:
        """Whether a worker object is started: at once, under the name it gets, or by what it is handed to."""
        parent = self.names.parents.get(call)
        if isinstance(parent, ast.Attribute):
            return parent.attr in _STARTING
        if isinstance(parent, ast.Call) and call in parent.args:
            return _may_start(parent)
        if isinstance(parent, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
            targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
            return any(self._starts_name(dotted(target), call) for target in targets)
        return False

    def _starts_name(self, name: str, call: ast.Call) -> bool:
        """Whether ``name.start`` stands in the file, or the name is handed to something else."""
        if not name:
            return False
        local = "." not in name
        scope = self.names.scope_of(call).node if local else self.names.tree
        for node in ast.walk(scope):
            if isinstance(node, ast.Attribute) and node.attr in _STARTING and dotted(node.value) == name:
                return True
            if isinstance(node, ast.Call) and any(dotted(argument) == name for argument in node.args):
                return _may_start(node)
        return False

    @staticmethod
    def argument(call: ast.Call) -> ast.expr | None:
        """The list of words that a call is given."""
        if call.args:
            return call.args[-1] if name_of(call.func) == "run_from_argv" else call.args[0]
        return next((keyword.value for keyword in call.keywords if keyword.arg in {"argv", "args"}), None)

    def _is_app(self, receiver: ast.expr, call: ast.Call, *, strict: bool) -> bool:
        """Whether the receiver of a method is a Celery application, as far as its name and the file tell."""
        argument = self.argument(call)
        words = self.words.list_words(argument) if argument is not None else None
        if words is not None and any(word.text in STARTS for word in words):
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

    # --- their words ---

    def _entry(self, call: ast.Call, entry: str) -> None:
        at = python.location(self.source, call)
        argument = self.argument(call)
        if argument is None or (isinstance(argument, ast.Constant) and argument.value is None):
            given, where = self._from_sys_argv(call, at)
            if given and not other_command(given):
                self.found.add(entry, Argv(given, where, "python"), at, call)
            return
        self.found.taken.update(self.found.lists_behind(argument))
        where = python.location(self.source, argument)
        for words, unlikely in self._every_list(argument, call):
            given = words if words is not None else (self.words.several(argument),)
            if other_command(given):
                continue
            self.found.add(entry, Argv(given, where, "python"), at, call, unlikely=unlikely)

    def _from_sys_argv(self, call: ast.Call, at: Location) -> tuple[tuple[Word, ...], Location]:
        """The words of ``sys.argv``, and where they stand; where it is as given, its arguments alone."""
        found = self.program_arguments.before(call)
        if found is None:
            return (self._forwarded(at),), at
        for value in found.written:
            self.found.taken.update(self.found.lists_behind(value))
        return found.words, found.at

    def _every_list(self, node: ast.expr, call: ast.Call) -> list[tuple[tuple[Word, ...] | None, bool]]:
        """The words that a list may have, for every caller and on every way."""
        found: list[tuple[tuple[Word, ...] | None, bool]] = []
        for context in self.found.contexts(call):
            with self.words.inside(context):
                found += self.words.ways.every(lambda: self.words.list_words(node))
        return found

    @staticmethod
    def _forwarded(at: Location) -> Word:
        return Word((Hole("sys.argv[1:]", at=at, several=True),), at)

    def _worker(self, call: ast.Call) -> None:
        """``app.Worker(concurrency=3)`` as the words of a worker command."""
        at = python.location(self.source, call)
        of_class = isinstance(call.func, ast.Attribute) and call.func.attr == "run"
        for context in self.found.contexts(call):
            with self.words.inside(context):
                for words, unlikely in self.words.ways.every(lambda: self._keyword_words(call)):
                    name = "worker.run" if of_class else "Worker"
                    self.found.add(name, Argv(words, at, "python"), at, call, unlikely=unlikely)

    def _keyword_words(self, call: ast.Call) -> tuple[Word, ...]:
        words: list[Word] = [literal("worker", python.location(self.source, call))]
        for name, value, place in self._keywords(call):
            words.extend(self._keyword_word(name, value, place))
        return tuple(words)

    def _keywords(self, call: ast.Call) -> list[tuple[str | None, ast.expr, Location]]:
        """The keyword arguments of a call; those of ``**options`` as the dict was made."""
        found: list[tuple[str | None, ast.expr, Location]] = []
        for keyword in call.keywords:
            items = self.words.dict_items(keyword.value) if keyword.arg is None else None
            if items is not None:
                found += [(name, value, python.location(self.source, value)) for name, value in items.items()]
            else:
                found.append((keyword.arg, keyword.value, python.location(self.source, keyword)))
        return found

    def _keyword_word(self, name: str | None, value: ast.expr, place: Location) -> list[Word]:
        """One keyword of a worker as an option."""
        if name is None:
            return [self.words.several(value)]
        if isinstance(value, ast.Constant) and value.value is None:
            return []
        if name in _WORKER_OPTIONS:
            return [Word((f"{_WORKER_OPTIONS[name]}=", *self._option_value(value).parts), place)]
        if name == "beat" and isinstance(value, ast.Constant) and value.value:
            return [literal("--beat", place)]
        return []

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
        positional = ast.copy_location(ast.List(call.args, ast.Load()), call)
        at = python.location(self.source, call)
        for words, unlikely in self._every_list(positional, call):
            given = list(words or ())
            for name, value, place in self._keywords(call):
                if name is None:
                    given.append(self.words.several(value))
                elif name not in _NO_OPTIONS:
                    parts = self.words.word(value).parts
                    given.append(Word((f"--{name.replace('_', '-')}=", *parts), place))
            self.found.add("call_command", Argv(tuple(given), at, "python"), at, call, unlikely=unlikely)

    def _main(self, call: ast.Call, *, of_click: bool) -> None:
        """``main()`` of Celery, with the ``sys.argv`` that the program makes before it."""
        argument = self.argument(call)
        at = python.location(self.source, call)
        if argument is None:
            found, place = self._from_sys_argv(call, at)
            as_given = found if found and found[0].several else (literal("celery", at), *found[1:])
            self.found.add("main", Argv(as_given, place, "python"), place, call)
            return
        self.found.taken.update(self.found.lists_behind(argument))
        for words, unlikely in self._every_list(argument, call):
            given = words if words is not None else (self.words.several(argument),)
            if of_click:
                given = (literal("celery", at), *given)
            self.found.add("main", Argv(given, at, "python"), at, call, unlikely=unlikely)


def _may_start(call: ast.Call) -> bool:
    """Whether a function that is handed a worker may start it, as far as its name tells."""
    return (
        re.search(r"run|start|serve|spawn|launch|thread|process|loop|main", name_of(call.func), re.IGNORECASE)
        is not None
    )


def imported_from_celery(nodes: Iterable[ast.AST]) -> dict[str, str]:
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
