"""Questions about the content of one file that have the same answer for most of its edits.

A question is a tuple of its kind and what is asked, an answer is a text: both can be kept anywhere.
"""

from __future__ import annotations

import hashlib
import re
from typing import TypeAlias

from flake8_celery_oom import discover
from flake8_celery_oom.core.facts import Fact, mishap
from flake8_celery_oom.core.source import SourceText, encoding_of

Question: TypeAlias = tuple[str | int, ...]


def sift(path: str) -> Question:
    """Whether there is a text, and which words that decide whether it is looked at are in it."""
    return ("sift", "python") if discover.is_python(path) else ("sift",)


CONTENT: Question = ("content",)
"""All that the file holds."""


def no_facts(path: str) -> Question:
    """Whether the file says nothing by itself; ``path`` is relative to the root."""
    return ("no facts", path)


def mentions(pattern: re.Pattern[str]) -> Question:
    """Whether the text has a match for a pattern."""
    return ("mentions", pattern.pattern, pattern.flags)


def matches(pattern: re.Pattern[str]) -> Question:
    """All matches of a pattern."""
    return ("matches", pattern.pattern, pattern.flags)


def answer_to(question: Question, data: bytes | None) -> str:
    """What a file of this content answers; ``data`` is None for a file that cannot be read.

    Raises ValueError for what is no question.
    """
    if question[0] == "sift":
        return Sifted(data, python=len(question) > 1).answer
    if question == CONTENT:
        return digest_of(data)
    source = text_of("", data)
    match question:
        case ("no facts", str(path)):
            source = text_of(path, data)
            return shown(source is None or not facts_of(source))
        case ("mentions", str(pattern), int(flags)):
            return shown(source is not None and re.compile(pattern, flags).search(source.text) is not None)
        case ("matches", str(pattern), int(flags)):
            return digest_of_texts(re.compile(pattern, flags).findall(source.text) if source is not None else [])
        case _:
            raise ValueError(question)


def shown(truth: bool) -> str:
    """The answer to a question that is answered with yes or no."""
    return "yes" if truth else "no"


def digest_of(data: bytes | None) -> str:
    """The answer to :data:`CONTENT`."""
    return hashlib.blake2b(data, digest_size=20).hexdigest() if data is not None else ""


def digest_of_texts(found: list[str] | list[tuple[str, ...]]) -> str:
    """The answer to a question that is answered with texts."""
    return hashlib.blake2b(repr(found).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()


class Sifted:
    """What of a file's bytes decides whether it is looked at."""

    __slots__ = ("binary", "mentions_celery", "readable", "silences", "starts")

    def __init__(self, data: bytes | None, *, python: bool) -> None:
        self.readable = data is not None
        self.binary = data is not None and b"\0" in data[:BINARY_HEAD]
        if self.binary and data is not None and encoding_of(data):
            source = text_of("", data)
            self.binary = source is None
            data = source.text.encode("utf-8", "surrogatepass") if source is not None else data
        self.mentions_celery = data is not None and discover.mentions_celery(data)
        self.silences = data is not None and discover.mentions_suppression(data)
        self.starts = python and data is not None and not self.mentions_celery and discover.may_start_worker(data)

    @property
    def answer(self) -> str:
        """The answer to the question that :func:`sift` gives."""
        return "".join(str(int(getattr(self, name))) for name in self.__slots__)


BINARY_HEAD = 4096
"""A NUL in the first bytes, this many, makes a file no text."""


def sifted(path: str, data: bytes | None) -> Sifted:
    """What of the bytes of a file decides whether it is looked at."""
    return Sifted(data, python=discover.is_python(path))


def text_of(path: str, data: bytes | None) -> SourceText | None:
    """The text of a file, or None when it is no text."""
    if data is None or (b"\0" in data[:BINARY_HEAD] and not encoding_of(data)):
        return None
    try:
        return SourceText.from_bytes(path, data)
    except UnicodeDecodeError:
        return None


def facts_of(source: SourceText) -> list[Fact]:
    """What a file says by itself."""
    from flake8_celery_oom.sources.kinds import HEAD, kinds_of

    found: list[Fact] = []
    for kind in kinds_of(source.path, source.text[:HEAD]):
        try:
            found.extend(kind.read(source))
        except MemoryError:
            raise
        except Exception as error:  # the other files are still to be read
            found.append(mishap(source.line_location(1), error))
    return found
