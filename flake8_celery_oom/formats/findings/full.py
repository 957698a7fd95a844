"""For people: ``path:line:column: CODE message``, with the places that belong to it, and a line that sums up."""

from __future__ import annotations

from flake8_celery_oom.formats import text
from flake8_celery_oom.formats.report import Report


def render(report: Report) -> str:
    """Findings with their related places."""
    return text.plain([*text.finding_lines(report.found), text.summary_line(report), *text.advice_lines(report)])
