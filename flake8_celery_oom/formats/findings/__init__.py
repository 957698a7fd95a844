"""What ``celery-oom check`` writes: one module a format, each a pure function from a report to text.

A module is called after its format (``json_lines`` is ``json-lines``) and has ``render(report)``. Nothing here decides
what is reported, and nothing here may import the workspace.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flake8_celery_oom.formats.report import Report

DEFAULT = "full"
ALIASES = {"text": "full", "jsonl": "json-lines", "codeclimate": "gitlab"}


@cache
def names() -> tuple[str, ...]:
    """The formats, sorted."""
    return tuple(sorted(module.name.replace("_", "-") for module in iter_modules(__path__)))


def render(name: str, report: Report) -> str:
    """The report in a format, ending with a line end unless it is empty."""
    module = import_module(f"{__name__}.{ALIASES.get(name, name).replace('-', '_')}")
    text: str = module.render(report)
    return text
