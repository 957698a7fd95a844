"""Workers and projects made by hand."""

from __future__ import annotations

from typing import Any

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import App, CeleryVersion, Project, Worker
from flake8_celery_oom.core.value import Unset


def at(path: str = "compose.yml", line: int = 1, column: int = 1, length: int = 10) -> Location:
    start = line * 100 + column
    return Location(path, start, start + length, line, column, line, column + length)


def app(name: str = "shop", **settings: Any) -> App:
    place = at(f"{name}/celery.py", 3)
    return App(name, place, place, CeleryVersion("==5.4.0"), settings)


def worker(name: str = "web", place: Location | None = None, command: Location | None = None, **values: Any) -> Worker:
    starter = place or at()
    fields: dict[str, Any] = {
        "kind": "compose",
        "name": name,
        "at": starter,
        "command_at": command or starter,
        "via": () if command is None else (command,),
        "words": (),
        "app_name": "shop",
        "app": None,
        "version": CeleryVersion("==5.4.0"),
        "pool": Unset(),
        "concurrency": Unset(),
        "autoscale": Unset(),
        "max_tasks_per_child": Unset(),
        "max_memory_per_child": Unset(),
        "prefetch_multiplier": Unset(),
        "beat": Unset(),
        "memory_limit": Unset(),
        "container": "",
        **values,
    }
    return Worker(**fields)


def project(*workers: Worker, apps: tuple[App, ...] = ()) -> Project:
    return Project(workers, apps, (), (), (), 1)
