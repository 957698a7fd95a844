"""Fills the holes that a Helm template left in a launch with what the chart's values say.

A word that one value makes up stands in ``values.yaml`` from then on: there it can be mended. Conditions that the
values decide take away the words, variables and limits of the branch that is not rendered; of a condition that they
do not decide, a branch with an alternative is unknown, one without is taken as there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from flake8_celery_oom.core.facts import Launch, Script, Variables
from flake8_celery_oom.resolve.helm.evaluate import Evaluator
from flake8_celery_oom.resolve.helm.filler import Filler
from flake8_celery_oom.resolve.helm.values import Chart, Charts
from flake8_celery_oom.syntax import template
from flake8_celery_oom.syntax.template import Masked

_MOST_BRANCHES = 2_000
"""Templates with more conditions are left as they are."""


@dataclass
class Helm:
    """Fills the launches, ConfigMaps and scripts of all charts of a project."""

    charts: Charts
    _masked: dict[str, Masked | None] = field(default_factory=dict)

    def fill(self, launch: Launch) -> list[Launch]:
        """The launch with its holes filled.

        There are several where the template writes it once for each element of a value, or the parent chart uses the
        template's chart under several names.
        """
        if launch.kind != "helm" or self._filler(launch.at.path) is None:
            return [launch]
        charts = self.charts.uses_of(launch.at.path)
        made: list[Launch] = []
        for chart in charts:
            filler = self._filler(launch.at.path, chart)
            filled = filler.launches(launch) if filler is not None else []
            if len(charts) > 1:
                filled = [_named_for(chart, one) for one in filled]
            made.extend(filled)
        return made

    def fill_variables(self, variables: Variables) -> Variables:
        """A ConfigMap with its values filled in."""
        filler = self._filler(variables.path) if variables.kind == "configmap" else None
        return filler.variables(variables) if filler is not None else variables

    def fill_script(self, script: Script) -> Script:
        """A script of a ConfigMap with its holes filled."""
        filler = self._filler(script.text.source.path) if script.text.holes else None
        return replace(script, text=filler.text(script.text)) if filler is not None else script

    def _filler(self, path: str, chart: Chart | None = None) -> Filler | None:
        chart = chart or self.charts.of(path)
        if chart is None:
            return None
        if path not in self._masked:
            source = self.charts.read(path)
            usable = source is not None and "{{" in source.text
            masked = template.mask(source, "go") if source is not None and usable else None
            self._masked[path] = masked if masked is not None and len(masked.branches) <= _MOST_BRANCHES else None
        masked = self._masked[path]
        return Filler(path, masked, Evaluator(chart)) if masked is not None else None


def _named_for(chart: Chart, launch: Launch) -> Launch:
    """A launch of a chart that is used under several names: each is a container of its own."""
    name = f"{chart.called}/{launch.name}" if launch.name else chart.called
    return replace(launch, name=name, container=f"{launch.container} of {chart.called}")
