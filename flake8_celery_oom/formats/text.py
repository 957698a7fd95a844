"""Findings for people: ``path:line:column: CODE message``, as flake8 prints them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location

Line: TypeAlias = tuple[tuple[str, str], ...]
"""The pieces of one line of output: text and the name of its style."""

View: TypeAlias = Callable[[str], str]
"""What a path of the workspace is called where the reader stands."""

RELATED_SHOWN = 4


def from_root(path: str) -> str:
    """The view of a reader who stands at the root of the workspace."""
    return path


def printable(text: str) -> str:
    """Text that cannot break a line or change a terminal."""
    return "".join(char if char.isprintable() else "?" for char in text)


def finding_lines(findings: Sequence[Finding], view: View = from_root) -> list[Line]:
    """One line a finding, and an indented one for each place that belongs to it."""
    lines: list[Line] = []
    for finding in findings:
        where = _where(finding.at, view)
        lines.append(((where, "bold"), (": ", ""), (finding.code, _style(finding)), (f" {finding.message}", "")))
        shown = finding.related if len(finding.related) <= RELATED_SHOWN else finding.related[: RELATED_SHOWN - 1]
        lines.extend(((f"    {_where(one.at, view)}: {one.message}", "dim"),) for one in shown)
        if len(shown) < len(finding.related):
            lines.append(((f"    and {len(finding.related) - len(shown)} places more", "dim"),))
    return lines


def summary_line(findings: Sequence[Finding], summary: Mapping[str, int]) -> Line:
    """How much was looked at, and how much of it could not be read from the files."""
    found = _count(len(findings), "finding") if findings else "no findings"
    text = (
        f"{found} in {_count(summary['files'], 'file')}; {_count(summary['workers'], 'worker')}, "
        f"{_count(summary['unknown'], 'value')} unknown"
    )
    if summary.get("suppressed"):
        text += f", {_count(summary['suppressed'], 'finding')} suppressed"
    return ((text, ""),)


def plain(lines: Sequence[Line]) -> str:
    """The lines without their styles, each with a line end."""
    return "".join("".join(text for text, _ in line) + "\n" for line in lines)


def _where(at: Location, view: View) -> str:
    return f"{printable(view(at.path))}:{at.line}:{at.column}"


def _style(finding: Finding) -> str:
    return {"error": "bold red", "warning": "bold yellow", "info": "bold blue"}[finding.severity]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
