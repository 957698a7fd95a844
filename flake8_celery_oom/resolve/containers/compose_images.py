"""Images that Docker Compose names after the project and the service that it builds."""

from __future__ import annotations

import re

from flake8_celery_oom.core.facts import Build
from flake8_celery_oom.resolve.facts.index import Facts

_PROJECT = r"[a-z0-9][a-z0-9_-]*"
"""The name of a project (Compose Specification, "Version and name top-level elements")."""


def build_named_by_compose(name: str, facts: Facts) -> Build | None:
    """The build of the service ``web`` for ``shop-web`` (Compose 2) or ``shop_web`` (Compose 1), without tag.

    The project is called after the folder of whoever runs Compose, which is not known here: any name counts. Only a
    service without ``image`` gets such a name; of several whose names fit, the longest says which.
    """
    builds: dict[str, set[Build]] = {}
    for launch in facts.launches:
        if launch.kind == "compose" and launch.image is None and launch.build is not None:
            builds.setdefault(launch.name, set()).add(launch.build)
    fitting = [service for service in builds if re.fullmatch(rf"{_PROJECT}[-_]{re.escape(service)}", name)]
    found = builds[max(fitting, key=len)] if fitting else set()
    known = {build for build in found if build.dockerfile in facts.images}
    return known.pop() if len(known) == 1 else None
