"""Kustomizations drawn at random, held against ``kubectl kustomize``: what is known must be what it installs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import Phase, given, settings

from flake8_celery_oom.core.facts import Launch, Variables
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.kustomize.build import Builder
from flake8_celery_oom.sources.kubernetes_objects import facts_of
from tests.oracles import containers, kubernetes_tools
from tests.oracles.amount import derandomized, inputs
from tests.oracles.containers import Container, Count
from tests.oracles.kustomizations import Tree, shown, trees

KUBECTL = kubernetes_tools.program("kubectl")
pytestmark = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not here: install the extra 'oracles'")

_TOGETHER = 50
"""Kustomizations for each run of kubectl, as resources of one."""
_INPUTS = inputs(560)


def test_kustomizations_are_built_as_kustomize_builds_them(tmp_path: Path) -> None:
    drawn: list[Tree] = []

    @settings(max_examples=_INPUTS, deadline=None, database=None, derandomize=derandomized(), phases=[Phase.generate])
    @given(trees())
    def draw(tree: Tree) -> None:
        tree.prefix = f"c{len(drawn)}"
        drawn.append(tree)

    draw()
    count = Count()
    for start in range(0, len(drawn), _TOGETHER):
        _held_against_kubectl(drawn[start : start + _TOGETHER], tmp_path / str(start), count)
    print(count.share())
    if count.wrong:
        pytest.fail("\n".join(count.wrong[:5]), pytrace=False)
    assert count.inputs >= 0.75 * _INPUTS
    assert count.unknown <= count.values * 0.1


def _held_against_kubectl(drawn: list[Tree], folder: Path, count: Count) -> None:
    """Build the trees in one run; those that Kustomize refuses are left out."""
    for tree in drawn:
        for path, text in tree.placed().items():
            target = folder / tree.prefix / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
    waiting = [drawn]
    while waiting:
        some = waiting.pop()
        listed = "".join(f"- {tree.prefix}/{tree.root}\n" for tree in some)
        (folder / "kustomization.yaml").write_text(f"resources:\n{listed}")
        assert KUBECTL is not None
        status, written, errors = kubernetes_tools.run(KUBECTL, "kustomize", str(folder))
        if status == 0:
            objects = containers.documents(written)
            for tree in some:
                _compare(tree, objects, count)
        elif len(some) > 1:
            name = kubernetes_tools.refused(errors, [one.prefix for one in some])
            middle = len(some) // 2
            named = [one for one in some if one.prefix != name]
            waiting += [named] if name is not None else [some[:middle], some[middle:]]
            count.refused.extend([errors] if name is not None else [])
        else:
            count.refused.append(errors)


def _compare(tree: Tree, objects: list[object], count: Count) -> None:
    count.inputs += 1
    wanted: dict[str, Container] = {}
    data: dict[str, dict[str, str]] = {}
    for one in objects:
        assert isinstance(one, dict)
        name = one["metadata"]["name"]
        if f"-{tree.prefix}-" not in f"-{name}-":
            continue
        if one["kind"] == "ConfigMap":
            data[name.partition(f"{tree.prefix}-")[2]] = {key: str(value) for key, value in one["data"].items()}
        else:
            wanted.update(containers.real(one))
    files = tree.placed()
    builder = Builder(frozenset(files), lambda path: SourceText(path, files[path]) if path in files else None)
    made = [fact for one in builder.build(tree.root) for fact in facts_of(one.node, one.path, "kubernetes")]
    got = {fact.name: containers.read(fact) for fact in made if isinstance(fact, Launch)}
    before = len(count.wrong)
    if set(got) != set(wanted):
        count.wrong.append(f"containers: {sorted(got)} instead of {sorted(wanted)}")
    for name in set(got) & set(wanted):
        containers.compare(name, wanted[name], got[name], count)
    known = {
        fact.name.partition(f"{tree.prefix}-")[2]: {
            key: containers.UNKNOWN if word.text is None else word.text for key, word in fact.values.items()
        }
        for fact in made
        if isinstance(fact, Variables)
    }
    for name, values in known.items():
        for key, value in values.items():
            count.values += 1
            if value == containers.UNKNOWN and key in data.get(name, {}):
                count.unknown += 1
                values[key] = data[name][key]
    if known != data:
        count.wrong.append(f"data: {known} instead of {data}")
    if len(count.wrong) > before:
        count.wrong[before:] = [f"{one}\n{shown(files)}" for one in count.wrong[before:]]
