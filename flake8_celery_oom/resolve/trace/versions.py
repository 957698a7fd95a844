"""Which Celery a launch runs."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from flake8_celery_oom.core.facts import Launch
from flake8_celery_oom.core.results import CeleryVersion


def version_behind(launch: Launch | None, path: str, version_of: Callable[[str], CeleryVersion]) -> CeleryVersion:
    """The Celery of the folder that the image of a launch is built from, else the one that holds for ``path``.

    ``version_of`` gives the version that the requirements near a path ask for.
    """
    if launch is not None and launch.build is not None:
        installed = version_of(posixpath.join(launch.build.context, "Dockerfile"))
        if installed.specifier:
            return installed
    return version_of(path)
