"""One JSON object, sorted, the same bytes for the same input."""

from __future__ import annotations

import json
from typing import Any

from flake8_celery_oom.formats.report import Place, Replacement, Report, Reported

VERSION = 1
COUNTS = ("workers", "unknown", "files", "suppressed", "baselined")


def render(report: Report) -> str:
    """``{"version", "findings", "summary"}``; ``unread`` are files, folders, links and submodules not looked at."""
    counts = {key: report.summary.get(key, 0) for key in COUNTS} | {"unread": report.unread}
    findings = [document(one) for one in report.found]
    return json.dumps({"version": VERSION, "findings": findings, "summary": counts}, indent=2) + "\n"


def document(one: Reported) -> dict[str, Any]:
    """A finding as JSON values. Lines and columns count from 1, columns in characters."""
    return {
        "code": one.code,
        "name": one.name,
        "severity": one.severity,
        **place(one.at),
        "message": one.message,
        "details": list(one.details),
        "places": one.places,
        "related": [{"path": at.path, "line": at.line, "message": at.message} for at in one.related],
        "fix": _fix(one),
        "fingerprint": one.fingerprint,
    }


def place(at: Place) -> dict[str, Any]:
    """A place as JSON values."""
    return {
        "path": at.path,
        "line": at.line,
        "column": at.column,
        "end_line": at.end_line,
        "end_column": at.end_column,
    }


def _fix(one: Reported) -> dict[str, Any] | None:
    if one.fix is None:
        return None
    edits = [_edit(edit) for edit in one.replacements]
    return {"title": one.fix.title, "safety": one.fix.safety, "edits": edits}


def _edit(edit: Replacement) -> dict[str, Any]:
    return {**place(edit.at), "replacement": edit.text}
