"""The environment of a launch: what its image, its files of variables and the launch itself set."""

from __future__ import annotations

from collections.abc import Mapping

from flake8_celery_oom.core.facts import Launch
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.resolve.facts.index import Facts


def environment_of(launch: Launch, inside: Mapping[str, Word], facts: Facts) -> dict[str, Word]:
    """Variables of the image, ``inside``, then of env files and ConfigMaps, then those that the launch itself sets.

    For systemd it is the other way round: ``EnvironmentFile=`` wins over ``Environment=`` (systemd.exec(5)).
    """
    made = {name: word for name, word in inside.items() if name not in launch.environment}
    if launch.kind == "systemd":
        made.update(launch.environment)
    for origin in launch.environment_from:
        kind, name = "configmap" if origin.kind == "configmap" else "file", origin.path or origin.name
        as_unit = facts.variables_of("unit", name) if launch.kind == "systemd" else None
        variables = as_unit or facts.variables_of(kind, name)
        if variables is not None:
            made.update(variables.values)
        if as_unit is not None and "CELERYD_NODES" in as_unit.values:
            made.setdefault("CELERYD_OPTS", literal(""))  # such a file is read alone; what it leaves out is empty
    if launch.kind != "systemd":
        made.update(launch.environment)
    return made
