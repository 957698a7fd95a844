"""Files inside files: a stretch of one file that is read as a file of another kind, with every place kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from flake8_celery_oom.core.facts import Argv, Command, Fact, Launch, ShellText
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word


def read_inside(
    read: Callable[[SourceText], list[Fact]],
    source: SourceText,
    start: int,
    end: int,
    whole: SourceText | None = None,
) -> list[Launch]:
    """What ``read`` says of ``source.text[start:end]``; of the facts only launches are kept.

    ``whole`` is the file itself where ``source`` is a changed copy with the same places.
    """
    found = read(source.only(start, end))
    return [_of(fact, whole or source) for fact in found if isinstance(fact, Launch)]


_INDENT = re.compile(r"\n( +)\S")


def indented(source: SourceText, start: int, end: int) -> SourceText:
    """The file with the indentation of a block scalar behind the lines instead of before them.

    So the lines begin where the file that is written will have them begin, and every other character keeps its place.
    A line that the one before goes on in keeps its indentation.
    """
    first = _INDENT.search(source.text, start, end)
    if first is None:
        return source
    blanks = first[1]
    block = re.sub(rf"(?<!\\)\n{blanks}", f"{blanks}\n", source.text[start:end])
    return SourceText(source.path, source.text[:start] + block + source.text[end:], bom=source.bom)


def _of(launch: Launch, source: SourceText) -> Launch:
    """A launch whose texts and places belong to the whole file again."""
    return replace(
        launch,
        at=_place(launch.at, source),
        command=_command(launch.command, source),
        entrypoint=_command(launch.entrypoint, source),
        environment={name: _word(word, source) for name, word in launch.environment.items()},
    )


def _place(at: Location, source: SourceText) -> Location:
    return source.location(at.start, at.end) if at.path == source.path else at


def _command(command: Command | None, source: SourceText) -> Command | None:
    if isinstance(command, ShellText):
        return replace(command, text=replace(command.text, source=source), at=_place(command.at, source))
    if isinstance(command, Argv):
        words = tuple(_word(word, source) for word in command.words)
        return replace(command, words=words, at=_place(command.at, source))
    return command


def _word(word: Word, source: SourceText) -> Word:
    at = _place(word.at, source) if word.at is not None else None
    mapped = replace(word.mapped, source=source) if word.mapped is not None else None
    return replace(word, at=at, mapped=mapped)
