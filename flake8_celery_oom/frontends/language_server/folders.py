"""The projects that an editor has open: which one a file belongs to, and the address of each of their files."""

from __future__ import annotations

from pathlib import Path

from pygls.uris import to_fs_path

from flake8_celery_oom.frontends.language_server.analysis import ProjectAnalysis
from flake8_celery_oom.frontends.targets import Target, TooWideError, target_of


class Folders:
    """The projects in use, by their roots. A file in no project is looked at alone."""

    def __init__(self) -> None:
        self._projects: dict[tuple[Path, str], ProjectAnalysis] = {}

    def all(self) -> list[ProjectAnalysis]:
        """Every project in use."""
        return list(self._projects.values())

    def open_folder(self, uri: str) -> ProjectAnalysis | None:
        """The project of a folder of the workspace; None for a folder that holds more than a project."""
        return self._of_target(_target(uri))

    def of(self, uri: str) -> tuple[ProjectAnalysis, str] | None:
        """The project of a file, and the file's path in it; None for what is no file of the disk."""
        target = _target(uri)
        project = self._of_target(target)
        return (project, target.path) if project is not None and target is not None else None

    def _of_target(self, target: Target | None) -> ProjectAnalysis | None:
        if target is None:
            return None
        alone = target.path if target.alone else ""
        key = target.root, alone
        if key not in self._projects:
            self._projects[key] = ProjectAnalysis(target.root, (alone,) if alone else None)
        return self._projects[key]

    def close_folder(self, uri: str) -> None:
        """Forget the project of a folder that is no part of the workspace any more."""
        target = _target(uri)
        if target is not None:
            self._projects.pop((target.root, ""), None)


def _target(uri: str) -> Target | None:
    path = to_fs_path(uri) if uri.startswith("file:") else None
    if not path:
        return None
    try:
        return target_of(path)
    except (TooWideError, OSError, ValueError):
        return None
