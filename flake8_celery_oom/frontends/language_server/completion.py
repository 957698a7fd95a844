"""Names that can be written where somebody types: options of a worker's command, settings of an app."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsprotocol import types as lsp

from flake8_celery_oom.celery.options import WORKER_OPTIONS
from flake8_celery_oom.celery.settings import SETTINGS, exists, written_name
from flake8_celery_oom.core.results import CeleryVersion, Project
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.frontends.language_server.positions import Positions

_OPTION = re.compile(r"(?:^|[\s\"'\[,])(?P<name>--?[\w-]*)$")
_NAME = re.compile(r"[A-Za-z_]\w{2,}$")
NEAR = 4_000
"""How many characters before the cursor may hold the beginning of a command that goes over several lines."""
LONGEST_NAME = 120
UNITS = {
    "max_memory_per_child": "KiB",
    "worker_max_memory_per_child": "KiB",
    "time_limit": "seconds",
    "soft_time_limit": "seconds",
    "task_time_limit": "seconds",
    "task_soft_time_limit": "seconds",
    "max_tasks_per_child": "tasks",
    "worker_max_tasks_per_child": "tasks",
    "concurrency": "children",
    "worker_concurrency": "children",
    "worker_prefetch_multiplier": "messages per child",
    "prefetch_multiplier": "messages per child",
}
"""What a number counts."""


def items(project: Project, source: SourceText, offset: int, positions: Positions) -> list[lsp.CompletionItem]:
    """The names that fit in front of ``offset``."""
    line = source.position(offset)[0]
    head = source.text[max(source.offset(line), offset - LONGEST_NAME) : offset]
    option = _OPTION.search(head)
    if option is not None:
        before = source.text[max(0, offset - NEAR) : offset].partition("celery")[2]
        if "worker" not in before:
            return []
        stretch = lsp.Range(
            positions.position(source, offset - len(option["name"])), positions.position(source, offset)
        )
        return list(_options(_version_of(project, source.path, offset), stretch))
    name = _NAME.search(head)
    if name is None:
        return []
    stretch = lsp.Range(positions.position(source, offset - len(name[0])), positions.position(source, offset))
    return list(_settings(project, source.path, name[0], stretch))


def _version_of(project: Project, path: str, offset: int) -> CeleryVersion:
    near = [worker for worker in project.workers if worker.command_at.path == path]
    near.sort(key=lambda worker: abs(worker.command_at.start - offset))
    if near:
        return near[0].version
    return project.apps[0].version if project.apps else CeleryVersion()


def _options(version: CeleryVersion, stretch: lsp.Range) -> Iterator[lsp.CompletionItem]:
    for option in WORKER_OPTIONS:
        spelling = option.spelling(version)
        if spelling is None or option.kind == "exit":
            continue
        unit = UNITS.get(option.name)
        yield lsp.CompletionItem(
            spelling,
            kind=lsp.CompletionItemKind.Property,
            detail=f"{option.kind}, in {unit}" if unit else option.kind,
            filter_text=spelling,
            text_edit=lsp.TextEdit(stretch, spelling + ("=" if option.takes_value else "")),
        )


def _settings(project: Project, path: str, written: str, stretch: lsp.Range) -> Iterator[lsp.CompletionItem]:
    for app in project.apps:
        if path not in {app.configured_at.path, *(at.path for at in app.written.values())}:
            continue
        for name, info in SETTINGS.items():
            spelled = written_name(name, app.version, app.namespace, old_names=app.old_names)
            if spelled.startswith(written) and exists(name, app.version) is not False:
                unit = UNITS.get(name)
                detail = (
                    f"{info.type}, in {unit}; default {info.default}"
                    if unit
                    else f"{info.type}; default {info.default}"
                )
                yield lsp.CompletionItem(
                    spelled,
                    kind=lsp.CompletionItemKind.Property,
                    detail=detail,
                    text_edit=lsp.TextEdit(stretch, spelled),
                )
        return
