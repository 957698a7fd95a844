"""A comment for a pull request: one table, the worst first."""

from __future__ import annotations

from flake8_celery_oom.formats.markdown import escaped as cell
from flake8_celery_oom.formats.report import SEVERITIES, Report, Reported
from flake8_celery_oom.formats.text import printable, summary_line, words_of


def render(report: Report) -> str:
    """A heading, the table, and the counts."""
    lines = ["## celery-oom", ""]
    if report.found:
        lines += ["| severity | where | what |", "|---|---|---|"]
        worst_first = sorted(report.found, key=lambda one: SEVERITIES.index(one.severity))
        lines += [_row(one) for one in worst_first]
        lines.append("")
    return "\n".join([*lines, words_of(summary_line(report)), ""])


def _row(one: Reported) -> str:
    where = f"{printable(one.at.path)}:{one.at.line}"
    related = "".join(f"<br>{cell(detail)}" for detail in one.details)
    related += "".join(f"<br>{cell(f'{printable(at.path)}:{at.line}: {at.message}')}" for at in one.related)
    return f"| {one.severity} | {cell(where)} | **{one.code}** {cell(one.message)}{related} |"
