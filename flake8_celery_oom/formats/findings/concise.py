"""One line a finding: ``path:line:column: CODE message``, as flake8 prints them."""

from __future__ import annotations

from flake8_celery_oom.formats import text
from flake8_celery_oom.formats.report import Report


def render(report: Report) -> str:
    """Nothing but the findings."""
    return text.plain(text.finding_lines(report.found, with_related=False))
