"""``celery-oom fix``: mends what can be mended, and says what it changed, what it left and why."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from flake8_celery_oom.fixer import fixer_for
from flake8_celery_oom.formats.text import View, printable
from flake8_celery_oom.masking import masked

if TYPE_CHECKING:
    from pathlib import Path

    from flake8_celery_oom.changes.fixing import Outcome
    from flake8_celery_oom.core.findings import Finding
    from flake8_celery_oom.core.source import SourceText
    from flake8_celery_oom.workspace import Workspace


class Run(Protocol):
    """The projects that the paths of a command line ask for."""

    failed: bool

    def workspaces(self) -> Iterator[tuple[Workspace, View]]:
        """Each with what its paths are called where the command runs."""


def run(options: argparse.Namespace, projects: Run, complain: Callable[[str], None]) -> int:
    """Fix the projects and give the exit status: 0 nothing is left, 1 findings are, 2 something could not be done."""
    report = Report(diff=options.diff)
    for workspace, view in projects.workspaces():
        fixer = fixer_for(workspace, unsafe=options.unsafe_fixes, selected_only=options.select is not None)
        outcome = fixer.run()
        if options.diff:
            write_diff(outcome, view)
        elif outcome.texts:
            trouble = write_files(workspace.root, outcome)
            if trouble:
                complain(f"{trouble}; no file was changed")
                projects.failed = True
                continue
        report.add(outcome, view)
    report.write(sys.stderr if options.diff else sys.stdout)
    return 2 if projects.failed else 1 if report.remains else 0


# --- writing ----------------------------------------------------------------------------------------------------------


def write_files(root: Path, outcome: Outcome) -> str:
    """Write the new texts, all of them or none; why it could not be done, empty when it was."""
    from flake8_celery_oom.changes.writing import Change, WriteError, write

    changes = [
        Change(path, outcome.originals[path].to_bytes(), outcome.originals[path].to_bytes(text))
        for path, text in outcome.texts.items()
    ]
    try:
        write(root, changes)
    except WriteError as error:
        return str(error)
    return ""


def write_diff(outcome: Outcome, view: View) -> None:
    """Print what would change, for people and for ``patch``."""
    for path, text in sorted(outcome.texts.items()):
        sys.stdout.write(masked("".join(diff(outcome.originals[path], text, view(path)))))


def diff(source: SourceText, text: str, name: str) -> Iterator[str]:
    """The lines of a unified diff; line ends are those of the file."""
    mark = "\ufeff" if source.bom else ""
    old, new = _lines(mark + source.text), _lines(mark + text)
    called = printable(name)
    for line in difflib.unified_diff(old, new, f"a/{called}", f"b/{called}"):
        yield shown(line) if line.endswith("\n") else f"{shown(line)}\n\\ No newline at end of file\n"


_NOT_SHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]|\r(?!\n|$)")


def shown(line: str) -> str:
    """A line of a file as it may be shown: secrets masked, and nothing that changes a terminal or turns a text."""
    return _NOT_SHOWN.sub(lambda char: f"\\x{ord(char[0]):02x}", masked(line))


def _lines(text: str) -> list[str]:
    """Lines with their ends; only LF ends a line, as for ``patch``."""
    pieces = text.split("\n")
    return [piece + "\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


# --- telling ----------------------------------------------------------------------------------------------------------


class Report:
    """What is said when all is done."""

    def __init__(self, *, diff: bool) -> None:
        self._diff = diff
        self._lines: list[str] = []
        self._fixed = self._left = self._unsafe = self._blocking = 0
        self._files: set[str] = set()

    @property
    def remains(self) -> bool:
        """Whether findings are left in the files that are more than information."""
        return self._blocking > 0

    def add(self, outcome: Outcome, view: View) -> None:
        """Take in what became of one project."""
        verb = "would " if self._diff else ""
        for finding in outcome.fixed:
            self._lines.append(f"{_place(finding, view)} {verb}{_title(finding)}")
        for finding in outcome.unsafe:
            self._lines.append(f"{_place(finding, view)} left: {_unsafe(finding)}")
        for left in outcome.left:
            self._lines.append(f"{_place(left.finding, view)} left: {printable(left.reason)}")
        self._fixed += len(outcome.fixed)
        self._left += len(outcome.left)
        self._unsafe += len(outcome.unsafe)
        remaining = [*outcome.unsafe, *(one.finding for one in outcome.left), *(outcome.fixed if self._diff else ())]
        self._blocking += sum(one.severity != "info" for one in remaining)
        self._files.update(view(path) for path in outcome.texts)

    def write(self, stream: Writer) -> None:
        """Print it."""
        fixed = f"{'would fix' if self._diff else 'fixed'} {_count(self._fixed, 'finding')}"
        if self._fixed:
            fixed += f" in {_count(len(self._files), 'file')}"
        parts = [fixed, f"left {self._left + self._unsafe}"]
        if self._unsafe:
            parts.append(f"--unsafe-fixes would fix {self._unsafe} more")
        for line in [*self._lines, "; ".join(parts)]:
            stream.write(line + "\n")


class Writer(Protocol):
    """Something to print on."""

    def write(self, text: str, /) -> object:
        """Print a text."""


def _place(finding: Finding, view: View) -> str:
    return f"{printable(view(finding.at.path))}:{finding.at.line}:{finding.at.column}: {finding.code}"


def _unsafe(finding: Finding) -> str:
    doubt = finding.fix.doubt if finding.fix is not None else ""
    return f"only --unsafe-fixes would {_title(finding)}" + (f": {printable(doubt)}" if doubt else "")


def _title(finding: Finding) -> str:
    return printable(finding.fix.title) if finding.fix is not None else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
