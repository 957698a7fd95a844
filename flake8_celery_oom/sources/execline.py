"""Scripts of execline, the language of s6 services: the program that the chain of commands ends with.

Source: the pages of execline 2.9 (``foreground``, ``cd``, ``define``, ``export``, ``fdmove``); other links of the chain
take the rest of the line as a command, which is what wrappers of other notations do.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from itertools import pairwise

from flake8_celery_oom.core.facts import Fact, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.substitution import substitute

KIND = "execline"
TITLE = "execline scripts"
NAMES = ("**/services/*/run", "**/services.d/*/run", "**/s6-rc.d/*/run")

_FIRST_LINE = re.compile(r"#![^\r\n]*\bexeclineb\b")
_TOKEN = re.compile(r"#[^\r\n]*|\{|\}|(?:\"(?:[^\"\\]|\\.)*\"|\\.|[^\s\"{}\\]|(?<=\$)\{\w+\}|(?<=\S)\})+", re.DOTALL)
_VARIABLE = re.compile(r"\$\{(?P<braced>\w+)\}|\$(?P<bare>\w+)(?=\s|$)")
"""``${name}`` anywhere, ``$name`` at the end of a word."""
_PLAIN = re.compile(r"[^\s\"'\\{}$]+")
_OWN_WORDS = {
    "cd": 1,
    "define": 2,
    "export": 2,
    "fdclose": 1,
    "fdmove": 2,
    "importas": 2,
    "redirfd": 2,
    "umask": 1,
    "unexport": 1,
}
"""Commands of execline, how many words of their own they take besides options and blocks."""
_WITH_BLOCK = frozenset(
    {"foreground", "background", "if", "ifelse", "ifte", "ifthenelse", "backtick", "multisubstitute", "emptyenv"}
)


def claims(path: str, head: str) -> bool:
    """By the first line."""
    return _FIRST_LINE.match(head) is not None and "\0" not in head and not path.endswith((".md", ".rst"))


def read(source: SourceText) -> list[Fact]:
    """One Launch, with what ``cd`` and ``export`` set on the way."""
    words = [
        MappedText.plain(source, *match.span())
        for match in _TOKEN.finditer(source.text, source.text.find("\n") + 1 or len(source.text))
        if not match[0].startswith("#")
    ]
    environment: dict[str, Word] = {}
    defined: dict[str, MappedText | None] = {}  # what is defined first counts: it is put into all that follows
    folder: str | None = None
    position = 0
    while position < len(words):
        name = posixpath.basename(words[position].text)
        if name not in _OWN_WORDS and name not in _WITH_BLOCK:
            break
        position += 1
        while position < len(words) and words[position].text.startswith("-"):
            position += 1
        own = words[position : position + _OWN_WORDS.get(name, 0)]
        if name == "cd" and own:
            folder = _filled(own[0], defined).text
        elif name == "define" and len(own) > 1:
            defined.setdefault(own[0].text, _filled(own[1], defined))
        elif name == "export" and len(own) > 1:
            environment[own[0].text] = Word.of(_filled(own[1], defined))
        behind = _behind_blocks(words, position + len(own), name == "backtick")
        if name == "ifthenelse":
            for word, following in pairwise(words[position + len(own) : behind]):
                if word.text == "define":
                    defined.setdefault(following.text, None)
        position = behind
    rest = words[position:]
    if not rest:
        return []
    text = _filled(MappedText.joined(rest, " "), defined)
    at = source.location(rest[0].offsets[0], rest[-1].offsets[-1])
    name = posixpath.basename(posixpath.dirname(source.path)) or source.path
    return [Launch(KIND, name, at, ShellText(text, at, shell=False), environment=environment, workdir=folder)]


def _behind_blocks(words: list[MappedText], position: int, named: bool) -> int:
    """The position behind the blocks that follow, and behind the name that comes before the block of ``backtick``."""
    if named:
        position += 1
    depth = 0
    while position < len(words):
        if words[position].text == "{":
            depth += 1
        elif words[position].text == "}":
            depth = max(0, depth - 1)
        elif depth == 0:
            break
        position += 1
    return position


def _filled(text: MappedText, defined: Mapping[str, MappedText | None]) -> MappedText:
    """The text with what ``define`` has set; other variables, and values of several words, are holes."""

    def meaning(match: re.Match[str], piece: MappedText) -> MappedText | Hole:
        name = match["braced"] or match["bare"]
        value = defined.get(name)
        if value is not None and _PLAIN.fullmatch(value.text):
            return value
        return Hole(match[0], name, at=piece.location())

    return substitute(text, _VARIABLE, meaning)
