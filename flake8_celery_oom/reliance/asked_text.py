"""A text that remembers what was asked of it."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from flake8_celery_oom.core.source import SourceText, has_match
from flake8_celery_oom.listing.watching import note_answer, note_file
from flake8_celery_oom.reliance.questions import (
    CONTENT,
    Question,
    answer_to,
    digest_of,
    digest_of_texts,
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


@dataclass(frozen=True, slots=True)
class KeptText:
    """What is known of a text that is not read: a digest of its content, its encoding, the patterns that match."""

    digest: str
    bom: bool
    encoding: str
    mentioned: dict[re.Pattern[str], bool]


class AskedText(SourceText):
    """The text of a file that notes what is asked of it: patterns, or all of it where the text itself is taken."""

    __slots__ = ("_digest", "_read", "_text", "_whole", "asked")

    def __init__(self, plain: SourceText, asked: Asked) -> None:
        self.asked = asked
        self._whole = True
        self._read: Callable[[], bytes | None] | None = None
        self._digest = ""
        super().__init__(plain.path, plain.text, bom=plain.bom, encoding=plain.encoding)
        self._whole = False

    @classmethod
    def unread(cls, path: str, kept: KeptText, asked: Asked, read: Callable[[], bytes | None]) -> AskedText:
        """The text of a file that is read when somebody takes it; ``asked`` is what others have asked of it.

        Where ``kept`` has no digest, any content counts.
        """
        made = cls(SourceText(path, "", bom=kept.bom, encoding=kept.encoding), asked)
        made.mentioned = kept.mentioned
        made._whole = asked.content is not None
        made._read, made._digest = read, kept.digest
        return made

    @property
    def text(self) -> str:
        """The decoded text. Whoever takes it relies on all of it.

        Raises OSError where the file is another by now than the one that is known.
        """
        self._load()
        if not self._whole:
            self._whole = True
            self.asked.note_content(self.to_bytes())
        return self._text

    @text.setter
    def text(self, text: str) -> None:
        self._text = text

    def _load(self) -> None:
        """Read the file, where that has not happened yet."""
        if self._read is None:
            return
        data = self._read()
        if data is None or (self._digest and digest_of(data) != self._digest):
            raise OSError(errno.EBUSY, "was changed while it was looked at", self.path)
        self._text = SourceText.from_bytes(self.path, data).text
        self._read = None

    def is_of(self, data: bytes) -> bool:
        """See :meth:`SourceText.is_of`; nobody relies on anything for it."""
        if self._read is not None:
            return digest_of(data) == self._digest
        return self.to_bytes(self._text) == data

    def mentions(self, pattern: re.Pattern[str], *letters: str) -> bool:
        """See :meth:`SourceText.mentions`."""
        if pattern not in self.mentioned:
            self._load()
            self.mentioned[pattern] = has_match(pattern, self._text, letters)
            if not self._whole:
                self.asked.note(mentions(pattern), shown(self.mentioned[pattern]))
        return self.mentioned[pattern]

    def matches(self, pattern: re.Pattern[str]) -> list[str]:
        """See :meth:`SourceText.matches`."""
        self._load()
        every = pattern.findall(self._text)
        if not self._whole:
            self.asked.note(matches(pattern), digest_of_texts(every))
        return every

    def digest(self) -> str:
        """A digest of the file's content."""
        return self._digest if self._read is not None else digest_of(self.to_bytes(self._text))


def kept_text(source: SourceText) -> KeptText:
    """What another process can know of a text without reading it."""
    content = source.digest() if isinstance(source, AskedText) else digest_of(source.to_bytes())
    return KeptText(content, source.bom, source.encoding, source.mentioned)
