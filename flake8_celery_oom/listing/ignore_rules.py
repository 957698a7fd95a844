"""The patterns of ``.gitignore``, ``info/exclude`` and the user's excludes file, as git matches them.

Source: dir.c and wildmatch.c of git 2.39. Paths and patterns are bytes to git; here they are text of one character for
each byte (Latin-1). A pattern costs at most the product of its length and the path's: an unknown project may have
written it.
"""

from __future__ import annotations

import os
import re
import string
from collections.abc import Iterable, Iterator

from flake8_celery_oom.listing.regular_file import read_regular_file

MAX_BYTES = 1024 * 1024
"""A larger file of patterns is not read."""
MAX_WILD = 1000
"""Of the patterns with wildcards in one file only so many count; each must be compiled."""
MAX_PATTERN = 4096
"""A longer pattern is left out; no path that git keeps is longer."""
_WILD = frozenset("*?[\\")
_CLASSES = {
    "alnum": string.ascii_letters + string.digits,
    "alpha": string.ascii_letters,
    "blank": " \t",
    "cntrl": "".join(map(chr, [*range(32), 127])),
    "digit": string.digits,
    "graph": "".join(map(chr, range(33, 127))),
    "lower": string.ascii_lowercase,
    "print": "".join(map(chr, range(32, 127))),
    "punct": string.punctuation,
    "space": " \t\n\r\f\v",
    "upper": string.ascii_uppercase,
    "xdigit": string.hexdigits,
}


def as_bytes_text(path: str) -> str:
    """A path of the file system as text of one character for each byte."""
    return path if path.isascii() else os.fsencode(path).decode("latin-1")


