"""A fleet for programs: one JSON object, sorted, the same bytes for the same results. docs/schemas has its schema."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from flake8_celery_oom.fleet.overview import Change, Overview
from flake8_celery_oom.fleet.risks import Item

VERSION = 1


def document(found: Overview, _title: str = "", compared: Change | None = None) -> str:
    """The overview; with ``changes`` where two results are compared."""
    made: dict[str, Any] = {
        "version": VERSION,
        "program": found.program,
        "ended": found.ended or None,
        "counts": found.counts,
        "not_looked_at": [asdict(one) for one in found.not_looked_at],
        "blind": list(found.blind),
        "dangers": [_item(item) for item in found.items],
        "help": [asdict(one) for one in found.help],
    }
    if compared is not None:
        made["changes"] = _changes(compared)
    return json.dumps(made, indent=2) + "\n"


def difference(compared: Change) -> str:
    """What ``celery-oom fleet diff`` says."""
    return json.dumps({"version": VERSION, **_changes(compared)}, indent=2) + "\n"


def _item(item: Item) -> dict[str, Any]:
    return {**asdict(item), "teams": list(item.teams)}


def _changes(compared: Change) -> dict[str, Any]:
    return {
        "worse": [_item(item) for item in compared.worse],
        "mended": [_item(item) for item in compared.mended],
        "new_repositories": list(compared.new_repositories),
        "gone": list(compared.gone),
        "lost": list(compared.lost),
        "before": dict(compared.before),
        "after": dict(compared.after),
    }
