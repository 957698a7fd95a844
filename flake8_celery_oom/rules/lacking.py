"""Which workers lack something: each is asked once, however many workers share its app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flake8_celery_oom.analysis.readings import forks
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import App, Project, Worker
from flake8_celery_oom.core.value import Unset
from flake8_celery_oom.core.wishes import NumberOption


@dataclass(frozen=True, slots=True)
class OfApp:
    """All workers of one app, those that may have child processes, and whether all of either lack it."""

    every: tuple[Worker, ...]
    forking: tuple[Worker, ...]
    all_lack: bool
    all_forking_lack: bool
    commands: int
    """By how many commands they are started."""


class Lacking:
    """Whether a worker of a project lacks ``option``, which a rule is about; ``lacks`` decides."""

    def __init__(self, project: Project, option: NumberOption, lacks: Callable[[Worker], bool]) -> None:
        self._option: NumberOption = option
        self._lacks = lacks
        self._known: dict[int, bool] = {}
        self._workers: dict[Location, list[Worker]] = {}
        self._apps: dict[Location, OfApp] = {}
        for worker in project.workers:
            if worker.app is not None:
                self._workers.setdefault(worker.app.at, []).append(worker)

    def __call__(self, worker: Worker) -> bool:
        """Whether the worker, which must be one of the project, lacks it."""
        if id(worker) not in self._known:
            self._known[id(worker)] = self._lacks(worker)
        return self._known[id(worker)]

    def of_app(self, app: App) -> OfApp:
        """The workers of an app."""
        if app.at not in self._apps:
            every = tuple(self._workers.get(app.at, ()))
            forking = tuple(worker for worker in every if forks(worker.pool) is not False)
            commands = len({worker.command_at for worker in every})
            all_forking = all(self(worker) or self._may_lack(worker) for worker in forking)
            self._apps[app.at] = OfApp(every, forking, all(map(self, every)), all_forking, commands)
        return self._apps[app.at]

    def _may_lack(self, worker: Worker) -> bool:
        """Whether only its pool, which is not known, says whether the worker lacks it."""
        return forks(worker.pool) is None and isinstance(getattr(worker, self._option), Unset)
