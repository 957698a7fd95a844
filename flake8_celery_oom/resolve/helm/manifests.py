"""The containers and ConfigMaps that the charts of a project make, with their values filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from flake8_celery_oom.core.facts import Fact, Launch
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.helm.charts import Charts, Use
from flake8_celery_oom.resolve.helm.placing import Placed
from flake8_celery_oom.resolve.helm.renderer import MOST_STEPS, OverBudgetError, Renderer
from flake8_celery_oom.sources.kubernetes_objects import facts_of

MOST_RENDERED = 5_000_000
"""Characters that all templates of a project may come to."""
_SPEAKS = re.compile(r"\bcontainers?\b|initContainers|podSpec|ConfigMap|LimitRange")
"""What stands in every manifest that has facts."""
MOST_STEPS_OF_ALL = 300_000
"""Steps that rendering all templates of a project may take."""


@dataclass
class Rendered:
    """What rendering made: the facts, and the template files that they replace."""

    facts: list[Fact] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)


def render(files: frozenset[str], read: Callable[[str], SourceText | None]) -> Rendered:
    """Render every chart of the project. A template that cannot be rendered or read is left to the caller."""
    charts = Charts(files, read)
    made = Rendered()
    left, steps = MOST_RENDERED, MOST_STEPS_OF_ALL
    for whole in charts.uses:
        named = charts.named(whole)
        uses = list(whole.all())
        for use in uses:
            several = sum(other.chart.folder == use.chart.folder for other in uses) > 1
            for path, source in _templates(use, read):
                renderer = Renderer(named, charts.root(use), min(steps, MOST_STEPS))
                found = _Template(use, path, source).facts(renderer, left)
                steps = max(steps - renderer.steps, 0)
                if found is None:
                    continue
                facts, size = found
                left -= size
                made.paths |= {path, *renderer.used}
                made.facts.extend(_called(fact, use.called) if several else fact for fact in facts)
    return made


def _templates(use: Use, read: Callable[[str], SourceText | None]) -> Iterator[tuple[str, SourceText]]:
    for path in use.chart.templates:
        name = path.rsplit("/", 1)[-1]
        source = read(path) if path.endswith((".yaml", ".yml")) and not name.startswith("_") else None
        if source is not None:
            yield path, source


@dataclass(frozen=True)
class _Template:
    """One template file of a chart in use."""

    use: Use
    path: str
    source: SourceText

    def facts(self, renderer: Renderer, left: int) -> tuple[list[Fact], int] | None:
        """The facts and how much text they took; None when the template cannot be rendered or read."""
        try:
            rope = renderer.file(self.source, self.use.chart.templates[self.path].nodes)
        except (OverBudgetError, RecursionError):
            return None
        if len(rope) > left:
            return None
        if _SPEAKS.search(rope.text) is None:
            return [], len(rope)
        documents = Placed(rope, self.path).documents()
        if any(document.problem is not None for document in documents):
            return None
        found = [fact for document in documents for fact in facts_of(document.node, self.path, "helm")]
        return found, len(rope)


def _called(fact: Fact, name: str) -> Fact:
    """A launch of a chart that is used under several names: each is a container of its own."""
    if not isinstance(fact, Launch):
        return fact
    return replace(fact, name=f"{name}/{fact.name}" if fact.name else name, container=f"{fact.container} of {name}")
