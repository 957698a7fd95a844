"""GitLab's code quality report, which is the one of Code Climate.

Source: "Code Quality" in GitLab's documentation, "Code Quality report format".
"""

from __future__ import annotations

import json
from hashlib import sha256

from flake8_celery_oom.formats.report import Report, Reported

_SEVERITIES = {"error": "critical", "warning": "major", "info": "info"}


def render(report: Report) -> str:
    """A list of issues; a file without findings is an empty list."""
    return json.dumps([_issue(one) for one in report.found], indent=2) + "\n"


def _issue(one: Reported) -> dict[str, object]:
    return {
        "type": "issue",
        "description": f"{one.code} {one.message}",
        "check_name": one.name,
        "categories": ["Bug Risk"],
        # two projects of one run may hold the same finding at the same path of their own
        "fingerprint": sha256(f"{one.fingerprint}\n{one.at.path}".encode("utf-8", "surrogateescape")).hexdigest(),
        "severity": _SEVERITIES[one.severity],
        "location": {
            "path": one.at.path,
            "lines": {"begin": one.at.line, "end": max(one.at.line, one.at.end_line)},
        },
    }
