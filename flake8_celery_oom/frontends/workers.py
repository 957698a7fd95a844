"""``celery-oom workers``: what each worker of a project will run with, as a table, JSON, Markdown or a page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from flake8_celery_oom.core.findings import Finding
    from flake8_celery_oom.core.results import Worker
    from flake8_celery_oom.formats.inventory import Entry
    from flake8_celery_oom.formats.text import View
    from flake8_celery_oom.workspace import Workspace

WIDE = 110
"""Columns of a terminal that have room for a whole bar."""
FORMATS = ("text", "json", "markdown", "html")


class Run(Protocol):
    """The projects that the paths of a command line ask for."""

    failed: bool
    done: int

    def workspaces(self) -> Iterator[tuple[Workspace, View]]:
        """Each with what its paths are called where the command runs."""


@dataclass(frozen=True, slots=True)
class _Part:
    """The workers of one project that were asked for."""

    workspace: Workspace
    workers: list[Worker]
    findings: list[Finding]
    view: View


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that only this command has."""
    parser.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    parser.add_argument("--origins", action="store_true", help="say where each value is written, or why it is unknown")


def run(options: argparse.Namespace, projects: Run, write: Callable[[str], object]) -> int:
    """List the workers through ``write`` and give the exit status: 2 when a project could not be looked at."""
    parts = [
        _Part(workspace, _asked_for(workspace), workspace.findings(), view) for workspace, view in projects.workspaces()
    ]
    if options.format == "json":
        from flake8_celery_oom.formats import json

        documents: list[dict[str, Any]] = []
        for part in parts:
            documents += json.workers_document(part.workers, part.workspace.project(), part.findings, part.view)
        write(json.workers_output(documents))
    elif projects.done:
        _show(options, _entries(parts), _called(options.paths, parts), write)
    return 2 if projects.failed else 0


def _asked_for(workspace: Workspace) -> list[Worker]:
    return [worker for worker in workspace.project().workers if workspace.asks_for(worker.at.path)]


def _entries(parts: Sequence[_Part]) -> list[Entry]:
    from flake8_celery_oom.formats import inventory

    entries: list[Entry] = []
    for part in parts:
        entries += inventory.entries(part.workers, part.workspace.project(), part.findings, part.view)
    return entries


def _called(paths: Sequence[str], parts: Sequence[_Part]) -> str:
    """What the projects are called: as they were asked for, else by their folders."""
    names = [path for path in paths if path not in {".", "-"}] or [part.workspace.root.name for part in parts]
    return ", ".join(names)


def _show(options: argparse.Namespace, entries: Sequence[Entry], project: str, write: Callable[[str], object]) -> None:
    if options.format == "html":
        from flake8_celery_oom.formats import html

        write(html.page(entries, project))
    elif options.format == "markdown":
        from flake8_celery_oom.formats import markdown

        write(markdown.comment(entries, with_origins=options.origins))
    elif entries:
        _show_table(entries, with_origins=options.origins, write=write)
    else:
        write("no workers found\n")


def _show_table(entries: Sequence[Entry], *, with_origins: bool, write: Callable[[str], object]) -> None:
    from flake8_celery_oom.formats import bars, table

    signs = bars.BLOCKS if _can_show("".join(bars.BLOCKS)) else bars.ASCII
    if sys.stdout.isatty():
        _show_on_terminal(entries, signs)
    else:
        write(table.fitting(entries, signs))
    write("".join(f"\n{note}" for note in table.notes(entries, signs, with_origins=with_origins)).lstrip("\n"))
    write("\n")
    if with_origins:
        for block in table.origins(entries):
            write(f"\n{block}")


def _can_show(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def _show_on_terminal(entries: Sequence[Entry], signs: tuple[str, ...]) -> None:
    """The table in the width of the terminal: the place below the name, the words below the bar."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from flake8_celery_oom.formats import bars, table

    console = Console(highlight=False)
    width = bars.WIDTH if console.width >= WIDE else bars.NARROW
    rows = table.rows(entries, signs, "\n", width)
    styles = {"exceeds": "bold red", "tight": "yellow", "fits": "green"}
    shown = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in table.HEADINGS:
        if heading != "where":
            shown.add_column(heading, overflow="fold", no_wrap=heading in {"pool", "limit"})
    for entry, (name, where, *cells, memory) in zip(entries, rows, strict=True):
        style = styles.get(entry.memory.verdict or "", "")
        named = Text.assemble((name, "bold"), "\n", (where, "dim"))
        shown.add_row(named, *map(Text, cells), Text(memory, style))
    console.print(shown)
