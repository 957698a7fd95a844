"""Workers that Python code makes by a call, ``app.Worker(concurrency=2)``: their options are keywords."""

from __future__ import annotations

import ast

from flake8_celery_oom.changes.scene import CannotEditError, Scene
from flake8_celery_oom.model import Edit, SetOption, Worker
from flake8_celery_oom.syntax import python
from flake8_celery_oom.text import SourceText


def is_call(worker: Worker) -> bool:
    """Whether the options of a worker are keywords of a call."""
    return worker.kind == "python" and worker.name == "Worker"


def set_keyword(wish: SetOption, scene: Scene) -> Edit:
    """The edit that gives the call a keyword, or the keyword another value. Raises CannotEditError."""
    at = wish.workers[0].command_at
    source = scene.source(at)
    call = _call(at.start, at.end, source)
    if call is None:
        raise CannotEditError("the call is not found")
    for keyword in call.keywords:
        if keyword.arg == wish.option:
            start, end = python.span(source, keyword.value)
            return Edit(source.location(start, end), str(wish.value))
    text = f"{wish.option}={wish.value}"
    last = [*call.args, *call.keywords][-1:]
    if not last:
        _, end = python.span(source, call)
        if source.text[end - 2 : end] != "()":
            raise CannotEditError("the call is not written as `()`")
        return Edit(source.location(end - 1, end - 1), text)
    _, end = python.span(source, last[0])
    return Edit(source.location(end, end), f", {text}")


def _call(start: int, end: int, source: SourceText) -> ast.Call | None:
    """The innermost call of ``Worker`` that stands within ``[start:end]`` or holds it."""
    tree = python.parse(source)
    found: list[tuple[int, ast.Call]] = []
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Call) and python.code(source, node.func).endswith(("Worker", "WorkController")):
            first, stop = python.span(source, node)
            if (start <= first and stop <= end) or (first <= start and end <= stop):
                found.append((stop - first, node))
    return min(found, key=lambda pair: pair[0])[1] if found else None
