"""``celery-oom check``: what is wrong, in one or several formats, and whether that fails the run."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_celery_oom.formats import findings as formats
from flake8_celery_oom.frontends import terminal
from flake8_celery_oom.frontends.projects import Projects

if TYPE_CHECKING:
    from flake8_celery_oom.core.findings import Finding
    from flake8_celery_oom.formats.report import Report
    from flake8_celery_oom.formats.text import Line
    from flake8_celery_oom.workspace import Workspace

CLEAN, FOUND, FAILED = 0, 1, 2
LINES = {"full", "concise"}
"""The formats that are lines for people."""


@dataclass(frozen=True, slots=True)
class Output:
    """One format, and the file that it goes to; none: standard output."""

    format: str
    file: str = ""


def output(text: str) -> Output:
    """``sarif`` or ``sarif=out.sarif``, as given to ``--format``."""
    from flake8_celery_oom.suggest import did_you_mean

    name, equals, file = text.partition("=")
    name = formats.ALIASES.get(name, name)
    if name not in formats.names():
        known = did_you_mean(name, formats.names()) or f": choose from {', '.join(formats.names())}"
        raise argparse.ArgumentTypeError(f"there is no format {name!r}{known}")
    if equals and not file:
        raise argparse.ArgumentTypeError(f"{text!r} names no file")
    return Output(name, file)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that only this command has."""
    parser.add_argument(
        "--format",
        type=output,
        action="append",
        metavar="NAME[=FILE]",
        help=f"{', '.join(formats.names())}; may be given several times, each with a file (default: {formats.DEFAULT})",
    )
    parser.add_argument("--output-file", metavar="FILE", help="write there what would go to standard output")
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning", "info"),
        default="warning",
        help="the least severity that ends with status 1 (default: warning)",
    )
    parser.add_argument("--exit-zero", action="store_true", help="findings do not change the exit status")
    parser.add_argument("-q", "--quiet", action="store_true", help="print findings, and no summary")
    parser.add_argument("-v", "--verbose", action="store_true", help="say where was looked (format full)")
    parser.add_argument("--all-places", action="store_true", help="report what one edit mends at every place")
    parser.add_argument("--statistics", action="store_true", help="count the findings of each rule")
    parser.add_argument(
        "--new-from",
        metavar="REV",
        help="report only what was not found at this revision of git; main... is where this branch left main",
    )
    parser.add_argument("--no-baseline", action="store_true", help="report what the baseline holds, too")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")


def run(options: argparse.Namespace) -> int:
    """Check the projects and give the exit status."""
    from flake8_celery_oom.formats.report import Report, Reported, in_order, reported

    projects = Projects(options)
    found: list[Reported] = []
    for workspace, view in projects.workspaces():
        inside = workspace.root == Path.cwd()
        found += reported(_asked_for(workspace, options, projects), view, () if inside else frozenset(workspace.files))
        projects.count(workspace)
    report = Report(in_order(found), dict(projects.summary))
    for one in _outputs(options):
        _put(one, report, options, projects)
    if projects.failed:
        return FAILED
    return FOUND if _fails(report, options) else CLEAN


def _asked_for(workspace: Workspace, options: argparse.Namespace, projects: Projects) -> list[Finding]:
    """The findings of a project; with ``--new-from`` those that the revision did not have."""
    findings = workspace.findings()
    if options.new_from is None:
        return findings
    from flake8_celery_oom import baseline
    from flake8_celery_oom.frontends.history import at_revision
    from flake8_celery_oom.listing.revision import RevisionError

    try:
        with at_revision(workspace, options.new_from) as before:
            return baseline.new(findings, baseline.entries(before.all_findings()))
    except RevisionError as error:
        projects.fail(str(error))
        return findings


def _outputs(options: argparse.Namespace) -> list[Output]:
    """What is written where: at most one format to standard output."""
    from flake8_celery_oom.frontends.refusal import RefusedError

    outputs = options.format or [Output(formats.DEFAULT)]
    unnamed = [one for one in outputs if not one.file]
    if len(unnamed) > 1:
        names = " and ".join(one.format for one in unnamed)
        raise RefusedError(f"{names} would both go to standard output: name a file, as in {unnamed[0].format}=FILE")
    if options.output_file:
        outputs = [one if one.file else Output(one.format, options.output_file) for one in outputs]
    return outputs


def _put(one: Output, report: Report, options: argparse.Namespace, projects: Projects) -> None:
    if one.file:
        try:
            Path(one.file).write_text(_rendered(one, report, options), encoding="utf-8", newline="\n")
        except OSError as error:
            projects.fail(f"{one.file}: cannot be written ({error.strerror})")
    elif one.format in LINES:
        if report.found or (projects.done and not projects.failed):  # after an error, silence is no clean bill
            terminal.show(_lines(one, report, options), options.color)
    else:
        terminal.write(formats.render(one.format, report))


def _rendered(one: Output, report: Report, options: argparse.Namespace) -> str:
    from flake8_celery_oom.formats import text

    return text.plain(_lines(one, report, options)) if one.format in LINES else formats.render(one.format, report)


def _lines(one: Output, report: Report, options: argparse.Namespace) -> list[Line]:
    from flake8_celery_oom.formats import text

    full = one.format == "full"
    lines = text.finding_lines(report.found, with_related=full, with_details=full and options.verbose)
    if options.statistics:
        lines += text.statistics_lines(report)
    if full and not options.quiet:
        lines += [text.summary_line(report), *text.advice_lines(report)]
    return lines


def _fails(report: Report, options: argparse.Namespace) -> bool:
    from flake8_celery_oom.formats.report import SEVERITIES

    failing = SEVERITIES[: SEVERITIES.index(options.fail_on) + 1]
    return not options.exit_zero and any(one.severity in failing for one in report.found)
