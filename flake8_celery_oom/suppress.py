"""Comments that silence findings: ``# celery-oom: ignore[CO101] reason``, ``# noqa: CO101``, ``# noqa``.

A comment works on its own line and, when nothing else stands there, on the line that follows the block of comment lines
it is in; where that line only opens something (``command: >``, ``args:``), on the line after it too. A finding is
silenced by a comment that works on any line of its place, or of the worker's command that holds it. ``# noqa`` means
what it means in flake8: codes may be beginnings of codes, none means all. Without a code it only works on its own line.
"""

from __future__ import annotations

import io
import re
import tokenize
from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import accumulate

from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.place_index import PlaceIndex
from flake8_celery_oom.core.source import SourceText

_OPENER = r"(?:\{?#|//|;|(?:\{\{-?\s*)?/\*|<!--)[\s-]*"
_IGNORE = re.compile(_OPENER + r"celery-oom:\s*ignore\b(?P<list>\s?\[(?P<codes>[^\]\r\n]*)\])?", re.IGNORECASE)
_NOQA = re.compile(r"#\s*noqa(?::\s?(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?", re.IGNORECASE)
_MAY_SILENCE = re.compile(r"celery-oom|noqa(?!:\s?[A-Z]+[0-9])|noqa:[\sA-Z0-9,]*\bCO[0-9]", re.IGNORECASE)
"""What a file with a comment that silences findings contains; codes of others alone silence none of ours."""
_OURS = re.compile(r"CO[0-9]", re.IGNORECASE)
"""``COM812`` is a code of flake8-commas and Ruff."""
_CODE = re.compile(r"[^\s,]+")
_OPENS = re.compile(r"(?:[:\[({\\]|[:=]\s*[|>][-+\d]*)\s*$")
_COMMENT_LINE = re.compile(r"\s*(?:#|//|;|/\*|\{\{-?\s*/\*|\{#|<!--)")


@dataclass(slots=True)
class _Directive:
    """One code of a comment (empty: every code), where it stands, and the lines it works on."""

    code: str
    at: Location
    exact: bool
    lines: range
    has_reason: bool = True
    used: bool = False

    def names(self, code: str) -> bool:
        return code == self.code if self.exact else code.startswith(self.code)


@dataclass(frozen=True, slots=True)
class Unused:
    """A code in a comment that silences nothing."""

    at: Location
    message: str


class Suppressions:
    """The comments of one file that silence findings, and which of them have done so."""

    def __init__(self, directives: Collection[_Directive] = (), *, require_reason: bool = False) -> None:
        self._directives = sorted(directives, key=lambda one: one.lines.start)
        self._starts = [one.lines.start for one in self._directives]
        self._reach = list(accumulate((one.lines.stop for one in self._directives), max))
        self._require_reason = require_reason

    @classmethod
    def read(cls, source: SourceText, *, require_reason: bool = False) -> Suppressions:
        """The comments of a file. Files without the words are told apart at the cost of one search.

        With ``require_reason`` a comment that says nothing but codes silences nothing.
        """
        if not source.mentions(_MAY_SILENCE, "celery-oom", "noqa"):
            return cls()
        directives = [*_ignores(source), *_noqas(source)]
        if _is_python(source) and any(directive.code for directive in directives):
            comments = _comment_lines(source.text)
            if comments is not None:
                directives = [one for one in directives if not one.code or one.at.line in comments]
        return cls(directives, require_reason=require_reason)

    def covers(self, finding: Finding, commands: PlaceIndex[Location] | None = None) -> bool:
        """Whether a comment silences the finding, which must be one of this file. The comment counts as used.

        ``commands`` are the places of all worker commands: on a command of several lines a comment counts for
        whatever is found in it.
        """
        if not self._directives:
            return False
        at = finding.at
        places = [at, *(commands.all_around(at) if commands is not None else ())]
        near = {id(one): one for place in places for one in self._meeting(_lines_of(place))}
        hits = [one for one in near.values() if one.names(finding.code) and self._counts(one)]
        for hit in hits:
            hit.used = True
        return bool(hits)

    def _meeting(self, lines: range) -> Iterator[_Directive]:
        """The comments that work on one of these lines."""
        stop = bisect_left(self._starts, lines.stop)
        while stop and self._reach[stop - 1] > lines.start:
            stop -= 1
            if _meet(self._directives[stop].lines, lines):
                yield self._directives[stop]

    def _counts(self, one: _Directive) -> bool:
        return one.has_reason or not self._require_reason

    def unused(self, ran: Collection[str], known: Collection[str]) -> list[Unused]:
        """The codes that silence nothing. ``ran`` are the codes whose rules ran, ``known`` those that exist.

        Meaningful after ``covers`` was asked about every finding of the file.
        """
        found = []
        for one in self._directives:
            message = _complaint(one, ran, known)
            if message and one.code in known and not self._counts(one):
                message = f"{one.code} is silenced here without a reason, which the configuration asks for: add one"
            if message:
                found.append(Unused(one.at, message))
        return sorted(found, key=lambda unused: unused.at)


