"""A hook of MkDocs: the page of each rule stands in the navigation below the list of all rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any


def on_config(config: Any) -> Any:
    """Add ``docs/rules/*.md`` to the section that holds ``rules.md``."""
    pages = [f"rules/{page.name}" for page in sorted(Path(config["docs_dir"], "rules").glob("*.md"))]
    for section in _lists(config["nav"]):
        if "rules.md" in section:
            section.extend(pages)
            return config
    message = "no section of the navigation holds rules.md"
    raise LookupError(message)


def _lists(nav: Any) -> Iterator[list[Any]]:
    if isinstance(nav, dict):
        for value in nav.values():
            yield from _lists(value)
    elif isinstance(nav, list):
        yield nav
        for value in nav:
            yield from _lists(value)
