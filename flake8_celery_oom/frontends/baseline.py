"""``celery-oom baseline``: what a project lives with for now; only findings beyond it are reported."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flake8_celery_oom import baseline

if TYPE_CHECKING:
    from flake8_celery_oom.frontends.projects import Projects
    from flake8_celery_oom.workspace import Workspace

ACTIONS = {
    "write": "hold everything that is found now",
    "check": "say which entries are found no more (status 1 when there are any)",
    "prune": "drop the entries that are found no more",
    "show": "list the entries",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that only this command has."""
    what = "; ".join(f"{name}: {said}" for name, said in ACTIONS.items())
    parser.add_argument("action", choices=tuple(ACTIONS), metavar="ACTION", help=what)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="projects (default: the current folder)")
    parser.add_argument("--config", metavar="FILE", help="TOML file with [tool.celery-oom]")


def run(options: argparse.Namespace, projects: Projects, write: Callable[[str], object]) -> int:
    """Do what is asked for with the baseline of each project; the exit status is 1 for a check with stale entries."""
    stale = 0
    for workspace, view in projects.workspaces():
        name = projects.baseline_of(workspace)
        found = workspace.all_findings()
        held = [] if options.action == "write" else baseline.read(workspace.root, name)
        gone = baseline.stale(found, held)
        match options.action:
            case "write":
                made = baseline.entries(found)
                _store(workspace, name, made)
                write(f"{view(name)}: holds {_count(made)}\n")
            case "prune":
                kept = [one for one in held if one not in gone]
                if gone:
                    _store(workspace, name, kept)
                write(f"{view(name)}: dropped {_count(gone)}, holds {_count(kept)}\n")
            case "check":
                stale += len(gone)
                write("".join(f"{_shown(one, workspace)} is found no more\n" for one in gone))
                write(f"{view(name)}: {_count(gone)} of {len(held)} found no more\n")
            case _:
                write("".join(f"{_shown(one, workspace)}: {one.message}\n" for one in held))
    return 2 if projects.failed else int(stale > 0)


def _store(workspace: Workspace, name: str, entries: Sequence[baseline.Entry]) -> None:
    from flake8_celery_oom.changes.writing import WriteError, store
    from flake8_celery_oom.frontends.refusal import RefusedError

    try:
        store(workspace.root, name, baseline.text(entries).encode("utf-8"))
    except WriteError as error:
        raise RefusedError(str(error)) from error


def _shown(one: baseline.Entry, workspace: Workspace) -> str:
    from flake8_celery_oom.formats.text import printable
    from flake8_celery_oom.frontends.projects import view_of

    return printable(f"{view_of(workspace.root)(one.path)}: {one.code}")


def _count(entries: Sequence[baseline.Entry]) -> str:
    from flake8_celery_oom.formats.text import counted

    return counted(len(entries), "finding")
