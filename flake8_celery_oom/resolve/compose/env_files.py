"""Env files of compose projects: those that fill in variables of compose files, and those that services name.

Held against Docker Compose 5.6.1 (``dotenv`` and ``WithServicesEnvironmentResolved`` of compose-go 2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from flake8_celery_oom.core.facts import Variables
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.sources import dotenv
from flake8_celery_oom.syntax.compose_variables import Lookup, UnclearError, substituted

Values = Mapping[str, str]
_RAW_LINE = re.compile(r"^[ \t]*(?P<name>[^\s#=][^=\r\n]*)(?:=(?P<value>[^\r\n]*))?", re.MULTILINE)


class EnvFiles:
    """The env files of a repository, also those that only their users call so."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known = {one.path: one for one in facts.variables if one.kind == "file"}

    def at(self, path: str) -> Variables | None:
        """The variables of a file that something names as its env file; None where it is not here."""
        if path not in self._known and path in self._facts.file_set:
            source = self._facts.read(path)
            found = dotenv.read(source) if source is not None else []
            for fact in found:
                if isinstance(fact, Variables):
                    self._known[path] = fact
                    self._facts.variables.append(fact)
        return self._known.get(path)

    def values(self, paths: Sequence[str], known: Values) -> Values:
        """The likely values of the variables of these files, where those of ``known`` are set."""
        found: dict[str, Word] = {}
        for path in paths:
            words = self.words(path, known.get, before=found)
            found.update({name: word for name, word in words.items() if word.default_text is not None})
        return {name: likely_text(word) for name, word in found.items()}

    def words(
        self, path: str, lookup: Lookup, *, before: Mapping[str, Word] | None = None, raw: bool = False
    ) -> dict[str, Word]:
        """The variables of one file.

        A variable in a value is one of ``lookup``, else one further up in the file, else one of ``before``: those of
        the files that are named before this one.

        ``raw``: values are what stands behind the first ``=``, as in ``docker run --env-file``.
        """
        if raw:
            source = self._facts.read(path) if path in self._facts.file_set else None
            return _raw(source, _first_of(lookup, _likely_in(before or {}))) if source is not None else {}
        source = self._facts.read(path) if self.at(path) is not None else None
        found: dict[str, Word] = {}
        earlier = _likely_in(before or {})
        every = _first_of(lookup, _likely_in(found), earlier)

        for name, word in dotenv.assignments(source) if source is not None else ():
            first = next(iter(word.holes), None)
            if first is not None and first.source == name:
                taken = _taken_over(name, word.at, _first_of(lookup, earlier))
                found.update({} if taken is None else {name: taken})
            else:
                found[name] = _with_defaults(word, every)
        return found


def likely_text(word: Word) -> str:
    """The likely value of a variable. Raises UnclearError where there is none."""
    text = word.default_text
    if text is None:
        raise UnclearError
    return text


def _likely_in(words: Mapping[str, Word]) -> Lookup:
    """Looks up the likely values of these variables, also of those that are added later."""
    return lambda name: likely_text(words[name]) if name in words else None


def _raw(source: SourceText, lookup: Lookup) -> dict[str, Word]:
    found: dict[str, Word] = {}
    for match in _RAW_LINE.finditer(source.text):
        name = match["name"]
        if match["value"] is not None:
            found[name] = Word.of(MappedText.plain(source, *match.span("value")))
        else:
            taken = _taken_over(name, source.location(*match.span("name")), lookup)
            found.update({} if taken is None else {name: taken})
    return found


def _taken_over(name: str, at: Location | None, lookup: Lookup) -> Word | None:
    """A variable that an env file takes over from outside; None where nothing sets it there."""
    try:
        text = lookup(name)
    except UnclearError:
        return Word((Hole(name, name, at=at),), at)
    return None if text is None else Word((Hole(name, name, text, at),), at)


def _first_of(*lookups: Callable[[str], str | None]) -> Lookup:
    def lookup(name: str) -> str | None:
        return next((text for one in lookups if (text := one(name)) is not None), None)

    return lookup


def _with_defaults(word: Word, lookup: Lookup) -> Word:
    """A value with what Compose makes of its variables as their defaults; ``$$`` is a dollar to it alone."""
    holes = word.holes
    if not holes or not all(hole.source.startswith("$") for hole in holes):
        return word
    if "$$" in word.shown:
        return Word((Hole(word.shown, default=substituted(word.shown, lookup, blank=True), at=word.at),), word.at)
    parts = tuple(part if isinstance(part, str) else _with_default(part, lookup) for part in word.parts)
    return replace(word, parts=parts)


def _with_default(hole: Hole, lookup: Lookup) -> Hole:
    return replace(hole, default=substituted(hole.source, lookup, blank=True))
