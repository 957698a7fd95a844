"""A text that notes what is asked of it."""

from __future__ import annotations

import re
from collections.abc import Callable

from flake8_celery_oom.core.source import SourceText, has_match
from flake8_celery_oom.reliance.questions import Question, digest, matches, mentions, shown


class AskedText(SourceText):
    """The text of a file that notes what is asked of it: patterns, or all of it where the text itself is taken.

    ``note`` gets each question with its answer, None for the text itself.
    """

    __slots__ = ("_mentions", "_note", "_text", "_whole")

    def __init__(self, plain: SourceText, note: Callable[[str, Question | None, str], None]) -> None:
        self._note = note
        self._whole = True
        self._mentions: dict[re.Pattern[str], bool] = {}
        super().__init__(plain.path, plain.text, bom=plain.bom, encoding=plain.encoding)
        self._whole = False

    @property
    def text(self) -> str:
        """The decoded text. Whoever takes it relies on all of it."""
        if not self._whole:
            self._whole = True
            self._note(self.path, None, "")
        return self._text

    @text.setter
    def text(self, text: str) -> None:
        self._text = text

    def mentions(self, pattern: re.Pattern[str], *letters: str) -> bool:
        """See :meth:`SourceText.mentions`."""
        if pattern not in self._mentions:
            self._mentions[pattern] = has_match(pattern, self._text, letters)
            if not self._whole:
                self._note(self.path, mentions(pattern), shown(self._mentions[pattern]))
        return self._mentions[pattern]

    def matches(self, pattern: re.Pattern[str]) -> list[str]:
        """See :meth:`SourceText.matches`."""
        every = pattern.findall(self._text)
        if not self._whole:
            self._note(self.path, matches(pattern), digest(every))
        return every
