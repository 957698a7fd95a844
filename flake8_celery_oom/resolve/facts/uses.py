"""What a project does with Celery beside starting workers: commands that were not read, task options, canvases.

All of it is found by words and by syntax; nothing is followed.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.facts import Image, Requirement
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import TaskOptions
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.syntax import python

_PYTHON = (".py", ".pyi", ".pyw")
_NO_LAUNCHERS = re.compile(
    r"(?:^|/)(?:[^/]*(?:requirements?|constraints)[^/]*\.(?:txt|in)|[^/]*\.(?:lock|txt|toml|cfg|json5?)|Pipfile)\Z"
)
_STARTS = re.compile(
    r"^(?![ \t]*(?:#|//|;)).*?(\bcelery(?:\.exe)?\b[^\n#]*?[\s\"',]+(?:worker|beat|multi)\b|\bceleryd(?:-multi)?\b)",
    re.MULTILINE,
)
_STARTS_IN_PYTHON = re.compile(
    r"[\"']celery[\"'],[^\])]{0,200}[\"']worker[\"']|\bcelery\b[^\n\"'#]{0,120}\bworker\b[^\n\"'#]*\s-|\.worker_main\("
    r"|\.(?:Worker|WorkController)\("
)
_CONTINUED = re.compile(r"\\\r?\n")
_USES: Mapping[str, re.Pattern[str]] = {
    "chord": re.compile(r"\bchord\("),
    "forget": re.compile(r"\.forget\(\s*\)"),
    "eta": re.compile(r"\b(?:countdown|eta)\s*=(?!=)"),
    "quorum": re.compile(r"[\"']quorum[\"']"),
}
_STARTED: Mapping[str, re.Pattern[str]] = {
    "flower": re.compile(r"^(?![ \t]*#).*\bcelery\b[^\n#]*\bflower\b", re.MULTILINE)
}
_TASK_OPTIONS = ("acks_late", "reject_on_worker_lost")


def launchers(paths: Iterable[str], read: Callable[[str], SourceText | None]) -> tuple[Location, ...]:
    """The first place of each file that starts a program of Celery, by its words; requirements and comments don't."""
    found = []
    for path in paths:
        source = None if _NO_LAUNCHERS.search(path) else read(path)
        if source is None:
            continue
        pattern = _STARTS_IN_PYTHON if path.endswith(_PYTHON) else _STARTS
        text = _CONTINUED.sub(lambda match: " " * len(match[0]), source.text)
        match = pattern.search(text)
        if match is not None:
            found.append(source.location(*match.span(match.lastindex or 0)))
    return tuple(found)


def uses(paths: Iterable[str], read: Callable[[str], SourceText | None]) -> frozenset[str]:
    """Which of the things that decide about memory the code and the commands do: see ``Project.uses``."""
    found: set[str] = set()
    for path in paths:
        source = None if _NO_LAUNCHERS.search(path) else read(path)
        if source is None:
            continue
        patterns = _USES if path.endswith(_PYTHON) else _STARTED
        found.update(name for name, pattern in patterns.items() if name not in found and pattern.search(source.text))
    return frozenset(found)


def task_options(paths: Iterable[str], read: Callable[[str], SourceText | None]) -> tuple[TaskOptions, ...]:
    """The tasks that say themselves what is to happen when their process is lost."""
    found: list[TaskOptions] = []
    for path in paths:
        source = read(path) if path.endswith(_PYTHON) else None
        if source is None or not any(name in source.text for name in _TASK_OPTIONS):
            continue
        tree = python.parse(source)
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                calls = [one for one in node.decorator_list if isinstance(one, ast.Call)]
                found += [made for call in calls if (made := _of_call(call, source)) is not None]
    return tuple(sorted(found, key=lambda one: one.at))


def _of_call(call: ast.Call, source: SourceText) -> TaskOptions | None:
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


def installed(requirements: Iterable[Requirement], images: Iterable[Image]) -> frozenset[str]:
    """The requirement files that a Dockerfile installs: it names them, or copies the whole project that has one."""
    paths = sorted({one.at.path for one in requirements})
    commands = [run.text.text for image in images for stage in image.stages for run in stage.runs]
    return frozenset(path for path in paths if any(_names(path, command) for command in commands))


def _names(path: str, command: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(posixpath.basename(path))}(?![\w-])", command) is not None
