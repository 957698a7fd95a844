"""Workers that Python code makes by a call, ``app.Worker(concurrency=2)``: their options are keywords."""

from __future__ import annotations

import ast

from flake8_celery_oom.changes.scene import CannotEditError, Scene
from flake8_celery_oom.core.findings import Edit
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.wishes import SetOption
from flake8_celery_oom.syntax import python


def is_call(worker: Worker) -> bool:
    """Whether the options of a worker are keywords of a call."""
    return worker.kind == "python" and worker.name == "Worker"


def set_keyword(wish: SetOption, scene: Scene) -> Edit:
    """The edit that gives the call a keyword, or the keyword another value. Raises CannotEditError."""
    at = wish.workers[0].command_at
    source = scene.source(at)
    call = _call(at.start, at.end, source)
    if call is None:
        raise CannotEditError("the place that makes this worker gives it no options")
    for keyword in call.keywords:
        if keyword.arg == wish.option:
            return Edit(python.location(source, keyword.value), str(wish.value))
    text = f"{wish.option}={wish.value}"
    ends = [python.span(source, one)[1] for one in call.args] + [python.span(source, one)[1] for one in call.keywords]
    if not ends:
        _, end = python.span(source, call)
        if source.text[end - 2 : end] != "()":
            raise CannotEditError("the call that makes this worker cannot be given an option")
        return Edit(source.location(end - 1, end - 1), text)
    end = max(ends)
    return Edit(source.location(end, end), f", {text}")


def _call(start: int, end: int, source: SourceText) -> ast.Call | None:
    """The innermost call of ``Worker`` that stands within ``[start:end]`` or holds it."""
    tree = python.parse(source)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)] if tree is not None else []
    found: list[tuple[int, ast.Call]] = []
    for call in calls:
        first, stop = python.span(source, call)
        around = (start <= first and stop <= end) or (first <= start and end <= stop)
        if around and python.code(source, call.func).endswith(("Worker", "WorkController")):
            found.append((stop - first, call))
    return min(found, key=lambda pair: pair[0])[1] if found else None
