"""What has to be settled between launches before any is followed: charts' values, ``extends``, drop-ins, limits."""

from __future__ import annotations

from collections.abc import Sequence

from flake8_celery_oom.core.facts import Launch
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.linking.ansible_variables import with_variables_of_ansible
from flake8_celery_oom.resolve.linking.compose_env import with_env_files
from flake8_celery_oom.resolve.linking.compose_extends import extended
from flake8_celery_oom.resolve.linking.kustomize import overlaid
from flake8_celery_oom.resolve.linking.limit_ranges import with_limit_ranges


def prepare(facts: Facts) -> None:
    """Replace the launches, variables and scripts of ``facts`` by what they mean together."""
    if any(launch.kind == "helm" for launch in facts.launches):
        _fill_templates(facts)
    facts.launches[:] = overlaid(facts)
    filled = with_variables_of_ansible(with_env_files(facts.launches, facts.variables), facts)
    launches = _with_drop_ins(extended(filled))
    facts.launches[:] = with_limit_ranges(launches, facts.default_limits)


def _fill_templates(facts: Facts) -> None:
    from flake8_celery_oom.resolve.helm.fill import Helm
    from flake8_celery_oom.resolve.helm.values import Charts

    helm = Helm(Charts(facts.file_set, facts.read))
    facts.launches[:] = [filled for launch in facts.launches for filled in helm.fill(launch)]
    facts.variables[:] = [helm.fill_variables(variables) for variables in facts.variables]
    for path, script in facts.scripts.items():
        facts.scripts[path] = helm.fill_script(script)


def _with_drop_ins(launches: Sequence[Launch]) -> list[Launch]:
    """Units with what their drop-ins add; a drop-in is no launch of its own (systemd.unit(5), "unit.d/")."""
    drop_ins = [launch for launch in launches if launch.kind == "systemd" and launch.command is None]
    kept = [launch for launch in launches if launch.kind != "systemd" or launch.command is not None]
    return [_dropped_in(launch, drop_ins) if launch.kind == "systemd" else launch for launch in kept]


def _dropped_in(unit: Launch, drop_ins: Sequence[Launch]) -> Launch:
    made = unit
    for drop_in in drop_ins:
        if drop_in.container == unit.container:
            made = made.patched(drop_in)
    return made
