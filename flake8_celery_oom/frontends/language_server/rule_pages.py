"""The pages of rules as files that an editor can open."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flake8_celery_oom.rules import entry


class RulePages:
    """They are written when one is asked for, and last as long as this does."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def uri(self, code: str) -> str | None:
        """The address of a rule's page; None where it cannot be written. Raises KeyError for what is no code."""
        page = entry(code).page
        try:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="celery-oom-")
            file = Path(self._folder.name) / f"{code}.md"
            if not file.exists():
                file.write_text(page, "utf-8")
        except OSError:
            return None
        return file.as_uri()
