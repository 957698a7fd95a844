"""What a project starts, and the Celery workers behind it: launches, images, and scripts that are read alone.

A launch is a compose service, a process of a Procfile, a command of a Dockerfile; each is followed on its own.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import replace

from flake8_celery_oom.celery.command_line import read_commands
from flake8_celery_oom.core.facts import WRITTEN, Build, Launch, Problem, Script, Stage, mishap
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import CeleryVersion, Flower
from flake8_celery_oom.core.word import literal
from flake8_celery_oom.resolve.containers.images import (
    Container,
    container_of,
    default_builds,
    runs_by_default,
    stage_saying,
    stages_of,
)
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.trace.celery_hops import record
from flake8_celery_oom.resolve.trace.flowers import Flowers
from flake8_celery_oom.resolve.trace.following import Following, Shared
from flake8_celery_oom.resolve.trace.other_commands import second_app
from flake8_celery_oom.resolve.trace.shell_hops import read_script
from flake8_celery_oom.resolve.trace.started import Started, without_bare_uses
from flake8_celery_oom.resolve.trace.template_scripts import given_arguments
from flake8_celery_oom.resolve.trace.tracer import follow, start
from flake8_celery_oom.resolve.trace.versions import version_behind
from flake8_celery_oom.resolve.trace.words import (
    open_word,
)


class Launcher:
    """Follows all launches of a project."""

    def __init__(self, facts: Facts, version_of: Callable[[str], CeleryVersion]) -> None:
        self.facts = facts
        self.shared = Shared(facts, version_of, follow)
        self.problems: list[Problem] = self.shared.problems
        """Launches that could not be followed, or not in whole."""

    def started(self) -> list[Started]:
        """Every worker that the project starts, with each place that starts it."""
        found: list[Started] = []
        for launch in self.facts.launches:
            found.extend(self.follow(launch))
        for launch in self._image_launches():
            found.extend(self.follow(launch))
        found = [one for one in found if not self._is_call_without_words(one)]
        alone: dict[str, list[Started]] = {}
        forwards: dict[str, bool] = {}
        leading = [self.facts.scripts[path] for path in sorted(self.shared.leading.scripts)]
        given = self.shared.arguments_given
        given |= dict.fromkeys(given_arguments(leading, self.facts.launches), True)
        for _ in range(3):
            waiting = [
                script
                for script in leading
                if script.path not in alone
                or forwards[script.path] != self.shared.arguments_given.get(script.path, False)
            ]
            for script in waiting:
                forwards[script.path] = self.shared.arguments_given.get(script.path, False)
                alone[script.path] = self.read_alone(script)
            if not waiting:
                break
        for path in sorted(alone):
            called = path in given
            found.extend(replace(one, called=called) for one in alone[path])
        return [*found, *self._forwarding(found)]

    def _is_call_without_words(self, started: Started) -> bool:
        """Whether a worker is ``app.worker_main()`` alone, whose words are those of a program that something runs."""
        launch = started.launch
        if launch is None or launch.kind != "python" or launch.command is None or launch.at not in self.shared.reached:
            return False
        if launch.name not in {"start", "worker_main"}:
            return False
        return launch.command.at == launch.at and launch.at.touches(started.site)

    def _forwarding(self, found: list[Started]) -> list[Started]:
        """Placeholder workers for ``celery "$@"``: their words come from callers, one of which starts a worker so."""
        reached = {one.command.program_at for one in found}
        made: dict[Location, Started] = {}
        for run, words, entry, invocation in sorted(self.shared.forwarding, key=lambda one: one[0].launch.at):
            place = words[0].at
            if place is None or place not in reached or place in made:
                continue
            opened = (words[0], literal("worker"), *(open_word(word) for word in words[1:]))
            for command in read_commands(opened, CeleryVersion(), entry=entry):
                before = len(run.found)
                record(run, replace(command, words=words), entry, invocation)
                made[place] = replace(run.found[before], called=True, forwards=True)
                del run.found[before:]
        return list(made.values())

    def follow(self, launch: Launch) -> list[Started]:
        """The workers behind one launch; one that cannot be followed does not keep the others from being found."""
        try:
            return self._follow(launch) if self.shared.has_room(launch.at) else []
        except MemoryError:
            raise
        except Exception as error:
            self.problems.append(mishap(launch.at, error))
            return []

    def _follow(self, launch: Launch) -> list[Started]:
        container = container_of(launch, self.facts)
        if container.health_check is not launch.health_check or container.python:
            launch = replace(launch, health_check=container.health_check, python=container.python)
        run = Following(self.shared, launch, container)
        start(run, container.entrypoint, container.command)
        if not run.found or container.health_check is None:
            return run.found
        found = second_app(run, version_behind(launch, launch.at.path, self.shared.version_of))
        return [replace(one, second_app=found) for one in run.found]

    def flowers(self) -> tuple[Flower, ...]:
        """Every place that starts Flower."""
        return Flowers(self.shared, [*self.facts.launches, *self._image_launches()]).found()

    def read_alone(self, script: Script) -> list[Started]:
        """The workers of a script that is read without a caller."""
        path = script.path if not script.path.startswith(WRITTEN) else script.text.source.path
        folder = posixpath.dirname(path)
        at = script.text.source.location(0, 0)
        launch = Launch("shell", path, at, container=script.path)
        placed = self.shared.copied.beside(script.path) if "supervisord" in script.text.text else ()
        container = Container(directory=folder, context=folder, placed=placed)
        run = Following(self.shared, launch, container, standalone=True)
        read_script(run, script, (), known_caller=False)
        return without_bare_uses(run.found)

    def _image_launches(self) -> Iterator[Launch]:
        """Dockerfiles start what their ENTRYPOINT and CMD say, where no file of the project runs the image so.

        Where one does, as a compose service without a command of its own, the image is no worker beside it; where all
        have commands of their own, what the image says is for others who run it. A last stage that says nothing itself
        runs what the stage says on which it stands, with its own variables.
        """
        run = [found for launch in self.facts.launches if (found := runs_by_default(launch, self.facts)) is not None]
        for image in list(self.facts.images.values()):
            inherited: Stage | None = None
            for build in default_builds(image, self.facts):
                chain = stages_of(image, build.target)
                saying = stage_saying(chain if build.target is None else chain[:1])
                own = (saying.command or saying.entrypoint) if saying is not None else None
                if saying is None or own is None or saying is inherited:
                    continue
                inherited = saying if saying is not chain[0] else inherited
                if any(path == image.path and saying is one for path, one in run):
                    continue
                name = chain[0].name
                yield Launch(
                    "dockerfile",
                    name or image.path,
                    own.at,
                    build=self._context_named_by_a_launch(build),
                    container=f"{image.path}#{name or build.target or ''}",
                    in_container=True,
                )

    def _context_named_by_a_launch(self, build: Build) -> Build:
        """The context that compose gives for this Dockerfile is better than a guess, when all agree."""
        contexts = {
            launch.build.context
            for launch in self.facts.launches
            if launch.build is not None and launch.build.dockerfile == build.dockerfile
        }
        return replace(build, context=contexts.pop()) if len(contexts) == 1 else build
