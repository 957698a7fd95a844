"""One more option in a worker's command, in whatever notation the command is written.

The option goes right behind the word ``worker``: there it stands before comments, redirections, ``&&`` and arguments.
What stands around that word in the file tells the notation: a quoted item of a list, an item of a YAML block list, a
bare item of a flow list, or a word of shell text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from flake8_celery_oom.model import Edit, Location, Word
from flake8_celery_oom.text import SourceText

_BLOCK_ITEM = re.compile(r"(?P<dash>[ \t]*-[ \t]+)(?P<quote>[\"']?)[^\s\"'#]+(?P=quote)[ \t]*(?:#.*)?$")
_BEHIND_ITEM = re.compile(r"\s*(?:#[^\n]*\n\s*)*[,\])}]")
_PLAIN = re.compile(r"[A-Za-z0-9_./=:-]+")


def add_option(words: Sequence[Word], option: str, value: str, source: SourceText) -> Edit | None:
    """The edit that gives a worker's command ``option=value``; None when there is no safe place for it.

    ``words`` are those of the celery command, ``source`` the file in which its word ``worker`` stands.
    """
    worker = _sub_command(words)
    text = f"{option}={value}"
    if worker is None or worker.at is None or worker.at.path != source.path or not _PLAIN.fullmatch(text):
        return None
    at = worker.at
    if source.text[at.start : at.end].strip("\"'") != "worker":
        return None
    return _in_list(at, text, source) or _in_block(at, text, source) or _in_shell(at, text, source)


def _sub_command(words: Sequence[Word]) -> Word | None:
    return next((word for word in words if word.text in {"worker", "celeryd"}), None)


def _without_quotes(at: Location, source: SourceText) -> tuple[int, int, str]:
    """Start and end of the word without its quotes, and the quote that stands on both sides of it."""
    start, end = at.start, at.end
    while start < end and source.text[start] in "\"'":
        start += 1
    while end > start and source.text[end - 1] in "\"'":
        end -= 1
    before, behind = source.text[start - 1 : start], source.text[end : end + 1]
    return start, end, before if before and before == behind and before in "\"'" else ""


def _in_list(at: Location, text: str, source: SourceText) -> Edit | None:
    """``["celery", "worker"]`` and ``[celery, worker]``."""
    start, end, quote = _without_quotes(at, source)
    start, end = start - len(quote), end + len(quote)
    opened = re.search(r"[\[(,{]\s*$", source.text[:start])
    if opened is None or not _BEHIND_ITEM.match(source.text, end):
        return None
    return Edit(source.location(end, end), f", {quote}{text}{quote}")


def _in_block(at: Location, text: str, source: SourceText) -> Edit | None:
    """An item of a YAML block list that is nothing but the word: the option becomes the next item."""
    line = source.line_text(at.line)
    match = _BLOCK_ITEM.fullmatch(line)
    if match is None:
        return None
    start = source.starts[at.line - 1]
    newline = "\r\n" if source.text[start + len(line) :].startswith("\r\n") else "\n"
    end = start + len(line)
    dash = re.sub(r"\S", " ", match["dash"][: match["dash"].index("-")]) + match["dash"][match["dash"].index("-") :]
    quote = match["quote"]
    return Edit(source.location(end, end), f"{newline}{dash}{quote}{text}{quote}")


def _in_shell(at: Location, text: str, source: SourceText) -> Edit | None:
    """A word of shell text, also inside the quotes of ``sh -c "..."``."""
    _, end, quote = _without_quotes(at, source)
    behind = source.text[end + len(quote) : end + len(quote) + 1]
    if quote and (behind.isspace() or not behind) and source.text[at.start - 2 : at.start - 1].isspace():
        end += len(quote)
    return Edit(source.location(end, end), f" {text}")
