"""What the Python code of a project does that decides about memory: canvases, tasks that wait, options of tasks.

It is found by syntax: a word in a comment, a text or a name of something else is no use. Nothing is followed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.per_text import per_text
from flake8_celery_oom.core.results import TaskOptions, Use, UseKind
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.syntax import python
from flake8_celery_oom.syntax.python_nodes import walk

_WORDS = re.compile(
    r"x-queue-type|\b(?:chord|opentelemetry|instrumenter)\b|\bprofiles_sample|\.forget\b"
    r"|\b(?:countdown|eta|acks_late|reject_on_worker_lost) ?="
)
"""Without one of these words a file has no use, and need not be parsed."""
_LETTERS = (
    *("x-queue-type", "chord", "opentelemetry", "instrumenter", "profiles_sample", ".forget"),
    *("countdown", "eta=", "eta =", "acks_late", "reject_on_worker_lost"),
)
_SENDS = frozenset({"apply_async", "retry", "send_task", "set", "signature", "subtask"})
_WAITS = frozenset({"eta", "countdown"})
_PROFILES = frozenset({"profiles_sample_rate", "profiles_sampler", "profile_session_sample_rate"})
_SENTRY_TELEMETRY = "sentry_sdk.integrations.opentelemetry"
_TASK_OPTIONS = ("acks_late", "reject_on_worker_lost")


def python_uses(
    paths: Iterable[str], read: Callable[[str], SourceText | None]
) -> tuple[tuple[Use, ...], tuple[TaskOptions, ...]]:
    """What the Python files among ``paths`` do, each kind once a file, and the tasks with options of their own."""
    uses: list[Use] = []
    tasks: list[TaskOptions] = []
    for path in paths:
        source = read(path) if path.endswith((".py", ".pyi", ".pyw")) else None
        if source is not None:
            own_uses, own_tasks = _in_file(source)
            uses += own_uses
            tasks += own_tasks
    return tuple(uses), tuple(sorted(tasks, key=lambda one: one.at))


@per_text
def _in_file(source: SourceText) -> tuple[tuple[Use, ...], tuple[TaskOptions, ...]]:
    tree = python.parse(source) if source.mentions(_WORDS, *_LETTERS) else None
    if tree is None:
        return (), ()
    nodes = list(walk(tree))
    return tuple(Use(kind, source.path) for kind in sorted(set(_uses(nodes)))), tuple(_tasks(nodes, source))


def _uses(nodes: list[ast.AST]) -> Iterator[UseKind]:
    imported = dict(_imported(nodes))
    of_celery = any(name.split(".")[0] == "celery" for name in imported.values())
    if any(name.startswith(_SENTRY_TELEMETRY) for name in imported.values()):
        yield "sentry-opentelemetry"
    for node in nodes:
        if isinstance(node, ast.Call):
            yield from _of_call(node, imported, of_celery=of_celery)
    if _declares_quorum_queues(nodes):
        yield "quorum"


def _declares_quorum_queues(nodes: Iterable[ast.AST]) -> bool:
    """Whether a type of queue is named that is not written out as ``{"x-queue-type": "classic"}``."""
    named = classic = 0
    for node in nodes:
        if isinstance(node, ast.Dict):
            pairs = zip(map(_text, node.keys), map(_text, node.values), strict=True)
            classic += sum(pair == ("x-queue-type", "classic") for pair in pairs)
        elif isinstance(node, ast.Constant):
            named += node.value == "x-queue-type"
    return named > classic


def _of_call(call: ast.Call, imported: dict[str, str], *, of_celery: bool) -> Iterator[UseKind]:
    name, words = _dotted(call.func), {one.arg: one.value for one in call.keywords}
    first, _, rest = name.partition(".")
    full = f"{imported.get(first, first)}{'.' if rest else ''}{rest}"
    method = name.rpartition(".")[2]
    if full.startswith("celery.") and method == "chord":
        yield "chord"
    if of_celery and method == "forget" and rest and not call.args:
        yield "forget"
    if rest and method in _SENDS and _WAITS & words.keys():
        yield "eta"
    if full.startswith("sentry_sdk."):
        if _text(words.get("instrumenter")) == "otel":
            yield "sentry-opentelemetry"
        if _PROFILES & words.keys():
            yield "sentry-profiler"


def _imported(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """By name in the file: the dotted name that is imported as it."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for one in node.names:
                package = one.name.split(".")[0]
                yield (one.asname, one.name) if one.asname else (package, package)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            yield from ((one.asname or one.name, f"{node.module}.{one.name}") for one in node.names)


def _dotted(node: ast.expr) -> str:
    """``a.b.c`` of a name or attribute; what it is an attribute of may be anything: ``().c``."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "()")
    return ".".join(reversed(parts))


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _tasks(nodes: Iterable[ast.AST], source: SourceText) -> Iterator[TaskOptions]:
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            calls = (one for one in node.decorator_list if isinstance(one, ast.Call))
            yield from (made for call in calls if (made := _task_options(call, source)) is not None)


def _task_options(call: ast.Call, source: SourceText) -> TaskOptions | None:
    """What a decorator says: ``@app.task(acks_late=True, reject_on_worker_lost=True)``."""
    given: dict[str, tuple[Location, Value[bool]]] = {}
    for keyword in call.keywords:
        if keyword.arg in _TASK_OPTIONS:
            at = python.name_location(source, keyword)
            match keyword.value:
                case ast.Constant(value=bool(value)):
                    given[keyword.arg] = (at, Known(value, at, "settings"))
                case _:
                    given[keyword.arg] = (at, Unknown(Cause("it is computed"), at, origin="settings"))
    if not given:
        return None
    last = max(at for at, _ in given.values())
    acks, rejects = (given[name][1] if name in given else Unset() for name in _TASK_OPTIONS)
    return TaskOptions(last, acks, rejects)
