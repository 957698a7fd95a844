"""SARIF 2.1.0 (OASIS Standard, 27 March 2020), with what GitHub's code scanning asks for besides.

GitHub ("SARIF support for code scanning") wants for each rule a name, descriptions and help, for each result a
``partialFingerprints`` and relative URIs, and shows at most 5,000 results of a run. Columns count code points here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any
from urllib.parse import quote

from flake8_celery_oom import __version__, rules
from flake8_celery_oom.formats.report import Place, Report, Reported

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 5_000
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_TAGS = ["celery", "memory"]


def render(report: Report) -> str:
    """One log of one run."""
    codes = sorted({one.code for one in report.found})
    numbers = {code: number for number, code in enumerate(codes)}
    run = {
        "tool": {
            "driver": {
                "name": "celery-oom",
                "semanticVersion": __version__,
                "rules": [_rule(code) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, numbers[one.code]) for one in _worst(report.found)],
        "properties": {"summary": dict(report.summary), "findings": len(report.found)},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _worst(found: tuple[Reported, ...]) -> Iterable[Reported]:
    """At most as many findings as a run may hold, those of lower severity left out first."""
    if len(found) <= MOST_RESULTS:
        return found
    order = {"error": 0, "warning": 1, "info": 2}
    return sorted(found, key=lambda one: order[one.severity])[:MOST_RESULTS]


@cache
def _rule(code: str) -> dict[str, Any]:
    entry = rules.entry(code)
    rule = entry.rule
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": entry.page.splitlines()[2]},
        "help": {"text": entry.page, "markdown": entry.page},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": _TAGS, "precision": "high", "problem.severity": _problem(rule.severity)},
    }


def _problem(severity: str) -> str:
    return "recommendation" if severity == "info" else severity


def _result(one: Reported, number: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": one.code,
        "ruleIndex": number,
        "level": _LEVELS[one.severity],
        "message": {"text": one.message},
        "locations": [_location(one.at)],
        "partialFingerprints": {"celeryOom/v1": one.fingerprint},
    }
    if one.related:
        result["relatedLocations"] = [
            {"id": count, **_location(at), "message": {"text": at.message}} for count, at in enumerate(one.related, 1)
        ]
    if one.fix is not None and one.replacements:
        result["fixes"] = [_fix(one)]
    return result


def _fix(one: Reported) -> dict[str, Any]:
    title = one.fix.title if one.fix is not None else ""
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in one.replacements:
        replacement = {"deletedRegion": _region(edit.at), "insertedContent": {"text": edit.text}}
        changes.setdefault(edit.at.path, []).append(replacement)
    return {
        "description": {"text": title},
        "artifactChanges": [
            {"artifactLocation": _artifact(path), "replacements": made} for path, made in sorted(changes.items())
        ],
    }


def _location(at: Place) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(at.path), "region": _region(at)}}


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path.encode("utf-8", "surrogateescape"), safe="/._-~")}


def _region(at: Place) -> dict[str, int]:
    return {
        "startLine": at.line,
        "startColumn": at.column,
        "endLine": max(at.line, at.end_line),
        "endColumn": at.end_column if at.end_line > at.line else max(at.column, at.end_column),
    }
