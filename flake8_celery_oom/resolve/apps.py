"""Celery applications of a project and the settings that reach them (skeleton: the signatures are final)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from flake8_celery_oom.model import App, CeleryVersion, Location, Word

if TYPE_CHECKING:
    from flake8_celery_oom.resolve.modules import Modules


@dataclass(frozen=True, slots=True)
class NotInProject:
    """The name means a module that is no file of the project: its settings count as Unset."""

    name: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """Which application is meant cannot be told from the files: its settings count as Unknown."""

    reason: str


AppMatch: TypeAlias = App | NotInProject | Undecided


class Apps:
    """Every Celery application of the project."""

    def __init__(self, modules: Modules, version_of: Callable[[str], CeleryVersion]) -> None:
        """``version_of`` gives the Celery version that holds for a path of the project."""

    def lookup(
        self,
        name: str | None,
        cwd: str,
        near: str,
        environment: Mapping[str, Word],
        version: CeleryVersion,
        django_settings: str | None = None,
    ) -> AppMatch:
        """The application that ``-A name`` means for a command run in ``cwd`` and written in the file ``near``.

        ``environment`` holds the variables set for the worker; ``name`` None: the command names no application.
        """
        raise NotImplementedError

    def lookup_call(
        self,
        at: Location,
        environment: Mapping[str, Word],
        version: CeleryVersion,
        cwd: str = "",
    ) -> AppMatch:
        """The application of a Launch of kind "python" whose command is at ``at``: ``app`` of ``app.worker_main(...)``.

        For entries ``worker_main``, ``start`` and ``Worker``, where no ``-A`` names the application.
        """
        raise NotImplementedError

    def all_apps(self) -> list[App]:
        """Every application of the project, with the settings it has in no particular environment."""
        raise NotImplementedError
