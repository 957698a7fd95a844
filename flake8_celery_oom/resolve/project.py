"""The whole of resolve in one step: facts in, project out."""

from __future__ import annotations

import re

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.facts import Problem
from flake8_celery_oom.core.results import Project
from flake8_celery_oom.resolve.apps.dead_settings import names_used
from flake8_celery_oom.resolve.apps.lookup import Apps
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.facts.python_uses import python_uses
from flake8_celery_oom.resolve.facts.uses import flowers, installed, launchers
from flake8_celery_oom.resolve.python.modules import Modules
from flake8_celery_oom.resolve.trace.launcher import Launcher
from flake8_celery_oom.resolve.trace.leads import Leading
from flake8_celery_oom.resolve.workers.build import Workers
from flake8_celery_oom.resolve.workers.celery_versions import CeleryVersions
from flake8_celery_oom.resolve.workers.parts import Parts


def resolve(facts: Facts, mentioning: list[str], config: Config) -> Project:
    """Find the workers of a project. ``mentioning`` are the files that speak of Celery at all."""
    versions = CeleryVersions(facts.requirements, config.celery_version)
    apps = Apps(Modules(facts.files, facts.read, mentioning), versions.of)
    launcher = Launcher(facts, versions.of)
    workers = Workers(facts, apps, versions, mentioning).resolve(launcher.started())
    every = apps.all_apps()
    found = [*every, *(worker.app for worker in workers if worker.app is not None)]
    uses, tasks = python_uses(mentioning, facts.read)
    return Project(
        workers=tuple(workers),
        apps=tuple(every),
        launches=tuple(facts.launches),
        requirements=tuple(facts.requirements),
        problems=(*_problems(facts), *launcher.problems),
        files=len(facts.files),
        names_used=names_used(found, mentioning, facts.read),
        incomplete=_lacks_a_submodule(facts),
        launchers=launchers(mentioning, facts.read),
        parts=Parts(facts.requirements).of(every, workers, (*uses, *flowers(mentioning, facts.read)), tasks),
        flowers=launcher.flowers(),
        installed=installed(facts.requirements, facts.images.values()),
    )


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
