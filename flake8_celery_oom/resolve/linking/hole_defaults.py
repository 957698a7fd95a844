"""Giving defaults to the holes of a launch, once it is known what another file says of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from flake8_celery_oom.core.facts import Argv, Command, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.core.word import Word

Defaults: TypeAlias = Callable[[Hole], "str | Hole | None"]
"""Gives the likely text of a hole, a hole that says more, or None to leave it as it is."""


def with_defaults(launch: Launch, defaults: Defaults) -> Launch:
    """The launch with its command and its environment filled in."""
    return replace(
        launch,
        command=_command(launch.command, defaults),
        entrypoint=_command(launch.entrypoint, defaults),
        environment={name: word_with_defaults(word, defaults) for name, word in launch.environment.items()},
    )


def _command(command: Command | None, defaults: Defaults) -> Command | None:
    if isinstance(command, ShellText):
        words = command.words
        filled = None if words is None else tuple(word_with_defaults(word, defaults) for word in words)
        return replace(command, text=text_with_defaults(command.text, defaults), words=filled)
    if isinstance(command, Argv):
        return replace(command, words=tuple(word_with_defaults(word, defaults) for word in command.words))
    return command


def word_with_defaults(word: Word, defaults: Defaults) -> Word:
    """A word whose holes get their defaults, also where it is text to be read again."""
    if not word.holes:
        return word
    parts = tuple(_hole(part, defaults) if isinstance(part, Hole) else part for part in word.parts)
    return replace(word, parts=parts, mapped=text_with_defaults(word.mapped, defaults) if word.mapped else None)


def text_with_defaults(text: MappedText, defaults: Defaults) -> MappedText:
    """A text whose holes get their defaults."""
    if not text.holes:
        return text
    return replace(text, holes=tuple(TextHole(one.start, one.end, _hole(one.hole, defaults)) for one in text.holes))


def _hole(hole: Hole, defaults: Defaults) -> Hole:
    default = defaults(hole)
    if default is None or isinstance(default, Hole):
        return default or hole
    return replace(hole, default=default, several=hole.several and len(default.split()) != 1)
