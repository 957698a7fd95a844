"""Words by which a text is known to lead on: each is looked for by its letters first, which is quick."""

from __future__ import annotations

import re

_LONG = 20_000
"""The answer for a longer text is not remembered."""


class Signs:
    """Patterns that are looked for in texts, whatever the case of their letters."""

    def __init__(self) -> None:
        self._patterns: dict[str, dict[str, re.Pattern[str] | None]] = {}
        """By letters that every match contains: the patterns, compiled once they are needed."""
        self._known: dict[str, bool] = {}

    def add(self, letters: str, pattern: str) -> None:
        """Look for ``pattern`` where a text contains ``letters``."""
        self._patterns.setdefault(letters.lower(), {}).setdefault(pattern, None)
        self._known.clear()

    def add_name(self, name: str) -> None:
        """Look for the name of a file or program."""
        self.add(name, rf"(?<![\w.-]){re.escape(name)}(?![\w-])")

    def inside(self, text: str) -> bool:
        """Whether one of the patterns has a match in a text."""
        if len(text) > _LONG:
            return self._search(text)
        if text not in self._known:
            self._known[text] = self._search(text)
        return self._known[text]

    def _search(self, text: str) -> bool:
        low = text.lower()
        return any(
            letters in low and any(self._compiled(letters, one).search(text) for one in patterns)
            for letters, patterns in self._patterns.items()
        )

    def _compiled(self, letters: str, pattern: str) -> re.Pattern[str]:
        made = self._patterns[letters][pattern]
        if made is None:
            made = self._patterns[letters][pattern] = re.compile(pattern, re.IGNORECASE)
        return made
