"""What has to be settled between launches before any is followed: charts' values, ``extends``, drop-ins, limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from flake8_celery_oom.core.facts import Fact, Launch
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.compose.launches import compose_launches
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.linking.ansible_variables import (
    scripts_with_variables_of_ansible,
    with_variables_of_ansible,
)
from flake8_celery_oom.resolve.linking.environment_files import with_environment_files
from flake8_celery_oom.resolve.linking.kubernetes_references import with_referenced_variables
from flake8_celery_oom.resolve.linking.kustomize import overlaid
from flake8_celery_oom.resolve.linking.limit_ranges import with_limit_ranges
from flake8_celery_oom.resolve.linking.makefile_includes import with_included_makefiles
from flake8_celery_oom.resolve.linking.platform_variables import with_platform_variables


@dataclass(frozen=True, slots=True)
class Prepared:
    """Facts as they mean something together, what they were made from, and the texts that were read for it."""

    said: Mapping[str, Sequence[Fact]]
    facts: Facts
    asked: Mapping[str, SourceText | None]

    def holds(
        self, files: tuple[str, ...], said: Mapping[str, Sequence[Fact]], read: Callable[[str], SourceText | None]
    ) -> bool:
        """Whether what these files say by themselves means the same together."""
        same = files == self.facts.files and said == self.said
        return same and all(read(path) is source for path, source in self.asked.items())


def prepare(facts: Facts) -> Facts:
    """The facts as they mean something together. ``facts`` stays as it is, so it can be prepared again."""
    joined = facts.copy()
    joined.launches[:] = with_included_makefiles(joined)
    _render_charts(joined)
    overlaid(joined)
    joined.launches.extend(compose_launches(joined))
    launches = _with_drop_ins(with_variables_of_ansible(joined.launches, joined))
    launches = with_platform_variables(launches, joined.variables)
    launches = with_environment_files(with_referenced_variables(launches, joined), joined)
    scripts = scripts_with_variables_of_ansible(joined)
    return replace(joined, launches=with_limit_ranges(launches, joined.default_limits), scripts=scripts)


def _render_charts(facts: Facts) -> None:
    """Put what charts render to in the place of what their templates say unfilled."""
    from flake8_celery_oom.resolve.helm.manifests import render

    rendered = render(facts.file_set, facts.read)
    facts.launches[:] = [one for one in facts.launches if one.kind != "helm" or one.at.path not in rendered.paths]
    facts.variables[:] = [one for one in facts.variables if one.path not in rendered.paths]
    facts.default_limits[:] = [one for one in facts.default_limits if one.at.path not in rendered.paths]
    unfilled = [path for path, script in facts.scripts.items() if script.text.source.path in rendered.paths]
    for path in unfilled:
        del facts.scripts[path]
    facts.add(rendered.facts)


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
