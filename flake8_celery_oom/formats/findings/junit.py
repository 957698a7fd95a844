"""JUnit's XML: a suite of one test for each finding, which failed, or of one that passed.

Source: the reader of Jenkins (``junit-10.xsd`` of its xUnit plugin) and GitLab's "Unit test reports".
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from flake8_celery_oom.formats.report import Report, Reported
from flake8_celery_oom.formats.text import printable


def render(report: Report) -> str:
    """The suite ``celery-oom``."""
    count = len(report.found)
    cases = [_case(one) for one in report.found] or ['    <testcase classname="celery-oom" name="workers" time="0"/>']
    counts = f'tests="{len(cases)}" failures="{count}" errors="0"'
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuites name="celery-oom" {counts}>',
            f'  <testsuite name="celery-oom" {counts} skipped="0" time="0">',
            *cases,
            "  </testsuite>",
            "</testsuites>",
            "",
        ]
    )


def _case(one: Reported) -> str:
    path = printable(one.at.path)
    name = f"{one.code} {one.name} at line {one.at.line}, column {one.at.column}"
    lines = [f"{path}:{one.at.line}:{one.at.column}: {one.code} {one.message}"]
    lines += one.details
    lines += [f"{printable(at.path)}:{at.line}: {at.message}" for at in one.related]
    body = escape("\n".join(lines))
    file = quoteattr(path)
    case = f'    <testcase classname={file} name={quoteattr(name)} file={file} line="{one.at.line}" time="0">'
    failure = f'      <failure type="{one.severity}" message={quoteattr(one.message)}>{body}</failure>'
    return "\n".join([case, failure, "    </testcase>"])
