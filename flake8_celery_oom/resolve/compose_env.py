"""Variables of compose files that the ``.env`` file beside them sets: what is likely when nobody sets another value.

Source: Docker, "Set, use, and manage variables in a Compose file with interpolation": the shell wins over ``.env``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import replace

from flake8_celery_oom.model import Argv, Command, Hole, Launch, ShellText, Unknown, Value, Variables, Word
from flake8_celery_oom.quantity import docker_bytes
from flake8_celery_oom.syntax.compose_variables import interpolate, likely
from flake8_celery_oom.text import MappedText, SourceText, TextHole

_OF_COMPOSE = " is set by who runs compose"
"""How a memory limit of a compose file ends that depends on variables."""


def with_env_files(launches: Iterable[Launch], variables: Iterable[Variables]) -> list[Launch]:
    """The launches, those of compose files with the defaults that ``.env`` gives to their variables."""
    found = {one.path: one.values for one in variables if posixpath.basename(one.path) == ".env"}
    return [_filled(launch, found) for launch in launches] if found else list(launches)


def _filled(launch: Launch, files: Mapping[str, Mapping[str, Word]]) -> Launch:
    values = files.get(posixpath.join(posixpath.dirname(launch.at.path), ".env"))
    if launch.kind != "compose" or not values:
        return launch
    known = {name: text for name, word in values.items() if (text := word.text) is not None}
    return replace(
        launch,
        command=_command(launch.command, known),
        entrypoint=_command(launch.entrypoint, known),
        environment={name: _word(word, known) for name, word in launch.environment.items()},
        memory_limit=_limit(launch.memory_limit, known),
    )


def _command(command: Command | None, known: Mapping[str, str]) -> Command | None:
    if isinstance(command, ShellText):
        return replace(command, text=_text(command.text, known))
    if isinstance(command, Argv):
        return replace(command, words=tuple(_word(word, known) for word in command.words))
    return command


def _word(word: Word, known: Mapping[str, str]) -> Word:
    if not any(hole.name in known for hole in word.holes):
        return word
    parts = tuple(_hole(part, known) if isinstance(part, Hole) else part for part in word.parts)
    return replace(word, parts=parts, mapped=_text(word.mapped, known) if word.mapped is not None else None)


def _text(text: MappedText, known: Mapping[str, str]) -> MappedText:
    holes = tuple(TextHole(one.start, one.end, _hole(one.hole, known)) for one in text.holes)
    return replace(text, holes=holes)


def _hole(hole: Hole, known: Mapping[str, str]) -> Hole:
    if hole.name is None or hole.name not in known or not hole.source.startswith("$"):
        return hole
    default = known[hole.name]
    return replace(hole, default=default, several=hole.several and len(default.split()) != 1)


def _limit(limit: Value[int], known: Mapping[str, str]) -> Value[int]:
    """A limit that depends on variables, read once more with what the file gives them."""
    if not isinstance(limit, Unknown) or not limit.reason.endswith(_OF_COMPOSE):
        return limit
    written = limit.reason.removesuffix(_OF_COMPOSE)
    source = SourceText("", written)
    text = likely(_word(interpolate(MappedText.plain(source)).word(), known))
    amount = docker_bytes(text) if text is not None else None
    return replace(limit, default=amount) if amount is not None else limit
