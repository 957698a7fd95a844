"""The launches of all compose projects of a repository."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from flake8_celery_oom.core.facts import Build, Launch, ShellText
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.compose.env_files import EnvFiles
from flake8_celery_oom.resolve.compose.loading import Loader
from flake8_celery_oom.resolve.compose.projects import ComposeProject, projects
from flake8_celery_oom.resolve.compose.services import launch_of
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.syntax.compose_file import ComposeFile


def compose_launches(facts: Facts) -> list[Launch]:
    """One launch for each service of each project; those that projects have in common come once."""
    found: dict[tuple[Location, str], list[Launch]] = {}
    for _, launches in launches_of_projects(facts):
        for launch in _with_builds_of_images(launches):
            known = found.setdefault((launch.at, launch.name), [])
            if all(replace(one, container=launch.container) != launch for one in known):
                known.append(launch)
    return [launch for known in found.values() for launch in known]


def _with_builds_of_images(launches: list[Launch]) -> Iterator[Launch]:
    """The launches of one project, where a service also runs the image that another one builds under that name."""
    builds: dict[str, set[Build]] = {}
    for launch in launches:
        if launch.image and launch.build is not None:
            builds.setdefault(launch.image, set()).add(launch.build)
    for launch in launches:
        made = builds.get(launch.image or "", set()) if launch.build is None else set()
        yield replace(launch, build=next(iter(made))) if len(made) == 1 else launch


def launches_of_projects(facts: Facts) -> Iterator[tuple[ComposeProject, list[Launch]]]:
    """The compose projects of a repository, each with what its services launch."""
    files = {fact.path: fact for fact in facts.notation_facts if isinstance(fact, ComposeFile)}
    if not files:
        return
    env_files = EnvFiles(facts)
    env = {path: env_files.values([path], {}) for path in facts.files if posixpath.basename(path) == ".env"}
    for project in projects(files, env, _texts(facts)):
        loader = Loader(files, env_files.values)
        services = loader.load(project.files, project.folder, project.env_files)
        listed = [one for one in services if project.services is None or one.name in project.services]
        launches = [launch_of(service, loader.context, env_files) for service in listed]
        yield project, [launch for launch in launches if project.sample in {None, launch.at.path}]


def _texts(facts: Facts) -> Iterator[SourceText]:
    """The texts that may hold commands: scripts, and the files of launches that a shell runs."""
    seen: set[str] = set()
    texts = [script.text.source for script in facts.scripts.values()]
    texts += [one.command.text.source for one in facts.launches if isinstance(one.command, ShellText)]
    for text in texts:
        if text.path not in seen:
            seen.add(text.path)
            yield text
