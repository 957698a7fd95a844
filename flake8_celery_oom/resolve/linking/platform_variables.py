"""Variables that a platform gives to the processes of a Procfile: those of the app_desc.yaml or app.yml beside it.

BlueKing takes the processes from the Procfile where there is one, and everything else from its own file.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import replace

from flake8_celery_oom.core.facts import EnvironmentSource, Launch, Variables

_DESCRIPTIONS = frozenset({"app_desc.yaml", "app_desc.yml", "app.yml", "app.yaml"})


def with_platform_variables(launches: Iterable[Launch], variables: Sequence[Variables]) -> list[Launch]:
    """The launches, those of Procfiles with what the platform's file in the same folder gives them."""
    by_folder = {posixpath.dirname(one.path): one for one in variables if posixpath.basename(one.path) in _DESCRIPTIONS}
    return [_given(launch, by_folder.get(posixpath.dirname(launch.at.path))) for launch in launches]


def _given(launch: Launch, variables: Variables | None) -> Launch:
    if variables is None or launch.kind != "procfile":
        return launch
    source = EnvironmentSource("file", posixpath.basename(variables.path), launch.at, variables.path)
    return replace(launch, environment_from=(*launch.environment_from, source))
