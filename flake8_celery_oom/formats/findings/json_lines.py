"""One JSON object a line, a finding each."""

from __future__ import annotations

import json

from flake8_celery_oom.formats.findings.json import document
from flake8_celery_oom.formats.report import Report


def render(report: Report) -> str:
    """The findings as in ``json``, without the summary."""
    return "".join(json.dumps(document(one)) + "\n" for one in report.found)
