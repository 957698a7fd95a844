"""The values of Helm charts: which chart a template belongs to, and what its ``values.yaml`` says.

A value of the parent chart (``subchart.key``) goes before the chart's own, as in Helm. Other files of values in the
chart's folder (``values-production.yaml``) are asked for what ``values.yaml`` leaves open; what all of them say counts.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from functools import cached_property

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import template, yaml
from flake8_celery_oom.syntax.template import Masked
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence

CHART_FILES = ("Chart.yaml", "Chart.yml")
VALUES_FILES = ("values.yaml", "values.yml")
_DEFINE = re.compile(r"\{\{-?\s*define\b")
_OTHER_VALUES = re.compile(r"(?:values[._-].+|.+[._-]values)\.ya?ml")


@dataclass(frozen=True)
class Found:
    """What the values say under a path: ``node`` is None when nothing is said, or null.

    ``others`` are different answers of files that may be chosen at installation, where ``values.yaml`` says nothing.
    ``lost`` is true below something that is not there: Helm fails, so whoever installs the chart must say it.
    """

    node: Node | None
    others: tuple[Node, ...] = ()
    lost: bool = False

    def select(self, names: Iterable[str]) -> Found:
        """What is said below."""
        found = self
        for name in names:
            node = found.node.get(name) if isinstance(found.node, Mapping) else None
            others = [other.get(name) for other in found.others if isinstance(other, Mapping)]
            said = tuple(other for other in others if other is not None and _said(other) is not None)
            found = Found(_said(node), said, found.node is None and not said)
        return found

    @property
    def settled(self) -> Found:
        """The same with the answer of other files where that is the only one."""
        if self.node is not None or not self.others:
            return replace(self, others=())
        first = self.others[0]
        return Found(first) if all(same(first, other) for other in self.others) else self

    @property
    def items(self) -> list[tuple[str, Found]] | None:
        """The elements of a list or mapping with their index or key; None for scalars and when files disagree."""
        found = self.settled
        if found.others or found.lost:
            return None
        if isinstance(found.node, Sequence):
            return [(str(index), Found(_said(item))) for index, item in enumerate(found.node.items)]
        if isinstance(found.node, Mapping):
            return [(name, Found(_said(item))) for name, item in found.node.items()]
        return [] if found.node is None else None


def _said(node: Node | None) -> Node | None:
    return None if isinstance(node, Scalar) and node.is_null else node


def same(one: Node, other: Node) -> bool:
    """Whether two nodes mean the same text; collections are compared by their scalars in order."""
    texts = [[node.value.text for node in yaml.walk(root) if isinstance(node, Scalar)] for root in (one, other)]
    keys = [[node.keys() for node in yaml.walk(root) if isinstance(node, Mapping)] for root in (one, other)]
    return texts[0] == texts[1] and keys[0] == keys[1] and type(one) is type(other)


@dataclass
class Chart:
    """A chart: its folder, its name and its values. ``parent`` is the chart that holds it under ``charts/``."""

    folder: str
    name: str
    values: Node | None
    others: tuple[Node, ...] = ()
    parent: Chart | None = None
    called: str = ""
    """The key under which the parent's values speak of the chart."""
    named: MappingOf[str, tuple[Masked, int, int]] = field(default_factory=dict)
    """The bodies of named templates of the chart and its parents."""
    description: Node | None = None
    """The content of ``Chart.yaml``."""

    @property
    def readable(self) -> bool:
        """Whether there are values at all."""
        return self.values is not None or (self.parent is not None and self.parent.readable)

    def described(self, name: str) -> Found:
        """What ``.Chart.<name>`` is: ``Chart.yaml`` writes its keys with a small letter."""
        return Found(self.description).select([name[:1].lower() + name[1:]])

    def value(self, names: tuple[str, ...]) -> Found:
        """What ``.Values.<names>`` is."""
        found = Found(self.values, self.others).select(names)
        if self.parent is None:
            return found
        above = ("global", *names[1:]) if names[:1] == ("global",) else (self.called, *names)
        outer = self.parent.value(above)
        return outer if outer.node is not None else Found(found.node, (*outer.others, *found.others))


