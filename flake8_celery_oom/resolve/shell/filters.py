"""What ``grep`` and ``sed`` print of lines that are known, for the forms in which scripts read ``.env`` files.

``export $(grep -v '^#' .env | xargs)``, ``export $(sed 's/#.*//' .env | xargs)``. A pattern that is more than plain
characters, ``.*``, blanks and anchors is not known.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence

from flake8_celery_oom.resolve.shell.fields import Field, Piece
from flake8_celery_oom.resolve.shell.operators import cut, shown

READING = frozenset({"cat", "grep", "egrep", "sed"})
"""Commands that print what a file holds, or part of it."""
_BLANKS = {"[[:space:]]": r"\s", "[ \\t]": r"[ \t]", "\\s": r"\s", "[ ]": " "}
_PATTERN = re.compile(r"(?:\[\[:space:\]\]|\[ \\t\]|\[ \]|\\s|\.\*|[\w#=:;,/ -]|[\^$*])*")
_EXTENDED = re.compile(r"(?:\[\[:space:\]\]|\[ \\t\]|\[ \]|\\s|\.\*|[\w#=:;,/ -]|[\^$*()|+?])*")
_COMMAND = re.compile(r"s(?P<mark>[/|,])(?P<from>.*?)(?P=mark)(?P<to>[\w ]*)(?P=mark)(?P<all>g?)|/(?P<gone>.*)/d")


def grepped(value: Field, words: Sequence[str]) -> Field | None:
    """The lines that ``grep words`` prints; None where the words are not known."""
    flags, patterns = set[str](), list[str]()
    rest = list(words[1:])
    while rest:
        word = rest.pop(0)
        if word == "-e" and rest:
            patterns.append(rest.pop(0))
        elif re.fullmatch(r"-[vEh]+", word):
            flags |= set(word[1:])
        elif word.startswith("-") or patterns:
            return None
        else:
            patterns.append(word)
    extended = "E" in flags or words[0] == "egrep"
    found = [_compiled(one, extended=extended) for one in patterns]
    if not found or None in found:
        return None
    return _joined(
        line
        for line in _lines(value)
        if any(one is not None and one.search(shown(line)) for one in found) != ("v" in flags)
    )


def edited(value: Field, words: Sequence[str]) -> Field | None:
    """What ``sed words`` prints; None where the words are not known."""
    rest = [word for word in words[1:] if word not in {"-e", "-E", "-r"}]
    for script in rest:
        for command in filter(None, (one.strip() for one in script.split(";"))):
            match = _COMMAND.fullmatch(command)
            written = (match["gone"] or match["from"] or "") if match is not None else ""
            pattern = _compiled(written, extended=not {"-E", "-r"}.isdisjoint(words))
            if match is None or pattern is None:
                return None
            if match["gone"] is not None:
                value = _joined(line for line in _lines(value) if not pattern.search(shown(line)))
            else:
                count = 0 if match["all"] else 1
                value = _joined(_substituted(line, pattern, match["to"], count) for line in _lines(value))
    return value if rest else None


def unquoted_words(text: str) -> list[str] | None:
    """The words that ``xargs`` reads, which takes quotes away; None where it refuses them."""
    try:
        return shlex.split(text)
    except ValueError:
        return None


def _substituted(line: Field, pattern: re.Pattern[str], given: str, count: int) -> Field:
    text = shown(line)
    made = pattern.sub(given, text, count=count)
    if text.startswith(made):
        return cut(line, 0, len(made))
    return (Piece(made),)


def _compiled(pattern: str, *, extended: bool) -> re.Pattern[str] | None:
    """A pattern of grep or sed as one of Python; None for one in which they may differ."""
    if not (_EXTENDED if extended else _PATTERN).fullmatch(pattern) or pattern.startswith("*"):
        return None
    for theirs, ours in _BLANKS.items():
        pattern = pattern.replace(theirs, ours)
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _lines(value: Field) -> list[Field]:
    text, made, position = shown(value), list[Field](), 0
    for line in text.split("\n")[: -1 if text.endswith("\n") else None]:
        made.append(cut(value, position, position + len(line)))
        position += len(line) + 1
    return made


def _joined(lines: Iterable[Field]) -> Field:
    return tuple(piece for line in lines for piece in (*line, Piece("\n")))
