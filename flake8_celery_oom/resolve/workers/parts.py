"""The parts of a project that are installed on their own: the services of a monorepo, or the project as a whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from flake8_celery_oom.core.facts import Requirement
from flake8_celery_oom.core.results import App, Part, TaskOptions, Use, Worker
from flake8_celery_oom.resolve.workers.celery_versions import folder_of, is_below, upwards


class Parts:
    """Divides a project by the folders whose requirements ask for Celery.

    An app, or a worker without an app in the project, belongs to the nearest such folder above it; where there is
    none, to the project as a whole. So do requirements, code and tasks, unless a folder in between has requirements
    of its own, without Celery: that is another program. What stands beside the parts (a compose file) counts for each
    of them. Requirements that ask for Celery in a folder without app and worker count for a part around it only as far
    as nothing else may be meant: the part has none of its own, and there is one such folder.
    """

    def __init__(self, requirements: Sequence[Requirement]) -> None:
        self._requirements = requirements
        self._own: dict[str, set[tuple[str, str]]] = defaultdict(set)
        """By folder the names and releases that are asked for there."""
        for one in requirements:
            self._own[folder_of(one.at.path)].add((one.name, one.specifier))
        self._asking = {folder_of(one.at.path) for one in requirements if one.name == "celery"}
        self._others = self._own.keys() - self._asking

    def of(
        self, apps: Iterable[App], workers: Iterable[Worker], uses: Iterable[Use], tasks: Iterable[TaskOptions]
    ) -> tuple[Part, ...]:
        """The parts, in order of their folders."""
        its_apps: dict[str, list[App]] = defaultdict(list)
        its_workers: dict[str, list[Worker]] = defaultdict(list)
        for app in apps:
            its_apps[self._home(app.at.path)].append(app)
        for worker in workers:
            place = worker.command_at if worker.app is None else worker.app.at
            its_workers[self._home(place.path)].append(worker)
        homes = frozenset(its_apps) | frozenset(its_workers)
        used = [(self._counts_for(one.path, homes), one.kind) for one in uses]
        said = [(self._counts_for(one.at.path, homes), one) for one in tasks]
        return tuple(
            Part(
                tuple(its_apps[home]),
                tuple(its_workers[home]),
                tuple(one for one in self._requirements if self._is_installed(one, home, homes)),
                frozenset(kind for where, kind in used if home in where),
                tuple(task for where, task in said if home in where),
            )
            for home in sorted(homes)
        )

    def _home(self, path: str) -> str:
        return next((folder for folder in upwards(folder_of(path)) if folder in self._asking), "")

    def _counts_for(self, path: str, homes: frozenset[str]) -> frozenset[str]:
        """The parts for which a requirement, code or commands at ``path`` count."""
        for folder in upwards(folder_of(path)):
            if folder in homes:
                return frozenset({folder})
            if folder in self._others and not any(is_below(home, folder) for home in homes):
                return frozenset()
        return homes

    def _is_installed(self, requirement: Requirement, home: str, homes: frozenset[str]) -> bool:
        folder = folder_of(requirement.at.path)
        if is_below(home, folder):
            return True
        if folder in self._asking - homes:
            same = (requirement.name, requirement.specifier) in self._own.get(home, set())
            return same or (home not in self._asking and len(self._asking - homes) == 1)
        return home in self._counts_for(requirement.at.path, homes)
