"""Scripts of execline, the language of s6 services: the program that the chain of commands ends with.

Source: the pages of execline 2.9 (``foreground``, ``cd``, ``export``, ``fdmove``); other links of the chain take the
rest of the line as a command, which is what wrappers of other notations do.
"""

from __future__ import annotations

import posixpath
import re

from flake8_celery_oom.core.facts import Fact, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.substitution import substitute

KIND = "execline"
TITLE = "execline scripts"
NAMES = ("**/services/*/run", "**/s6-rc.d/*/run")

_FIRST_LINE = re.compile(r"#![^\r\n]*\bexeclineb\b")
_TOKEN = re.compile(r"#[^\r\n]*|\{|\}|(?:\"(?:[^\"\\]|\\.)*\"|\\.|[^\s\"{}\\]|(?<=\$)\{\w+\}|(?<=\S)\})+", re.DOTALL)
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_OWN_WORDS = {"fdmove": 2, "fdclose": 1, "unexport": 1, "umask": 1, "redirfd": 2, "importas": 2, "cd": 1, "export": 2}
"""Commands of execline, how many words of their own they take besides options and blocks."""
_WITH_BLOCK = frozenset({"foreground", "background", "if", "ifelse", "ifte", "backtick", "multisubstitute", "emptyenv"})


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
            folder = own[0].text
        elif name == "export" and len(own) > 1:
            environment[own[0].text] = Word.of(own[1])
        position = _behind_blocks(words, position + len(own), name == "backtick")
    rest = words[position:]
    if not rest:
        return []
    text = substitute(MappedText.joined(rest, " "), _VARIABLE, _hole)
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


def _hole(match: re.Match[str], piece: MappedText) -> Hole:
    return Hole(match[0], match[1], at=piece.location())
