"""Which tasks of Ansible render a template of the project, and with which values of their own."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from flake8_celery_oom.core.facts import Argv, Command, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.syntax.ansible_templates import RenderedTemplate

VARIABLE = re.compile(r"\{\{-?\s*(\w+(?:\.\w+)?)\s*(?:\|\s*(?:(?:int|string|quote|trim)\s*|default\b[^|}]*))*-?\}\}")
MOST_RENDERINGS = 30
"""Tasks, and rounds of them, that one template is looked at for."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """A template with the values of one task: ``target`` is where the file is put, empty where no task says it."""

    values: Mapping[str, str]
    target: str
    number: int

    def of_launch(self, launch: Launch) -> Launch:
        """A launch of the template under its name there; what several tasks make runs in containers of its own."""
        name = filled(launch.name, self.values)
        if self.number and launch.container:
            launch = replace(launch, container=f"{launch.container}@{self.number}")
        if name == launch.name and self.target and not self.target.endswith("/"):
            name = posixpath.basename(self.target).removesuffix(".service")
        return replace(launch, name=name)


class Renderings:
    """Answers for the templates of one project."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @cached_property
    def _by_path(self) -> dict[str, list[RenderedTemplate]]:
        found: dict[str, list[RenderedTemplate]] = {}
        for fact in self._facts.notation_facts:
            if isinstance(fact, RenderedTemplate) and (path := _file_of(fact, self._facts)) is not None:
                found.setdefault(path, []).append(fact)
        return found

    def of(self, launch: Launch) -> list[Rendering]:
        """What tasks make of a launch of a template; nothing where no task gives a value that it uses.

        Tasks that give it the same values are one.
        """
        tasks = self._by_path.get(launch.at.path, [])
        if not any(task.values for task in tasks):
            return []
        written = "\n".join([launch.name, *(hole.source for hole in _holes(launch))])
        made: dict[tuple[tuple[str, str], ...], Rendering] = {}
        for task in tasks[:MOST_RENDERINGS]:
            used = {name: value for name, value in task.values.items() if name in written}
            target = filled(task.target, task.values) if task.target else ""
            made.setdefault(tuple(sorted(used.items())), Rendering(used, target, len(made)))
        return list(made.values()) if any(one.values for one in made.values()) else []


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with the values of its variables; those that have none stay as they are written."""
    return VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)


def _holes(launch: Launch) -> Iterator[Hole]:
    for command in (launch.command, launch.entrypoint):
        yield from _holes_of(command)
    for word in launch.environment.values():
        yield from word.holes


def _holes_of(command: Command | None) -> Iterator[Hole]:
    if isinstance(command, ShellText):
        yield from (hole.hole for hole in command.text.holes)
    elif isinstance(command, Argv):
        yield from (hole for word in command.words for hole in word.holes)


def _file_of(task: RenderedTemplate, facts: Facts) -> str | None:
    """The template as Ansible looks for it: ``templates`` of the role, then beside the tasks ("Search paths")."""
    folder = posixpath.dirname(task.path)
    places = [posixpath.dirname(folder), folder] if posixpath.basename(folder) in {"tasks", "handlers"} else [folder]
    candidates = [posixpath.join(place, *middle, task.template) for place in places for middle in (("templates",), ())]
    return next((path for one in candidates if (path := posixpath.normpath(one)) in facts.file_set), None)
