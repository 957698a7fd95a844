"""From a worker's command to its app and settings, and back: definition and references."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import App, Project, Worker


def definitions(project: Project, path: str, offset: int) -> list[Location]:
    """What a place leads to: a command's app and the place that configures it, a launch's command, a setting's app."""
    found: list[Location] = []
    for worker in project.workers:
        if _holds(worker.at, path, offset) or _holds(worker.command_at, path, offset):
            if not _holds(worker.command_at, path, offset):
                found.append(worker.command_at)
            if worker.app is not None:
                found += [worker.app.at, worker.app.configured_at]
    found += [app.at for app in project.apps for at in app.written.values() if _holds(at, path, offset)]
    return list(dict.fromkeys(found))


def references(project: Project, path: str, offset: int) -> list[Location]:
    """What depends on a place: the workers of an app or of a setting, the places that run a command."""
    found: list[Location] = []
    for worker in project.workers:
        if (worker.app is not None and any(_holds(at, path, offset) for at in _places(worker.app))) or _holds(
            worker.command_at, path, offset
        ):
            found.extend(_way(worker))
    return list(dict.fromkeys(found))


def _places(app: App) -> Iterator[Location]:
    yield app.at
    yield app.configured_at
    yield from app.written.values()


def _way(worker: Worker) -> Iterator[Location]:
    """The places from what starts a worker to its command."""
    yield worker.at
    yield from worker.via
    yield worker.command_at


def _holds(at: Location, path: str, offset: int) -> bool:
    return at.path == path and at.start <= offset <= at.end
