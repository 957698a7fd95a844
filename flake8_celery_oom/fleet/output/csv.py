"""A fleet as comma separated values: one row a danger, the surest loss first, and none left out."""

from __future__ import annotations

import csv
import io

from flake8_celery_oom.fleet.overview import Change, Overview
from flake8_celery_oom.fleet.risks import BY_KEY, Item

COLUMNS = ("danger", "repository", "path", "line", "kind", "subject", "text", "teams", "fix", "fix_safety")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (owasp.org, CSV Injection)."""


def table(found: Overview, _title: str = "", _compared: Change | None = None) -> str:
    """The rows under their names."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in found.not_looked_at:
        writer.writerow(map(_cell, ("not looked at", one.repository, "", "", "", one.result, one.reason, "", "", "")))
    for item in found.items:
        writer.writerow(map(_cell, _row(item)))
    return text.getvalue()


def _row(item: Item) -> tuple[object, ...]:
    place = (item.repository, item.path, item.line)
    return (
        BY_KEY[item.risk].title,
        *place,
        item.kind,
        item.subject,
        item.text,
        " ".join(item.teams),
        item.fix,
        item.fix_safety,
    )


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
