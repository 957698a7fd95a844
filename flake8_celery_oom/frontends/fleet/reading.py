"""``celery-oom fleet report`` and ``celery-oom fleet diff``: what the results say, and what has changed."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flake8_celery_oom.frontends.refusal import RefusedError

if TYPE_CHECKING:
    from flake8_celery_oom.fleet.overview import Change, Overview
    from flake8_celery_oom.fleet.risks import Teams

SAID, WORSE = 0, 1
MOST_MAPPING_BYTES = 16_000_000
TITLE = "Celery workers of the fleet"


def add_parsers(actions: argparse._SubParsersAction[Any]) -> None:
    """Add both actions to those of ``celery-oom fleet``."""
    report = actions.add_parser(
        "report",
        help="say where workers will be lost, the surest loss first",
        epilog="Exit status: 0, or 2 where the results cannot be read.",
    )
    report.add_argument("file", metavar="FILE", help="results of celery-oom fleet")
    report.add_argument("--before", metavar="FILE", help="earlier results, for what has changed since")
    report.add_argument("--format", choices=("html", "csv", "markdown", "json"), default="html", help="default: html")
    report.add_argument("--output-file", metavar="FILE", help="write there instead of to standard output")
    report.add_argument("--title", default=TITLE, help=f"of the page ({TITLE})")
    diff = actions.add_parser(
        "diff",
        help="say what got worse between two results, and what was mended",
        epilog="Exit status: 0 nothing got worse, 1 something did, 2 the results cannot be read.",
    )
    diff.add_argument("before", metavar="BEFORE", help="the earlier results")
    diff.add_argument("after", metavar="AFTER", help="the later results")
    diff.add_argument("--format", choices=("text", "markdown", "json"), default="text", help="default: text")
    for one in (report, diff):
        one.add_argument(
            "--teams",
            metavar="FILE",
            help="who owns what: lines as in CODEOWNERS, for REPOSITORY/PATH (default: each repository's CODEOWNERS)",
        )


def run_report(options: argparse.Namespace, write: Callable[[str], object]) -> int:
    """Write the report through ``write``, or to the file that was named."""
    from flake8_celery_oom.fleet.output import csv, html, json, markdown
    from flake8_celery_oom.fleet.overview import change, overview
    from flake8_celery_oom.fleet.store import StoreError

    formats: dict[str, Callable[[Overview, str, Change | None], str]] = {
        "html": html.page,
        "csv": csv.table,
        "markdown": markdown.summary,
        "json": json.document,
    }
    teams = _teams(options.teams)
    try:
        found = overview(options.file, teams)
        compared = change(overview(options.before, teams), found) if options.before else None
    except StoreError as error:
        raise RefusedError(str(error)) from error
    text = formats[options.format](found, options.title, compared)
    if not options.output_file:
        write(text)
        return SAID
    try:
        Path(options.output_file).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise RefusedError(f"{options.output_file}: cannot be written ({error.strerror})") from error
    return SAID


def run_diff(options: argparse.Namespace, write: Callable[[str], object]) -> int:
    """Say through ``write`` what differs."""
    from flake8_celery_oom.fleet.output import json, markdown, text
    from flake8_celery_oom.fleet.overview import change, overview
    from flake8_celery_oom.fleet.store import StoreError

    shown = {"text": text.difference, "markdown": markdown.difference, "json": json.difference}[options.format]
    teams = _teams(options.teams)
    try:
        compared = change(overview(options.before, teams), overview(options.after, teams))
    except StoreError as error:
        raise RefusedError(str(error)) from error
    write(shown(compared))
    return WORSE if compared.worse else SAID


def _teams(file: str | None) -> Teams:
    from flake8_celery_oom.fleet.risks import by_mapping, by_owners

    if file is None:
        return by_owners
    from flake8_celery_oom.listing.regular_file import read_regular_file

    data = read_regular_file(file, MOST_MAPPING_BYTES, follow_links=True)
    if data is None:
        raise RefusedError(f"{file}: cannot be read as a file of teams")
    return by_mapping(data.decode("utf-8-sig", "replace"))