class _Patterns:
    """Patterns without ``!`` and closing ``/``: those without wildcards in sets, the others as expressions."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._endings: list[str] = []
        self._wild: dict[bool, list[str]] = {False: [], True: []}
        self._compiled: dict[bool, re.Pattern[str]] = {}

    def add(self, pattern: str) -> None:
        """Add a pattern: with a slash in it one for whole paths, without one for names."""
        if "/" in pattern or not self._add_name(pattern):
            wild = self._wild["/" in pattern]
            if (translated := _translated(pattern.removeprefix("/"), len(wild))) is not None:
                wild.append(translated)

    def _add_name(self, pattern: str) -> bool:
        if _WILD.isdisjoint(pattern):
            self._names.add(pattern)
        elif pattern[0] == "*" and _WILD.isdisjoint(pattern[1:]):
            self._endings.append(pattern[1:])
        else:
            return False
        return True

    def close(self) -> None:
        """Compile what was added."""
        self._ending = tuple(self._endings)
        self._compiled = {whole: re.compile("|".join(each), re.DOTALL) for whole, each in self._wild.items() if each}

    def match(self, path: str, name: str) -> bool:
        """Whether one of the patterns matches; ``path`` starts in the folder of the file of patterns."""
        if name in self._names or name.endswith(self._ending):
            return True
        return any(each.fullmatch(path if whole else name) for whole, each in self._compiled.items())


class _Run:
    """Neighbouring lines that all ignore, or all keep (``!``)."""

    def __init__(self, *, ignores: bool) -> None:
        self.ignores = ignores
        self._anything = _Patterns()
        self._folders = _Patterns()

    def add(self, pattern: str) -> None:
        """Add the pattern of one line, without its ``!``."""
        if pattern.endswith("/"):
            self._folders.add(pattern[:-1])
        else:
            self._anything.add(pattern)

    def close(self) -> None:
        """Compile what was added."""
        self._anything.close()
        self._folders.close()

    def match(self, path: str, name: str, *, folder: bool) -> bool:
        """Whether one of the lines matches."""
        return self._anything.match(path, name) or (folder and self._folders.match(path, name))


class IgnoreRules:
    """The patterns of one file. ``folder`` is the one that its patterns start from: "" or "a/b/"."""

    def __init__(self, text: str, folder: str = "") -> None:
        self._skip = len(folder)
        runs: list[_Run] = []
        wild = 0
        for line in _lines(text):
            ignores = not line.startswith("!")
            pattern = line if ignores else line[1:]
            wild += not (_WILD | {"/"}).isdisjoint(pattern)
            if wild > MAX_WILD:
                break
            if not runs or runs[-1].ignores is not ignores:
                runs.append(_Run(ignores=ignores))
            if pattern not in {"", "/"}:
                runs[-1].add(pattern)
        for run in runs:
            run.close()
        self._runs = runs[::-1]

    def __bool__(self) -> bool:
        return bool(self._runs)

    def verdict(self, path: str, name: str, *, folder: bool) -> bool | None:
        """True for an ignored path, False for one that ``!`` keeps, None where no pattern matches.

        ``path`` starts in the root of the checkout and ends with ``name``; both are from :func:`as_bytes_text`.
        """
        below = path[self._skip :]
        for run in self._runs:
            if run.match(below, name, folder=folder):
                return run.ignores
        return None


def read_rules(path: str, folder: str = "", *, follow_links: bool = False) -> IgnoreRules | None:
    """The patterns in a file; None when there are none. git follows no link that is called ``.gitignore``."""
    data = read_regular_file(path, MAX_BYTES, follow_links=follow_links)
    if not data:
        return None
    rules = IgnoreRules(data.removeprefix(b"\xef\xbb\xbf").decode("latin-1"), folder)
    return rules or None


def is_ignored(rules: Iterable[IgnoreRules], path: str, name: str, *, folder: bool) -> bool:
    """Whether a path is ignored by files of patterns, given from the nearest to the farthest."""
    for one in rules:
        verdict = one.verdict(path, name, folder=folder)
        if verdict is not None:
            return verdict
    return False


def _lines(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        if line and line[0] != "#" and len(line) <= MAX_PATTERN:
            pattern = _without_trailing_spaces(line.removesuffix("\r").partition("\0")[0])
            if pattern:
                yield pattern


def _without_trailing_spaces(line: str) -> str:
    """The line without spaces at its end; a space behind a backslash stays."""
    kept = len(line.rstrip(" "))
    if kept == len(line):
        return line
    backslashes = kept - len(line[:kept].rstrip("\\"))
    return line[: kept + backslashes % 2]


# --- wildmatch --------------------------------------------------------------------------------------------------------


def _translated(pattern: str, number: int) -> str | None:
    """The regular expression of a pattern; None for one that can never match.

    ``number`` makes the names of its groups unlike those of the other patterns in the same expression. Between two
    ``**`` the first match is as good as any: the group around it keeps a hostile pattern from trying all.
    """
    runs: list[list[str]] = [[]]
    for position, segment in enumerate(_segments(pattern)):
        if len(segment) > 1 and not segment.strip("*"):
            runs.append([])
            continue
        translated = _segment(segment, f"p{number}s{position}")
        if translated is None:
            return None
        runs[-1].append(translated)
    first, *others = runs
    if not others:
        return "/".join(first)
    result = "".join(f"{segment}/" for segment in first)
    for count, run in enumerate(others[:-1]):
        if run:
            name = f"p{number}w{count}"
            result += f"(?=(?P<{name}>(?:[^/]+/)*?{''.join(f'{segment}/' for segment in run)}))(?P={name})"
    return result + (f"(?:[^/]+/)*{'/'.join(others[-1])}" if others[-1] else ".*")


def _segments(pattern: str) -> list[str]:
    """The parts between slashes; a slash inside brackets separates nothing, and can never match."""
    segments, start, position = [], 0, 0
    while position < len(pattern):
        if pattern[position] == "[":
            _, after = _bracket(pattern, position)
            position = after or len(pattern)
            continue
        if pattern[position] == "/":
            segments.append(pattern[start:position])
            start = position + 1
        position += 2 if pattern[position] == "\\" else 1
    return [*segments, pattern[start:]]


def _segment(segment: str, name: str) -> str | None:
    """The expression of one part of a path. Of a ``*`` with another behind it the first match is as good as any."""
    texts: list[str] = [""]
    position = 0
    while position < len(segment):
        character = segment[position]
        position += 1
        if character == "*":
            texts.append("")
        elif character == "?":
            texts[-1] += "[^/]"
        elif character == "[":
            expression, after = _bracket(segment, position - 1)
            if expression is None or after is None:
                return None
            texts[-1] += expression
            position = after
        elif character == "\\":
            if position == len(segment):
                return None
            texts[-1] += re.escape(segment[position])
            position += 1
        else:
            texts[-1] += re.escape(character)
    texts = [texts[0], *(text for text in texts[1:-1] if text), *texts[1:][-1:]]
    result = texts[0]
    for count, text in enumerate(texts[1:-1]):
        result += f"(?=(?P<{name}t{count}>[^/]*?{text}))(?P={name}t{count})"
    return result + (f"[^/]*{texts[-1]}" if len(texts) > 1 else "")


def _bracket(pattern: str, start: int) -> tuple[str | None, int | None]:
    """The expression of ``[...]`` and where it ends; (None, None) for one that is not closed or means nothing."""
    position = start + 1
    negated = pattern[position : position + 1] in {"!", "^"}
    position += negated
    matched: set[int] = set()
    previous = ""
    first = True
    while first or pattern[position : position + 1] != "]":
        first = False
        character = pattern[position : position + 1]
        if not character:
            return None, None
        if character == "-" and previous and pattern[position + 1 : position + 2] not in {"", "]"}:
            position += 1
            position += pattern[position] == "\\"
            if position >= len(pattern):
                return None, None
            matched.update(range(ord(previous), ord(pattern[position]) + 1))
            previous = ""
        elif character == "[" and pattern[position + 1 : position + 2] == ":":
            close = pattern.find("]", position + 2)
            if close < 0:
                return None, None
            if pattern[close - 1] == ":" and close - 1 > position + 1:
                known = _CLASSES.get(pattern[position + 2 : close - 1])
                if known is None:
                    return None, None
                matched.update(map(ord, known))
                position, previous = close, ""
            else:
                matched.add(ord("["))
                previous = "["
        else:
            position += character == "\\"
            if position >= len(pattern):
                return None, None
            previous = pattern[position]
            matched.add(ord(previous))
        position += 1
    kept = (set(range(256)) - matched if negated else matched) - {ord("/")}
    return "[" + "".join(f"\\x{code:02x}" for code in sorted(kept)) + "]" if kept else "(?!)", position + 1
