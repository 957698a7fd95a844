"""Images that Docker Compose names after the project and the service that it builds."""

from __future__ import annotations

import re

from flake8_celery_oom.core.facts import Build
from flake8_celery_oom.core.once import once
from flake8_celery_oom.resolve.facts.index import Facts

_BETWEEN = re.compile(r"[-_]")
_PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]*")
"""The name of a project (Compose Specification, "Version and name top-level elements")."""


def build_named_by_compose(name: str, facts: Facts) -> Build | None:
    """The build of the service ``web`` for ``shop-web`` (Compose 2) or ``shop_web`` (Compose 1), without tag.

    The project is called after the folder of whoever runs Compose, which is not known here: any name counts. Only a
    service without ``image`` gets such a name; of several whose names fit, the longest says which.
    """
    builds = _builds_of_services(facts)
    ends = [match.start() for match in _BETWEEN.finditer(name) if _PROJECT.fullmatch(name, 0, match.start())]
    fitting = [name[end + 1 :] for end in ends if name[end + 1 :] in builds]
    found = builds[fitting[0]] if fitting else set()
    known = {build for build in found if build.dockerfile in facts.images}
    return known.pop() if len(known) == 1 else None


@once()
def _builds_of_services(facts: Facts) -> dict[str, set[Build]]:
    """What each service without ``image`` builds, by its name."""
    builds: dict[str, set[Build]] = {}
    for launch in facts.launches:
        if launch.kind == "compose" and launch.image is None and launch.build is not None:
            builds.setdefault(launch.name, set()).add(launch.build)
    return builds
