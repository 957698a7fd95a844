"""Reviewdog's diagnostic format.

Source: ``proto/rdf/jsonschema/DiagnosticResult.json`` of reviewdog. Its columns count bytes of UTF-8, so a column is
only given where the file's text is at hand; without one the line is meant.
"""

from __future__ import annotations

import json

from flake8_celery_oom.formats.report import Place, Report, Reported

_SEVERITIES = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}


def render(report: Report) -> str:
    """One result that holds all findings."""
    result = {
        "source": {"name": "celery-oom"},
        "severity": "WARNING",
        "diagnostics": [_diagnostic(one) for one in report.found],
    }
    return json.dumps(result, indent=2) + "\n"


def _diagnostic(one: Reported) -> dict[str, object]:
    document: dict[str, object] = {
        "message": one.message,
        "location": _location(one.at),
        "severity": _SEVERITIES[one.severity],
        "code": {"value": one.code},
        "source": {"name": "celery-oom"},
    }
    if one.related:
        document["relatedLocations"] = [{"message": at.message, "location": _location(at)} for at in one.related]
    return document


def _location(at: Place) -> dict[str, object]:
    return {"path": at.path, "range": {"start": {"line": at.line}}}
