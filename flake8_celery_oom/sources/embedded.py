"""Files inside files: a stretch of one file that is read as a file of another kind, with every place kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flake8_celery_oom.core.facts import Argv, Command, Fact, Launch, ShellText
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


def _of(launch: Launch, source: SourceText) -> Launch:
    """A launch whose texts belong to the whole file again."""
    return replace(
        launch,
        command=_command(launch.command, source),
        entrypoint=_command(launch.entrypoint, source),
        environment={name: _word(word, source) for name, word in launch.environment.items()},
    )


def _command(command: Command | None, source: SourceText) -> Command | None:
    if isinstance(command, ShellText):
        return replace(command, text=replace(command.text, source=source))
    if isinstance(command, Argv):
        return replace(command, words=tuple(_word(word, source) for word in command.words))
    return command


def _word(word: Word, source: SourceText) -> Word:
    return word if word.mapped is None else replace(word, mapped=replace(word.mapped, source=source))
