"""The whole of resolve in one step: facts in, project out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.facts import Problem, Requirement
from flake8_celery_oom.core.results import Flower, Project
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.apps.dead_settings import names_used
from flake8_celery_oom.resolve.apps.lookup import Apps, KeptApps
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.facts.python_uses import python_uses
from flake8_celery_oom.resolve.facts.reads import gives
from flake8_celery_oom.resolve.facts.uses import flowers, installed, launchers
from flake8_celery_oom.resolve.python.modules import Modules
from flake8_celery_oom.resolve.trace.launcher import Launcher
from flake8_celery_oom.resolve.trace.leads import Leading
from flake8_celery_oom.resolve.trace.started import Started
from flake8_celery_oom.resolve.workers.build import KeptWorkers, Workers
from flake8_celery_oom.resolve.workers.celery_versions import CeleryVersions
from flake8_celery_oom.resolve.workers.parts import Parts


@dataclass(frozen=True, slots=True)
class Traced:
    """What the launches of a project start, and the texts that this follows from besides the facts."""

    started: list[Started]
    problems: list[Problem]
    flowers: tuple[Flower, ...]
    asked: dict[str, SourceText | None]


@dataclass(frozen=True, slots=True)
class KeptProject:
    """What resolving a project leaves for the next time."""

    facts: Facts
    requirements: tuple[list[Requirement], str]
    """What the Celery versions of the project follow from."""
    traced: Traced
    apps: KeptApps
    workers: KeptWorkers


@dataclass(frozen=True, slots=True)
class Resolved:
    """A resolved project, with what another look at it can start from."""

    project: Project
    kept: KeptProject


def resolve(facts: Facts, mentioning: list[str], config: Config, earlier: KeptProject | None = None) -> Resolved:
    """Find the workers of a project. ``mentioning`` are the files that speak of Celery at all.

    ``earlier`` is the same project at another time: what follows from nothing that has changed is not looked for again.
    """
    versions = CeleryVersions(facts.requirements, config.celery_version)
    if earlier is not None and versions.asked != earlier.requirements:
        earlier = None
    known = earlier.apps if earlier is not None else None
    modules = Modules(facts.files, facts.read, mentioning, known.modules if known is not None else None)
    apps = Apps(modules, versions.of, known)
    same = earlier if earlier is not None and facts.said_alike(earlier.facts) else None
    traced = same.traced if same is not None and gives(facts.read, same.traced.asked) else _trace(facts, versions)
    maker = Workers(facts, apps, versions, mentioning, same.workers if same is not None else None)
    workers = maker.resolve(traced.started)
    every = apps.all_apps()
    found = [*every, *(worker.app for worker in workers if worker.app is not None)]
    uses, tasks = python_uses(mentioning, facts.read)
    project = Project(
        workers=tuple(workers),
        apps=tuple(every),
        launches=tuple(facts.launches),
        requirements=tuple(facts.requirements),
        problems=(*_problems(facts), *traced.problems, *apps.problems),
        files=len(facts.files),
        names_used=names_used(found, mentioning, facts.read),
        incomplete=_lacks_a_submodule(facts),
        launchers=launchers(mentioning, facts.read),
        parts=Parts(facts.requirements).of(every, workers, (*uses, *flowers(mentioning, facts.read)), tasks),
        flowers=traced.flowers,
        installed=installed(facts.requirements, facts.images.values()),
    )
    return Resolved(project, KeptProject(facts, versions.asked, traced, apps.kept(), maker.kept()))


def _trace(facts: Facts, versions: CeleryVersions) -> Traced:
    with facts.read.recording() as asked:
        launcher = Launcher(facts, versions.of)
        started = launcher.started()
        return Traced(started, launcher.problems, launcher.flowers(), asked)


def _problems(facts: Facts) -> tuple[Problem, ...]:
    """What is wrong with files that may have to do with Celery; a file that could not be decoded may."""
    if not facts.problems:
        return ()
    leads = Leading(facts).leads
    texts = {one.at.path: facts.read(one.at.path) for one in facts.problems}
    about = {path for path, source in texts.items() if source is None or leads(source.text)}
    return tuple(one for one in facts.problems if one.at.path in about)


_SUBMODULE = re.compile(r"^[ \t]*path[ \t]*=[ \t]*(\S+)[ \t]*\r?$", re.MULTILINE)


def _lacks_a_submodule(facts: Facts) -> bool:
    """Whether ``.gitmodules`` names a folder in which there is nothing."""
    source = facts.read(".gitmodules") if ".gitmodules" in facts.file_set else None
    paths = _SUBMODULE.findall(source.text) if source is not None else []
    return any(path.rstrip("/") not in facts.folders for path in paths)
