"""Units of systemd with the environment files of the project that their ``EnvironmentFile=`` means.

A unit names a file of the host, ``/opt/shop/config/jobs.env``; the project holds it where one file of it ends in the
same parts, its folder's name at least. Which name alone is the same is not guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flake8_celery_oom.core.facts import EnvironmentSource, Launch, ShellText
from flake8_celery_oom.resolve.facts.index import Facts

SHARED_PARTS = 2
"""How many last parts of its path a file of the project shares with the one that a unit names."""


def with_environment_files(launches: Sequence[Launch], facts: Facts) -> list[Launch]:
    """The launches, those of units with the files that they read.

    What a file of defaults starts by itself (``CELERYD_OPTS`` and the like) is what such a unit starts.
    """
    made = [_linked(launch, facts) if launch.kind == "systemd" else launch for launch in launches]
    read = {origin.path for launch in made if _starts_the_defaults(launch) for origin in launch.environment_from}
    return [launch for launch in made if launch.kind != "celeryd" or launch.at.path not in read]


def _starts_the_defaults(launch: Launch) -> bool:
    return launch.kind == "systemd" and isinstance(launch.command, ShellText) and "CELERYD_" in launch.command.text.text


def _linked(launch: Launch, facts: Facts) -> Launch:
    return replace(launch, environment_from=tuple(_found(origin, facts) for origin in launch.environment_from))


def _found(origin: EnvironmentSource, facts: Facts) -> EnvironmentSource:
    if origin.kind != "file" or origin.path is not None or not origin.name.startswith("/"):
        return origin
    found = facts.ending_with(origin.name, at_least=SHARED_PARTS)
    if not found:
        found = [path for path in facts.ending_with(origin.name) if facts.variables_of("unit", path) is not None]
    return replace(origin, path=found[0]) if len(found) == 1 else origin
