"""A text that remembers what was asked of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from flake8_celery_oom.core.source import SourceText, has_match
from flake8_celery_oom.listing.watching import note_answer, note_file
from flake8_celery_oom.reliance.questions import (
    CONTENT,
    Question,
    answer_to,
    digest,
    digest_of,
    matches,
    mentions,
    shown,
)


@dataclass(slots=True)
class Asked:
    """What is relied on of the file at ``full``: answers to questions, or with ``content`` all of it.

    ``content`` is a digest; it is empty where the file gave no text.
    """

    full: str
    answers: dict[Question, str] = field(default_factory=dict)
    content: str | None = None

    def note(self, question: Question, answer: str) -> None:
        """A question was answered."""
        self.answers[question] = answer
        note_answer(self.full, question, answer)

    def note_content(self, data: bytes | None) -> None:
        """Somebody relies on all of the file."""
        self.content = digest_of(data)
        self._tell_content()

    def tell(self) -> None:
        """Tell whoever watches now, as if all was asked again."""
        for question, answer in self.answers.items():
            note_answer(self.full, question, answer)
        if self.content is not None:
            self._tell_content()

    def _tell_content(self) -> None:
        if self.content:
            note_answer(self.full, CONTENT, self.content)
        else:
            note_file(self.full)

    def holds_for(self, data: bytes) -> bool:
        """Whether another content answers all that was asked alike, and nobody relies on the rest."""
        return self.content is None and all(
            answer_to(question, data) == said for question, said in self.answers.items()
        )


class AskedText(SourceText):
    """The text of a file that notes what is asked of it: patterns, or all of it where the text itself is taken."""

    __slots__ = ("_mentions", "_text", "_whole", "asked")

    def __init__(self, plain: SourceText, asked: Asked) -> None:
        self.asked = asked
        self._whole = True
        self._mentions: dict[re.Pattern[str], bool] = {}
        super().__init__(plain.path, plain.text, bom=plain.bom, encoding=plain.encoding)
        self._whole = False

    @property
    def text(self) -> str:
        """The decoded text. Whoever takes it relies on all of it."""
        if not self._whole:
            self._whole = True
            self.asked.note_content(self.to_bytes())
        return self._text

    @text.setter
    def text(self, text: str) -> None:
        self._text = text

    def is_of(self, data: bytes) -> bool:
        """See :meth:`SourceText.is_of`; nobody relies on anything for it."""
        return self.to_bytes(self._text) == data

    def mentions(self, pattern: re.Pattern[str], *letters: str) -> bool:
        """See :meth:`SourceText.mentions`."""
        if pattern not in self._mentions:
            self._mentions[pattern] = has_match(pattern, self._text, letters)
            if not self._whole:
                self.asked.note(mentions(pattern), shown(self._mentions[pattern]))
        return self._mentions[pattern]

    def matches(self, pattern: re.Pattern[str]) -> list[str]:
        """See :meth:`SourceText.matches`."""
        every = pattern.findall(self._text)
        if not self._whole:
            self.asked.note(matches(pattern), digest(every))
        return every
