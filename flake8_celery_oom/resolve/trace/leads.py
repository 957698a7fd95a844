"""Which texts may lead to a Celery worker at all: the rest need not be followed.

A text leads when it speaks of Celery, of a program that runs tasks or programs of the project by name, or of a file of
the project that leads itself. Most scripts of a repository build, test and migrate; to skip them is what keeps the
work small, and keeps it for the scripts that matter.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from flake8_celery_oom.celery.image_workers import image_worker_signs
from flake8_celery_oom.core.facts import Command, Launch, ShellText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.programs import runners
from flake8_celery_oom.resolve.trace.signs import Signs

_DOCKER_RUN = r"(?:docker|podman|nerdctl)\b[^\n]*\brun\b"
_SUPERVISORS: Mapping[str, str] = {"supervisor": "supervisord", "circus": "circusd"}
_MAY_BE_A_COMMAND = re.compile(r"\S\s+\S|/|\.(?:sh|py)$")
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_BY_SESSION = (("tox", "tox"), ("nox", "nox"), ("nox", "tox"), ("concurrently", "package_json"))
_PYTHON_TASKS = ("invoke", "inv", "fab")


class Leading:
    """Answers for one project."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._signs = Signs()
        self._signs.add("celery", "celery")
        for letters, pattern in image_worker_signs():
            self._signs.add(letters, pattern)
        self._add_python_programs()
        rest = {path: _COMMENT.sub("", script.text.text) for path, script in facts.scripts.items()}
        names: set[str] = set()
        runners_that_lead: set[str] = set()
        while True:
            fresh = {path for path, text in rest.items() if self.leads(text)}
            found = self._runners() - runners_that_lead
            if not fresh and not found:
                break
            for path in fresh:
                del rest[path]
            runners_that_lead |= found
            names |= {posixpath.basename(path) for path in fresh}
            names |= _names_in_images(facts, names)
            for name in names:
                self._signs.add_name(name)
            for runner in found:
                self._signs.add("run" if runner == _DOCKER_RUN else runner.replace(r"\b", ""), runner)
        self.scripts = frozenset(facts.scripts.keys() - rest.keys())
        """The paths of the scripts that lead."""

    def _add_python_programs(self) -> None:
        programs = sorted({launch.at.path for launch in self._facts.launches if launch.kind == "python"})
        for path in programs:
            for letters, pattern in _python_program(path):
                self._signs.add(letters, pattern)
        if programs:
            for name in sorted(self._facts.console_scripts):
                self._signs.add_name(name)
            for name in _PYTHON_TASKS:
                self._signs.add(name, rf"\b{name}\b")

    def _runners(self) -> set[str]:
        """Patterns for programs that run by name something which leads: ``make``, ``supervisord``, ``docker run``."""
        kinds = {launch.kind for launch in self._facts.launches if self._launch(launch)}
        found = {rf"\b{program}\b" for program, (kept, _) in runners.TASK_RUNNERS.items() if kinds & set(kept)}
        found |= {program for kind, program in _SUPERVISORS.items() if kind in kinds}
        found |= {rf"\b{program}\b" for program, kind in _BY_SESSION if kind in kinds}
        stages = [stage for image in self._facts.images.values() for stage in image.stages]
        if any(self._command(command) for stage in stages for command in (stage.entrypoint, stage.command)):
            found.add(_DOCKER_RUN)
        return found

    def _launch(self, launch: Launch) -> bool:
        return self._command(launch.command) or self._command(launch.entrypoint) or self.environment(launch.environment)

    def _command(self, command: Command | None) -> bool:
        if isinstance(command, ShellText):
            return self.leads(command.text.text)
        return command is not None and self.leads(" ".join(word.shown for word in command.words))

    def leads(self, text: str) -> bool:
        """Whether a text may start a worker, or something that does."""
        return self._signs.inside(text)

    def environment(self, environment: Mapping[str, Word]) -> bool:
        """Whether a variable may hold a command that leads; addresses and names of things are none."""
        texts = {"".join(part for part in word.parts if isinstance(part, str)) for word in environment.values()}
        return any(_MAY_BE_A_COMMAND.search(text) and "://" not in text and self.leads(text) for text in texts)


def _names_in_images(facts: Facts, names: set[str]) -> set[str]:
    """Other names that files of these names get in an image."""
    return {
        posixpath.basename(copy.target)
        for image in facts.images.values()
        for stage in image.stages
        for copy in stage.copies
        if not copy.target.endswith("/") and any(posixpath.basename(source) in names for source in copy.sources)
    } - {"", ".", ".."}


def _python_program(path: str) -> list[tuple[str, str]]:
    """How a command names a Python file: as a file, as a module, or as a command of manage.py; letters and pattern."""
    folder, name = posixpath.split(path)
    stem = posixpath.splitext(name)[0]
    if folder.endswith("management/commands"):
        return [(stem, rf"manage(?:\.py)?\b[^\n]*\b{re.escape(stem)}\b")]
    module = posixpath.basename(folder) if stem == "__main__" else stem
    return [(name, rf"(?<![\w-]){re.escape(name)}\b"), (module, rf"-m\s+[\w.]*\b{re.escape(module)}\b")]
