"""Checkstyle's XML, which Jenkins and many others read.

Source: ``checkstyle/XMLLogger.java`` of Checkstyle 10: ``checkstyle > file[name] > error[line, column, severity,
message, source]``.
"""

from __future__ import annotations

from itertools import groupby
from xml.sax.saxutils import quoteattr

from flake8_celery_oom.formats.report import Report, Reported
from flake8_celery_oom.formats.text import printable


def render(report: Report) -> str:
    """The findings by file."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<checkstyle version="8.0">']
    for path, found in groupby(sorted(report.found, key=lambda one: one.at.path), key=lambda one: one.at.path):
        lines.append(f"  <file name={quoteattr(printable(path))}>")
        lines.extend(f"    {_error(one)}" for one in found)
        lines.append("  </file>")
    return "\n".join([*lines, "</checkstyle>", ""])


def _error(one: Reported) -> str:
    source = quoteattr(f"celery-oom.{one.code}")
    place = f'line="{one.at.line}" column="{one.at.column}"'
    return (
        f'<error {place} severity="{one.severity}" message={quoteattr(f"{one.code} {one.message}")} source={source}/>'
    )
