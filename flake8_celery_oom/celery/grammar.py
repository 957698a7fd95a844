"""How words become options: optparse (Celery 3.1), argparse (4.x) and click (5.x), on words that may be partly unknown.

Differences that matter:

===================  =========  =============  ======
..                   optparse   argparse       click
===================  =========  =============  ======
``--conc 2``         yes        yes            no
``-c=2``             ``"=2"``   ``"2"``        ``"=2"``
``--pidfile -E``     ``"-E"``   no value       ``"-E"``
===================  =========  =============  ======
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from flake8_celery_oom.celery.options import Option, Table
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.word import Word

_NEGATIVE_NUMBER = re.compile(r"-\d+$|-\d*\.\d+$")


@dataclass(frozen=True, slots=True)
class Grammar:
    """The habits of one parser."""

    name: Literal["optparse", "argparse", "click"]
    abbreviations: bool
    drops_equals: bool
    values_may_begin_with_dash: bool


OPTPARSE = Grammar("optparse", abbreviations=True, drops_equals=False, values_may_begin_with_dash=True)
ARGPARSE = Grammar("argparse", abbreviations=True, drops_equals=True, values_may_begin_with_dash=False)
CLICK = Grammar("click", abbreviations=False, drops_equals=False, values_may_begin_with_dash=True)


@dataclass(frozen=True, slots=True)
class Given:
    """An option with its value (None for a flag). ``word`` holds the option, ``spelling`` is the option alone."""

    option: Option
    spelling: str
    word: Word
    value: Word | None
    equals: bool = False
    """The value of a short option begins with a superfluous ``=`` (``-c=2`` where that is wrong)."""


@dataclass(frozen=True, slots=True)
class Positional:
    """A word that is no option."""

    word: Word


@dataclass(frozen=True, slots=True)
class Blank:
    """A word of which the option, if it is one, is unknown: ``$OPTS``, ``--$NAME=3``. ``prefix`` is what is known."""

    word: Word
    prefix: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """A word that the parser refuses."""

    kind: Literal["unknown-option", "abbreviated-option", "ambiguous-option", "missing-value", "needless-value"]
    word: Word
    spelling: str
    option: Option | None = None
    value: Word | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """Everything behind ``--``."""

    words: tuple[Word, ...]


Item: TypeAlias = Given | Positional | Blank | Mistake | Rest


def head(word: Word) -> str:
    """The known text with which a word begins."""
    first = word.parts[0] if word.parts else ""
    return first if isinstance(first, str) else ""


def begins_with_dash(word: Word) -> bool:
    """Whether the word certainly begins with a dash."""
    return head(word).startswith("-")


def after(word: Word, count: int) -> Word:
    """The word without its first ``count`` characters, which are known; the location is exact where it can be."""
    rest = head(word)[count:]
    parts: tuple[str | Hole, ...] = (rest, *word.parts[1:]) if rest or len(word.parts) == 1 else word.parts[1:]
    at = word.at
    if at is not None and at.line == at.end_line and at.end - at.start == len(word.shown):
        at = replace(at, start=at.start + count, column=at.column + count)
    return Word(parts, at)


def span(first: Location | None, last: Location | None) -> Location | None:
    """From the beginning of one location to the end of another in the same file."""
    if first is None or last is None or first.path != last.path or last.end < first.end:
        return first
    return replace(first, end=last.end, end_line=last.end_line, end_column=last.end_column)


def option_location(words: Sequence[Word], value_at: Location) -> Location:
    """The option together with its value, where ``value_at`` is the value (or the whole of a flag)."""
    for index, word in enumerate(words):
        if word.at is None or word.at.path != value_at.path:
            continue
        if word.at.start <= value_at.start and value_at.end <= word.at.end:
            before = words[index - 1] if index else None
            follows = before is not None and before.at is not None and begins_with_dash(before)
            separate = word.at == value_at and not begins_with_dash(word)
            together = span(before.at, word.at) if before is not None and follows and separate else None
            return together or word.at
    return value_at


class Scanner:
    """Takes words apart, one item at a time, as the parser of one version of Celery does."""

    def __init__(self, words: Sequence[Word], table: Table, grammar: Grammar) -> None:
        self.words = words
        self.table = table
        self.grammar = grammar
        self.position = 0
        self._found: deque[Item] = deque()

    @property
    def remaining(self) -> Sequence[Word]:
        """The words that are not taken yet."""
        return self.words[self.position :]

    def next(self) -> Item | None:
        """The next item; None at the end."""
        if self._found:
            return self._found.popleft()
        if self.position >= len(self.words):
            return None
        word = self.words[self.position]
        self.position += 1
        text = head(word)
        if not text and word.holes:
            return Blank(word, "")
        if word.text == "--":
            rest = tuple(self.remaining)
            self.position = len(self.words)
            return Rest(rest)
        if not text.startswith("-") or word.text == "-":
            return Positional(word)
        if text.startswith("--") or (len(text) > 2 and word.text in self.table.options):
            return self._long(word, text)
        self._found.extend(self._short(word, text))
        return self._found.popleft()

    def next_of_word(self) -> Item | None:
        """The next item of a word that holds several (``-EB``); None when the word is done."""
        return self._found.popleft() if self._found else None

    def matches(self, spelling: str) -> list[str]:
        """The spellings that ``spelling`` may stand for: itself, or those that it abbreviates."""
        if spelling in self.table.options:
            return [spelling]
        return self.table.beginning_with(spelling) if self.grammar.abbreviations else []

    def _long(self, word: Word, text: str) -> Item:
        spelling, equals, _ = text.partition("=")
        if not equals and len(word.parts) > 1:
            return Blank(word, spelling)
        value = after(word, len(spelling) + 1) if equals else None
        found = self.matches(spelling)
        if len(found) > 1:
            return Mistake("ambiguous-option", word, spelling, value=value)
        if not found:
            return self._unknown(word, spelling, value)
        option = self.table.options[found[0]]
        if option.takes_value:
            return self._with_value(option, found[0], word, value)
        if value is not None:
            return Mistake("needless-value", word, spelling, option, value)
        return Given(option, found[0], word, None)

    def _unknown(self, word: Word, spelling: str, value: Word | None) -> Mistake:
        elsewhere = self.table.elsewhere.get(spelling)
        if elsewhere is None and len(spelling) > 3:
            completed = self.table.beginning_with(spelling)
            if len(completed) == 1:
                return Mistake("abbreviated-option", word, completed[0], self.table.options[completed[0]], value)
        return Mistake("unknown-option", word, spelling, elsewhere, value)

    def _short(self, word: Word, text: str) -> list[Item]:
        """``-c2``, ``-c 2``, ``-c=2``, and flags in a row that may end with an option and its value: ``-EBc2``."""
        items: list[Item] = []
        for index, letter in enumerate(text[1:], start=1):
            spelling = f"-{letter}"
            value = after(word, index + 1) if len(text) > index + 1 or len(word.parts) > 1 else None
            option = self.table.options.get(spelling)
            if option is None:
                return [*items, Mistake("unknown-option", word, spelling, self.table.elsewhere.get(spelling), value)]
            if not option.takes_value and value is not None and head(value).startswith("="):
                return [*items, Mistake("needless-value", word, spelling, option, after(value, 1))]
            if not option.takes_value:
                items.append(Given(option, spelling, word, None))
            elif value is not None and head(value).startswith("="):
                if self.grammar.drops_equals and index == 1:
                    return [Given(option, spelling, word, after(value, 1))]
                return [*items, Given(option, spelling, word, value, equals=True)]
            else:
                return [*items, self._with_value(option, spelling, word, value)]
        return items if len(word.parts) == 1 else [*items, Blank(word, text[:2])]

    def _with_value(self, option: Option, spelling: str, word: Word, value: Word | None) -> Item:
        if value is None and self._value_follows():
            value = self.words[self.position]
            self.position += 1
        if value is None:
            return Mistake("missing-value", word, spelling, option)
        return Given(option, spelling, word, value)

    def _value_follows(self) -> bool:
        if self.position >= len(self.words):
            return False
        return self.grammar.values_may_begin_with_dash or not self._is_option(self.words[self.position])

    def _is_option(self, word: Word) -> bool:
        """Whether argparse takes the word for an option rather than for a value."""
        text = head(word)
        if not text.startswith("-") or word.text == "-":
            return False
        if text[:2] in self.table.options or self.matches(text.partition("=")[0]):
            return True
        return not (_NEGATIVE_NUMBER.match(word.text or "") or " " in text)
