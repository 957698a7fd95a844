"""``celery-oom diff REV``: how the workers of a project differ from those of a revision of git."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from flake8_celery_oom.frontends.projects import Projects

if TYPE_CHECKING:
    from flake8_celery_oom.formats.difference import Difference
    from flake8_celery_oom.formats.inventory import Entry
    from flake8_celery_oom.formats.text import View
    from flake8_celery_oom.workspace import Workspace

FORMATS = ("text", "markdown", "json")
SAID, FAILED = 0, 2


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "revision",
        metavar="REV",
        help="branch, tag or commit, with ~2 and ^ behind it; main... is where this branch left main",
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="default: text")


def run(options: argparse.Namespace, write: Callable[[str], object]) -> int:
    """Say what differs through ``write``."""
    from flake8_celery_oom.formats import difference as formats
    from flake8_celery_oom.listing.revision import RevisionError

    shown = {"text": formats.text, "markdown": formats.markdown, "json": formats.document}[options.format]
    projects = Projects(options, with_baseline=False)
    for workspace, view in projects.workspaces():
        try:
            found = _difference(workspace, view, options.revision)
        except RevisionError as error:
            projects.fail(str(error))
            continue
        write(shown(found, options.revision, view))
    return FAILED if projects.failed else SAID


def _difference(workspace: Workspace, view: View, revision: str) -> Difference:
    from flake8_celery_oom import baseline
    from flake8_celery_oom.formats.difference import difference
    from flake8_celery_oom.frontends.history import at_revision

    with at_revision(workspace, revision) as before:
        then, now = before.all_findings(), workspace.all_findings()
        return difference(
            _entries(before, view),
            _entries(workspace, view),
            baseline.new(now, baseline.entries(then)),
            baseline.new(then, baseline.entries(now)),
        )


def _entries(workspace: Workspace, view: View) -> list[Entry]:
    from flake8_celery_oom.formats import inventory

    project = workspace.project()
    workers = [worker for worker in project.workers if workspace.asks_for(worker.at.path)]
    return inventory.entries(workers, project, (), view)
