"""``celery-oom why``: from what an operator has of a worker that died to its cause, and to the finding that mends it.

Reads logs and states, runs nothing, and asks no server.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from flake8_celery_oom.frontends.refusal import RefusedError

if TYPE_CHECKING:
    from flake8_celery_oom.deaths.verdict import Death
    from flake8_celery_oom.formats.inventory import Entry

SAID, NOTHING, FAILED = 0, 1, 2
STDIN = "-"
MOST_BYTES = 50_000_000
EPILOG = "Exit status: 0 the cause is said, 1 there is no sign of a death, 2 something could not be read."
DESCRIPTION = """say why a worker died.

Evidence is what you have: lines of the worker's log, of supervisor, systemd or Heroku, `dmesg` or `journalctl -k`,
`kubectl get pod POD -o json` (or yaml), `docker inspect CONTAINER`, `celery inspect stats`, `celery report`.
"""


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command to those of ``celery-oom``."""
    parser = commands.add_parser(
        "why",
        help="say why a worker died, from logs and states of containers",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("evidence", nargs="*", metavar="FILE", help="default: -, standard input")
    parser.add_argument("--project", metavar="DIR", default=".", help="the worker's project (default: this folder)")
    parser.add_argument("--no-project", action="store_true", help="look at the evidence alone")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def run(options: argparse.Namespace, write: Callable[[str], object]) -> int:
    """Say the cause through ``write``."""
    from flake8_celery_oom.deaths.reading import evidence
    from flake8_celery_oom.deaths.verdict import death
    from flake8_celery_oom.formats import death as words

    texts = [_read(name) for name in options.evidence or [STDIN]]
    if not any(text.strip() for _, text, _ in texts):
        raise RefusedError(f"{', '.join(name for name, _, _ in texts)}: empty, so there is nothing to go by")
    found = death([evidence(text, name, first) for name, text, first in texts])
    if found is None:
        write("no sign of a death in it: nothing was killed, no time limit was met, no child was replaced\n")
        return NOTHING
    entries, failed = _entries(options, found) if found.is_of_memory and not options.no_project else (None, False)
    if options.format == "json":
        write(words.document(found, entries))
    else:
        write("".join(f"{line}\n" for line in words.lines(found, entries)))
    return FAILED if failed else SAID


def _read(name: str) -> tuple[str, str, int]:
    """A piece of evidence: what it is called, its text, and the number of its first line.

    Of one over ``MOST_BYTES`` the end counts: it is there that a worker died.
    """
    if name == STDIN:
        return "standard input", *_end_of(sys.stdin.buffer)
    try:
        with Path(name).open("rb") as file:
            return name, *_end_of(file)
    except OSError as error:
        raise RefusedError(f"{name}: {error.strerror}") from error


def _end_of(file: BinaryIO) -> tuple[str, int]:
    kept = file.read(MOST_BYTES)
    first = 1
    while more := file.read(MOST_BYTES):
        dropped, kept = kept[: len(more)], kept[len(more) :] + more
        first += dropped.count(b"\n")
    return kept.decode("utf-8", "replace"), first


def _entries(options: argparse.Namespace, death: Death) -> tuple[Sequence[Entry], bool]:
    """The workers of the project that it may be of, and whether a project could not be looked at."""
    from flake8_celery_oom.deaths.matching import workers_of
    from flake8_celery_oom.formats import inventory
    from flake8_celery_oom.frontends.projects import Projects

    asked = argparse.Namespace(paths=[options.project], select=None, extend_select=None, ignore=None, config=None)
    projects = Projects(asked)
    entries: list[Entry] = []
    for workspace, view in projects.workspaces():
        project = workspace.project()
        entries += inventory.entries(workers_of(death, project.workers), project, workspace.findings(), view)
    return entries, projects.failed