@dataclass
class Charts:
    """All charts of a project. ``files`` are its paths, ``read`` gives the text of one or None."""

    files: frozenset[str]
    read: Callable[[str], SourceText | None]
    _charts: dict[str, Chart | None] = field(default_factory=dict)

    @cached_property
    def _beside(self) -> dict[str, list[str]]:
        """Other files of values by folder."""
        found: dict[str, list[str]] = {}
        for path in sorted(self.files):
            folder, name = posixpath.split(path)
            if _OTHER_VALUES.fullmatch(name):
                found.setdefault(folder, []).append(path)
        return found

    def of(self, path: str) -> Chart | None:
        """The chart that a template belongs to: the nearest folder above it with a ``Chart.yaml``."""
        folder = posixpath.dirname(path)
        while folder:
            folder = posixpath.dirname(folder)
            chart = self._at(folder)
            if chart is not None:
                return chart
        return None

    def _at(self, folder: str) -> Chart | None:
        if folder not in self._charts:
            self._charts[folder] = None
            self._charts[folder] = self._load(folder)
        return self._charts[folder]

    def _load(self, folder: str) -> Chart | None:
        description = self._first(folder, CHART_FILES)
        if description is None:
            return None
        name = yaml.text(description.get("name")) if isinstance(description, Mapping) else None
        name = name or posixpath.basename(folder)
        values = self._first(folder, VALUES_FILES)
        others = tuple(node for path in self._beside.get(folder, ()) if (node := self._document(path)) is not None)
        above, holder = posixpath.split(folder)[0], posixpath.basename(posixpath.dirname(folder))
        parent = self._at(posixpath.dirname(above)) if holder == "charts" else None
        named = self._named(folder, parent)
        return Chart(folder, name, values, others, parent, self._aliases(parent, name, folder)[0], named, description)

    def _named(self, folder: str, parent: Chart | None) -> dict[str, tuple[Masked, int, int]]:
        found = dict(parent.named) if parent is not None else {}
        below = posixpath.join(folder, "templates") + "/"
        for path in sorted(path for path in self.files if path.startswith(below)):
            source = self.read(path) if path.endswith((".tpl", ".yaml", ".yml", ".txt")) else None
            if source is not None and _DEFINE.search(source.text):
                masked = template.mask(source, "go")
                found.update({name: (masked, start, end) for name, (start, end) in masked.defined.items()})
        return found

    def uses_of(self, path: str) -> list[Chart]:
        """The chart that a template belongs to, once for each name under which the parent chart depends on it."""
        chart = self.of(path)
        if chart is None or chart.parent is None:
            return [chart] if chart is not None else []
        return [replace(chart, called=name) for name in self._aliases(chart.parent, chart.name, chart.folder)]

    def _aliases(self, parent: Chart | None, name: str, folder: str) -> list[str]:
        """The names that the parent's list of dependencies gives to a chart, which it knows by name or by folder."""
        description = parent.description if parent is not None else None
        dependencies = description.get("dependencies") if isinstance(description, Mapping) else None
        found: list[str] = []
        for item in dependencies.items if isinstance(dependencies, Sequence) else ():
            if not isinstance(item, Mapping) or parent is None:
                continue
            repository = yaml.text(item.get("repository")) or ""
            own = yaml.text(item.get("name"))
            here = posixpath.normpath(posixpath.join(parent.folder, repository.removeprefix("file://")))
            if own == name if not repository.startswith("file://") else here == folder:
                found.append(yaml.text(item.get("alias")) or own or name)
        return list(dict.fromkeys(found)) or [name]

    def _first(self, folder: str, names: Iterable[str]) -> Node | None:
        for name in names:
            path = posixpath.join(folder, name)
            if path in self.files:
                return self._document(path)
        return None

    def _document(self, path: str) -> Node | None:
        source = self.read(path)
        first = next(yaml.documents(source), None) if source is not None else None
        return first.node if first is not None else None
