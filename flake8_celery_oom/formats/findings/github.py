"""Commands of GitHub Actions that annotate the files of a pull request.

Source: "Workflow commands for GitHub Actions" and ``toolkit/packages/core/src/command.ts``, which escapes so.
"""

from __future__ import annotations

from flake8_celery_oom.formats.report import Report, Reported
from flake8_celery_oom.formats.text import printable

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def render(report: Report) -> str:
    """One command a finding."""
    return "".join(_command(one) for one in report.found)


def _command(one: Reported) -> str:
    at = one.at
    properties = {
        "title": f"{one.code} {one.name}",
        "file": printable(at.path),
        "line": str(at.line),
        "col": str(at.column),
    }
    if at.end_line == at.line:  # an end column of another line is taken for one of the first
        properties |= {"endLine": str(at.end_line), "endColumn": str(at.end_column)}
    words = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    where = "".join(f"\n{detail}" for detail in one.details)
    where += "".join(f"\n{printable(place.path)}:{place.line}: {place.message}" for place in one.related)
    return f"::{_LEVELS[one.severity]} {words}::{_data(one.message + where)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
