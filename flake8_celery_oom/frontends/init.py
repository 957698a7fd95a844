"""``celery-oom init``: a commented ``[tool.celery-oom]`` from what a project holds."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_celery_oom.config import MAX_BYTES, TABLE
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.formats.text import counted
from flake8_celery_oom.frontends.refusal import RefusedError
from flake8_celery_oom.listing.regular_file import read_regular_file

if TYPE_CHECKING:
    from flake8_celery_oom.core.results import Worker
    from flake8_celery_oom.frontends.projects import Projects


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that only this command has."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="the project (default: the current folder)")
    parser.add_argument("--print", action="store_true", help="print it instead of adding it to pyproject.toml")


def run(options: argparse.Namespace, projects: Projects, write: Callable[[str], object]) -> int:
    """Add the table to pyproject.toml, or print it."""
    if len(options.paths) > 1:
        raise RefusedError("init takes one project")
    for workspace, view in projects.workspaces():
        text = "\n".join(table(workspace.project().workers)) + "\n"
        if options.print:
            write(text)
            continue
        _append(workspace.root, text)
        write(f"{view('pyproject.toml')}: added [tool.{TABLE}]\n")
    return 2 if projects.failed else 0


def _append(root: Path, text: str) -> None:
    from flake8_celery_oom.changes.writing import WriteError, store

    file = root / "pyproject.toml"
    old = (read_regular_file(str(file), MAX_BYTES, follow_links=True) or b"").decode("utf-8", "surrogateescape")
    if f"[tool.{TABLE}" in old:
        raise RefusedError(f"{file}: has a [tool.{TABLE}] already; init --print prints a new one")
    end = "\r\n" if "\r\n" in old else "\n"
    between = "" if not old else end if old.endswith("\n") else end * 2
    content = (old + between + text.replace("\n", end)).encode("utf-8", "surrogateescape")
    try:
        store(root, file.name, content)
    except WriteError as error:
        raise RefusedError(str(error)) from error


def table(workers: Sequence[Worker]) -> Iterator[str]:
    """The lines of the table: every key with what it means; what the project already says is filled in."""
    versions = sorted({worker.version.specifier for worker in workers if worker.version.specifier})
    counts = [worker.concurrency.value for worker in workers if isinstance(worker.concurrency, Known)]
    numbers = sorted({count for count in counts if isinstance(count, int)})
    yield f"[tool.{TABLE}]"
    yield f"# {counted(len(workers), 'worker')} found: see `celery-oom workers`. The codes: `celery-oom rules`."
    yield '# select = ["CO1", "CO2"]        # codes or beginnings of codes; default: the rules that are on by default'
    yield '# extend-select = ["CO303"]      # these too'
    yield '# ignore = ["CO501"]             # not these'
    yield '# exclude = ["docs/"]            # gitignore patterns of files that are not read'
    yield '# per-file-ignores = {"tests/" = ["CO1"]}'
    yield '# severity = {CO501 = "warning"} # error, warning or info; `check` fails from warning on'
    if versions:
        yield f"# The requirements name Celery {', '.join(versions)}."
    else:
        yield "# No requirement names a version of Celery: with one, more can be said."
        yield '# celery-version = "5.4.0"'
    yield "# What `celery-oom fix` writes:"
    chosen = numbers[len(numbers) // 2] if numbers else 2
    yield f"# concurrency = {chosen}" + ("                 # as most workers of this project" if numbers else "")
    yield "# max-memory-per-child = 300_000 # KiB"
    yield '# fix-place = "command"          # or "settings"'
    yield "# require-reason = true          # a comment that silences must say why"
