"""Flower, the monitor of Celery, where a project starts it, and how many tasks it keeps in memory."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from flake8_celery_oom.core.cause import Cause, from_word
from flake8_celery_oom.core.facts import Argv, Command, Launch, Requirement, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import Flower
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.containers.images import Container, container_of
from flake8_celery_oom.resolve.trace.following import Following, Shared
from flake8_celery_oom.resolve.trace.other_commands import OtherCommands
from flake8_celery_oom.resolve.trace.versions import version_behind

RELEASES = ("0.8.4", "0.9.1", "0.9.7", "1.0.0", "1.1.0", "1.2.0", "2.0.0", "2.0.1")
"""Some of Flower, the newest last; pip installs the newest that a requirement admits."""
VARIABLE = "FLOWER_MAX_TASKS"
CONFIGURATION = "flowerconfig.py"
_IMAGE = re.compile(r"(?:.*/)?mher/flower(?::(?P<tag>[\w.-]+))?(?:@.*)?")
_OPTION = re.compile(r"--?max[-_]tasks=")


class Flowers:
    """Finds every Flower of a project."""

    def __init__(self, shared: Shared, launches: Iterable[Launch]) -> None:
        self._shared = shared
        self._facts = shared.facts
        self._launches = launches
        self._configured = any(posixpath.basename(path) == CONFIGURATION for path in self._facts.files)

    @cached_property
    def _release(self) -> str:
        """The release that the requirements of the project lead to."""
        return _newest(one for one in self._facts.requirements if one.name == "flower")

    def found(self) -> tuple[Flower, ...]:
        """Each command once, those of launches before those of scripts that are read alone."""
        by_place: dict[Location, Flower] = {}
        for one in (*self._of_launches(), *self._of_scripts()):
            by_place.setdefault(one.at, one)
        return tuple(by_place[at] for at in sorted(by_place))

    def _of_launches(self) -> Iterator[Flower]:
        for launch in self._launches:
            container = container_of(launch, self._facts)
            commands = [one for one in (container.entrypoint, container.command) if one is not None]
            image = _IMAGE.fullmatch(launch.image or "")
            if image is None and "flower" not in " ".join((launch.name, *map(_text, commands))):
                continue
            run = Following(self._shared, launch, container)
            if image is not None and not commands:
                yield self._flower(run, launch.at, (), _of_tag(image["tag"]))
            for command in commands:
                yield from self._of_command(run, command, _of_tag(image["tag"]) if image else self._release)

    def _of_command(self, run: Following, command: Command, release: str) -> Iterator[Flower]:
        version = version_behind(run.launch, run.launch.at.path, self._shared.version_of)
        for one in OtherCommands(run, version).of(command):
            if one.command.name == "flower":
                yield self._flower(run, one.at, one.words, release, one.command.word)

    def _of_scripts(self) -> Iterator[Flower]:
        for script in self._facts.scripts.values():
            if "flower" not in script.text.text:
                continue
            at = script.text.source.location(0, 0)
            folder = posixpath.dirname(script.path)
            launch = Launch("shell", script.path, at, container=script.path)
            run = Following(self._shared, launch, Container(directory=folder, context=folder), standalone=True)
            yield from self._of_command(run, ShellText(script.text, at), self._release)

    def _flower(
        self, run: Following, at: Location, words: tuple[Word, ...], release: str, program: Word | None = None
    ) -> Flower:
        version = version_behind(run.launch, at.path, self._shared.version_of)
        return Flower(at, release, self._max_tasks(run, words), version, program)

    def _max_tasks(self, run: Following, words: tuple[Word, ...]) -> Value[int]:
        """``--max-tasks=N``, else its variable; whoever may say it elsewhere leaves it unknown."""
        for word in words:
            found = _OPTION.match(word.shown)
            if found is not None:
                number = word.shown[found.end() :]
                return Known(int(number), word.at) if number.isdecimal() else Unknown(from_word(word), word.at)
        given = run.environment.get(VARIABLE)
        if given is not None:
            number = given.text or ""
            return Known(int(number), given.at) if number.isdecimal() else Unknown(from_word(given), given.at)
        may_say = [word for word in words[1:] if isinstance(word.parts[0], Hole) or "--conf" in word.shown]
        unread = [one for one in run.launch.environment_from if _is_unread(run, one.kind, one.path or one.name)]
        if may_say or unread or self._configured:
            return Unknown(Cause("it may be set elsewhere"))
        return Unset()


def _is_unread(run: Following, kind: str, name: str) -> bool:
    return run.facts.variables_of("configmap" if kind == "configmap" else "file", name) is None


def _text(command: Command) -> str:
    return " ".join(word.shown for word in command.words) if isinstance(command, Argv) else command.text.text


def _of_tag(tag: str | None) -> str:
    """The release of an image; without a number in its tag it is the newest."""
    return tag if tag is not None and tag[:1].isdecimal() else RELEASES[-1]


def _newest(requirements: Iterable[Requirement]) -> str:
    """The newest release that all requirements admit; the newest of all where they cannot be read."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    admitted = list(RELEASES)
    for one in requirements:
        try:
            admitted = [release for release in admitted if release in SpecifierSet(one.specifier)]
        except InvalidSpecifier:
            continue
    return admitted[-1] if admitted else ""
