"""What a worker lacks because somebody wrote it in vain: then that place is reported, and not the worker.

The settings that count decide how many processes there are, what they may hold, and which tasks are lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_celery_oom.analysis.readings import commands_of
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import App, BoundVariable, DeadSetting, Part, Project, Worker
from flake8_celery_oom.core.value import Unset
from flake8_celery_oom.rules import selected

RELEVANT = frozenset(
    {
        "broker_pool_limit",
        "result_cache_max",
        "result_expires",
        "task_acks_late",
        "task_acks_on_failure_or_timeout",
        "task_ignore_result",
        "task_reject_on_worker_lost",
        "task_retry_on_worker_lost",
        "task_soft_time_limit",
        "task_time_limit",
        "worker_autoscaler",
        "worker_cancel_long_running_tasks_on_connection_loss",
        "worker_concurrency",
        "worker_disable_prefetch",
        "worker_enable_prefetch_count_reduction",
        "worker_eta_task_limit",
        "worker_max_memory_per_child",
        "worker_max_tasks_per_child",
        "worker_pool",
        "worker_pool_restarts",
        "worker_pool_start_method",
        "worker_prefetch_multiplier",
    }
)
"""Settings (new names) that decide about processes, memory and lost tasks."""


class Explained:
    """Says of workers and apps whether what they lack is explained by another rule that runs."""

    def __init__(self, project: Project, config: Config) -> None:
        running = selected(config)
        self._dead = {one.at for one, _ in dead_settings(project)} if "CO206" in running else set()
        self._variables = "CO106" in running
        self._programs = "CO207" in running

    def __call__(self, lacking: Worker | App, option: str) -> bool:
        """Whether another rule names the place that is to blame for the missing ``option`` ("concurrency")."""
        app = lacking.app if isinstance(lacking, Worker) else lacking
        if self._programs and isinstance(lacking, Worker) and _has_no_program(lacking):
            return True
        if app is not None and any(one.setting == f"worker_{option}" and one.at in self._dead for one in app.dead):
            return True
        variables = unread_variables(lacking) if isinstance(lacking, Worker) and self._variables else ()
        return any(one.option == option for one in variables)


def _has_no_program(worker: Worker) -> bool:
    """Whether the worker's program is gone from its Celery, so that there is nothing yet to bound."""
    refusals = (refusal for command in commands_of(worker) for refusal in command.refusals)
    return bool(worker.version.specifier) and any(refusal.kind == "no-such-program" for refusal in refusals)


def every_app(project: Project | Part) -> list[App]:
    """The apps of a project or part, and those that its workers found, which may be read with another environment."""
    return [*project.apps, *(worker.app for worker in project.workers if worker.app is not None)]


def dead_settings(project: Project) -> list[tuple[DeadSetting, App]]:
    """The dead names that are to be reported, each once, with an app that does not get it.

    A name that another app reads, that the project's own code reads, or beside which another name sets the same, is
    left alone.
    """
    apps = every_app(project)
    alive = {at for app in apps for at in app.written.values()}
    found: dict[object, tuple[DeadSetting, App]] = {}
    for app in apps:
        for dead in app.dead:
            if not isinstance(app.settings.get(dead.setting, Unset()), Unset):
                alive.add(dead.at)
            if dead.setting in RELEVANT and dead.name not in project.names_used:
                found.setdefault(dead.at, (dead, app))
    return [pair for pair in found.values() if pair[0].at not in alive]


def unread_variables(worker: Worker) -> Iterator[BoundVariable]:
    """The variables of a worker that look like a bound and that nothing reads, whatever else sets the bound.

    Only for workers whose app is in the project: an image that is not may read what it likes.
    """
    if worker.app is not None:
        yield from (variable for variable in worker.variables if variable.reader == "nothing")
