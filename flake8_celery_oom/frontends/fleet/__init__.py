"""``celery-oom fleet``: thousands of repositories scanned into one file, and read from there."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

ACTIONS = ("scan", "report", "diff", "fix")
EXIT_STATUS = "Exit status: 0 done, 1 (diff) something got worse, 2 something could not be looked at."
USUAL_FILE = "fleet.duckdb"


def with_action(words: Sequence[str]) -> list[str]:
    """``fleet INPUT`` is ``fleet scan INPUT``."""
    named = words[1:2] and words[1] in {*ACTIONS, "-h", "--help"}
    return list(words) if named else [words[0], "scan", *words[1:]]


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command to those of ``celery-oom``."""
    what = "scan thousands of repositories into one file, and say where workers will be lost"
    fleet = commands.add_parser(
        "fleet", help=what, description=f"{what}.", epilog=f"Without an action: scan. {EXIT_STATUS}"
    )
    actions = fleet.add_subparsers(dest="action", required=True, metavar="ACTION")
    from flake8_celery_oom.frontends.fleet import changing, reading, scanning

    scanning.add_parser(actions)
    reading.add_parsers(actions)
    changing.add_parser(actions)


def run(options: argparse.Namespace, write: Callable[[str], object]) -> int:
    """Do what is asked for and give the exit status."""
    from flake8_celery_oom.frontends.fleet import changing, reading, scanning

    action = {"scan": scanning.run, "report": reading.run_report, "diff": reading.run_diff, "fix": changing.run}
    return action[options.action](options, write)
