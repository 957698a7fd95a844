"""What ``[tool.celery-oom]`` may hold: its JSON schema for editors, and its reference for people.

``docs/celery-oom.schema.json`` and the table of ``docs/configuration.md`` are made from it.
"""

from __future__ import annotations

import json
from typing import Any

from flake8_celery_oom.config import DEFAULT_BASELINE, MOST_HEADROOM, WEIGHTS

_CODE = {"type": "string", "pattern": "^[Cc]([Oo][0-9]{0,3})?$"}
_CODES = {"type": "array", "items": _CODE}
_SEVERITY = {"enum": ["error", "warning", "info"]}
_NUMBER = {"type": "integer", "minimum": 1}
_WEIGHTS = {
    "type": "object",
    "additionalProperties": False,
    "required": [name for name in WEIGHTS if name != "one-process"],
    "properties": {name: {"type": "number", "exclusiveMinimum": 0} for name in WEIGHTS},
}
PROPERTIES: dict[str, dict[str, Any]] = {
    "select": {
        **_CODES,
        "description": "The rules that run: codes or beginnings of codes. Default: those that are on.",
    },
    "extend-select": {**_CODES, "description": "Rules that run besides."},
    "ignore": {**_CODES, "description": "Rules that do not run; the longer beginning of a code decides."},
    "exclude": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Gitignore patterns of files that are not read.",
    },
    "celery-version": {
        "type": "string",
        "description": "The version of Celery where no requirement names one: 5.4.0, or >=5.2,<6.",
    },
    "concurrency": {**_NUMBER, "description": "The number of child processes that fixes write."},
    "max-memory-per-child": {**_NUMBER, "description": "The number of KiB that fixes write."},
    "max-tasks-per-child": {**_NUMBER, "description": "The number of tasks that fixes write."},
    "fix-place": {
        "enum": ["auto", "command", "settings"],
        "default": "auto",
        "description": "Where a fix writes an option that no command of an app sets. auto: the settings, for three "
        "or more workers of one app.",
    },
    "weights": {
        "type": "object",
        "additionalProperties": _WEIGHTS,
        "description": "What an idle worker of each app weighs, in MiB, as celery-oom weigh prints it.",
    },
    "headroom": {
        "type": "integer",
        "minimum": 0,
        "maximum": MOST_HEADROOM,
        "default": 20,
        "description": "The percentage of a memory limit that fixes leave free.",
    },
    "per-file-ignores": {
        "type": "object",
        "additionalProperties": _CODES,
        "description": "Gitignore patterns, each with the codes that are not reported in these files.",
    },
    "severity": {
        "type": "object",
        "propertyNames": _CODE,
        "additionalProperties": _SEVERITY,
        "description": "Codes or beginnings of codes, each with the severity of its findings.",
    },
    "baseline": {
        "type": "string",
        "default": DEFAULT_BASELINE,
        "description": "The file of findings that are not reported, relative to the root of the project.",
    },
    "all-places": {
        "type": "boolean",
        "default": False,
        "description": "Report what one edit mends at every place.",
    },
    "require-reason": {
        "type": "boolean",
        "default": False,
        "description": "A comment that silences a finding must say why.",
    },
    "inline-ignores": {
        "type": "boolean",
        "default": True,
        "description": "Whether comments may silence findings.",
    },
    "extend": {"type": "string", "description": "A TOML file whose [tool.celery-oom] this one stands on."},
}


def schema() -> str:
    """The schema as the text of a JSON file."""
    document = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "The table [tool.celery-oom] of pyproject.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": PROPERTIES,
    }
    return json.dumps(document, indent=2) + "\n"


def reference() -> str:
    """All keys as a table of Markdown: type, default, meaning."""
    rows = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for key, about in PROPERTIES.items():
        default = json.dumps(about["default"]) if "default" in about else ""
        rows.append(f"| `{key}` | {_kind(about)} | {f'`{default}`' if default else ''} | {about['description']} |")
    return "\n".join(rows) + "\n"


def _kind(about: dict[str, Any]) -> str:
    """The type of a value in words."""
    match about:
        case {"enum": [*choices]}:
            return ", ".join(f"`{choice}`" for choice in choices)
        case {"type": "array", "items": items}:
            return "list of codes" if items is _CODE else "list of texts"
        case {"type": "object", "additionalProperties": {"enum": [*choices]}}:
            return f"table of codes: {', '.join(f'`{choice}`' for choice in choices)}"
        case {"type": "object", "additionalProperties": {"type": "array"}}:
            return "table of patterns: list of codes"
        case {"type": "object"}:
            return f"table of apps: {', '.join(f'`{name}`' for name in WEIGHTS)}"
        case {"type": "integer", "maximum": most, "minimum": least}:
            return f"number from {least} to {most}"
        case {"type": kind}:
            return {"string": "text", "integer": "number", "boolean": "`true`, `false`"}[str(kind)]
        case _:
            raise TypeError(about)