def _complaint(one: _Directive, ran: Collection[str], known: Collection[str]) -> str:
    if one.used or (not one.exact and not one.code):
        return ""
    if not one.code:
        return "celery-oom: ignore names no code and silences nothing; write ignore[CO101]"
    meant = [code for code in known if one.names(code)]
    if not meant:
        return f"no rule is called {one.code}; see `celery-oom rules`"
    if not any(code in ran for code in meant):
        return ""
    return f"{one.code} silences nothing here; take it away"


def _lines_of(at: Location) -> range:
    last = at.end_line - 1 if at.end_column == 1 else at.end_line
    return range(at.line, max(last, at.line) + 1)


def _meet(one: range, other: range) -> bool:
    return one.start < other.stop and other.start < one.stop


def _ignores(source: SourceText) -> Iterator[_Directive]:
    blocks = _Blocks(source)
    for match in _IGNORE.finditer(source.text):
        lines = blocks.lines(match.start())
        codes = list(_CODE.finditer(match["codes"] or ""))
        reason = _has_reason(source.text, match.end())
        if not codes:
            # names no code: matches none, and is reported
            yield _Directive("", source.location(*match.span()), True, lines)
        for code in codes:
            start = match.start("codes") + code.start()
            yield _Directive(code[0].upper(), source.location(start, start + len(code[0])), True, lines, reason)


def _has_reason(text: str, end: int) -> bool:
    """Whether words follow on the line of a comment."""
    line_end = text.find("\n", end)
    return re.search(r"\w", text[end : line_end if line_end >= 0 else len(text)]) is not None


def _noqas(source: SourceText) -> Iterator[_Directive]:
    blocks = _Blocks(source)
    for match in _NOQA.finditer(source.text):
        if match["codes"] is None:
            line = source.position(match.start())[0]
            reason = _has_reason(source.text, match.end())
            yield _Directive("", source.location(*match.span()), False, range(line, line + 1), reason)
            continue
        lines = blocks.lines(match.start())
        reason = _has_reason(source.text, match.end())
        for code in _CODE.finditer(match["codes"]):
            start = match.start("codes") + code.start()
            if _OURS.match(code[0]):
                yield _Directive(code[0].upper(), source.location(start, start + len(code[0])), False, lines, reason)


class _Blocks:
    """The blocks of comment lines of a file, asked from its start on."""

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._start = self._end = 0
        """Of the block that was looked at last: its first line, and the line below it."""

    def lines(self, offset: int) -> range:
        """The lines that a comment works on: its own, and the line below a block of comment lines."""
        line, column = self._source.position(offset)
        if not self._start <= line < self._end:
            self._start = self._end = line
            while _COMMENT_LINE.match(self._source.line_text(self._end)):
                self._end += 1
        end = self._end
        opening = self._source.line_text(end)[: column - 1 if end == line else None]
        return range(line, end + (2 if _OPENS.search(opening) else 1))


def _is_python(source: SourceText) -> bool:
    first = source.text.split("\n", 1)[0]
    return source.path.endswith((".py", ".pyi", ".pyw")) or (first.startswith("#!") and "python" in first)


def _comment_lines(text: str) -> frozenset[int] | None:
    """The lines that hold a comment of a Python file; None when the file is not to be read as Python."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None
    return frozenset(token.start[0] for token in tokens if token.type == tokenize.COMMENT)
