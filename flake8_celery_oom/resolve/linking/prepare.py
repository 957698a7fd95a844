"""What has to be settled between launches before any is followed: charts' values, ``extends``, drop-ins, limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flake8_celery_oom.core.facts import Fact, Launch
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.compose.launches import compose_launches
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.facts.reads import gives
from flake8_celery_oom.resolve.linking.ansible_variables import (
    scripts_with_variables_of_ansible,
    with_variables_of_ansible,
)
from flake8_celery_oom.resolve.linking.environment_files import with_environment_files
from flake8_celery_oom.resolve.linking.heroku_formation import with_formation
from flake8_celery_oom.resolve.linking.kubernetes_references import with_referenced_variables
from flake8_celery_oom.resolve.linking.kustomize import overlaid
from flake8_celery_oom.resolve.linking.limit_ranges import with_limit_ranges
from flake8_celery_oom.resolve.linking.makefile_includes import with_included_makefiles
from flake8_celery_oom.resolve.linking.platform_variables import with_platform_variables

if TYPE_CHECKING:
    from flake8_celery_oom.resolve.helm.manifests import Rendered


@dataclass(frozen=True, slots=True)
class Charts:
    """What the charts of a project render to, and the texts that were read for it."""

    rendered: Rendered
    asked: Mapping[str, SourceText | None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Facts as they mean something together: what files say by themselves (``said``), and the texts that were read."""

    facts: Facts
    said: Mapping[str, Sequence[Fact]]
    asked: Mapping[str, SourceText | None]
    charts: Charts

    @classmethod
    def of(
        cls,
        files: tuple[str, ...],
        read: Callable[[str], SourceText | None],
        said: Mapping[str, Sequence[Fact]],
        earlier: Prepared | None = None,
    ) -> Prepared:
        """The facts of a project; from another look at it what follows from nothing that has changed."""
        same = earlier if earlier is not None and files == earlier.facts.files else None
        if same is not None and said == same.said and gives(read, same.asked):
            return replace(same, facts=same.facts.reading(read))
        facts = Facts.of(files, read, said)
        with facts.read.recording() as asked:
            charts = same.charts if same is not None and gives(read, same.charts.asked) else _charts(facts)
            asked.update(charts.asked)
            return cls(_joined(facts, charts.rendered), said, asked, charts)


def prepare(facts: Facts) -> Facts:
    """The facts as they mean something together. ``facts`` stays as it is, so it can be prepared again."""
    return _joined(facts, _charts(facts).rendered)


def _joined(facts: Facts, charts: Rendered) -> Facts:
    joined = facts.copy()
    joined.launches[:] = with_included_makefiles(joined)
    _put_in(joined, charts)
    overlaid(joined)
    joined.launches.extend(compose_launches(joined))
    launches = _with_drop_ins(with_variables_of_ansible(joined.launches, joined))
    launches = with_formation(with_platform_variables(launches, joined.variables))
    launches = with_environment_files(with_referenced_variables(launches, joined), joined)
    scripts = scripts_with_variables_of_ansible(joined)
    return replace(joined, launches=with_limit_ranges(launches, joined.default_limits), scripts=scripts)


def _charts(facts: Facts) -> Charts:
    from flake8_celery_oom.resolve.helm.manifests import render

    with facts.read.recording() as asked:
        return Charts(render(facts.file_set, facts.read), asked)


def _put_in(facts: Facts, rendered: Rendered) -> None:
    """Put what charts render to in the place of what their templates say unfilled."""
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
