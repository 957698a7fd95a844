"""The charts of a project: what their values say, which templates they have, and who depends on whom.

A value of the parent chart (``subchart.key``) goes before the chart's own, as in Helm. Other files of values in the
chart's folder (``values-production.yaml``) may be given at installation: what ``values.yaml`` says counts, what it
leaves open and one of them says is unknown.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.helm import library
from flake8_celery_oom.resolve.helm.rendering import Files, Named
from flake8_celery_oom.resolve.helm.ropes import Frame, Piece, Rope
from flake8_celery_oom.resolve.helm.values import (
    Number,
    Table,
    Unknown,
    Value,
    copied,
    from_node,
    number_text,
)
from flake8_celery_oom.syntax import go_template, yaml
from flake8_celery_oom.syntax.go_nodes import Template
from flake8_celery_oom.syntax.go_template import TemplateError
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Sequence

CHART_FILES = ("Chart.yaml", "Chart.yml")
_VALUES_FILES = ("values.yaml", "values.yml")
_OTHER_VALUES = re.compile(r"(?:values[._-].+|.+[._-]values)\.ya?ml")
_MOST_FILES = 500
"""Templates of one chart; a chart with more is not rendered."""
_LARGEST_FILE = 200_000
_DEEPEST = 8


@dataclass(frozen=True)
class Chart:
    """One folder with a ``Chart.yaml``."""

    folder: str
    name: str
    description: Mapping | None
    values: Value
    """What its own files of values say; unknown where it has none."""
    templates: dict[str, Template]
    """By path: the files below ``templates`` that Go would accept."""

    @property
    def is_library(self) -> bool:
        """Whether the chart only gives named templates to others."""
        return self.description is not None and yaml.text(self.description.get("type")) == "library"


@dataclass(frozen=True)
class Use:
    """A chart as it is installed: alone, or as a part of another under a name (``alias``)."""

    chart: Chart
    called: str
    values: Value
    parts: tuple[Use, ...] = ()

    def all(self) -> Iterator[Use]:
        """The chart and its parts, outermost first."""
        yield self
        for part in self.parts:
            yield from part.all()


@dataclass
class Charts:
    """All charts of a project. ``read`` gives the text of a path, or None."""

    files: frozenset[str]
    read: Callable[[str], SourceText | None]
    _loaded: dict[str, Chart | None] = field(default_factory=dict)

    @cached_property
    def folders(self) -> list[str]:
        """The folders of all charts; the root of the project is the empty text."""
        named = (path for path in self.files if posixpath.basename(path) in CHART_FILES)
        return sorted({posixpath.dirname(path) for path in named})

    @cached_property
    def uses(self) -> list[Use]:
        """The charts that are no part of another one of the project, with their parts."""
        parts = {part for folder in self.folders for part, _, _ in self._dependencies(folder)}
        whole = [folder for folder in self.folders if folder not in parts] or self.folders
        made = []
        for folder in whole:
            chart = self.chart(folder)
            if chart is not None and not chart.is_library:
                made.append(self._use(chart, chart.name, chart.values, 0))
        return made

    def named(self, use: Use) -> dict[str, Named]:
        """The named templates that are in reach: all of a chart and its parts share one set; the outermost win."""
        found = dict(library.templates())
        for part in sorted(use.all(), key=lambda one: -one.chart.folder.count("/")):
            for folder in (*self._libraries(part.chart.folder), part.chart.folder):
                chart = self.chart(folder)
                for path, template in chart.templates.items() if chart is not None else ():
                    source = self.read(path)
                    if source is not None:
                        found.update({name: Named(nodes, source) for name, nodes in template.defined.items()})
        return found

    def root(self, use: Use) -> Table:
        """What ``$`` stands for in the templates of a chart."""
        chart = use.chart
        release = Unknown("", ".Release")
        description = Table({"Name": _text(chart.name), "Type": _text("application")})
        for name, node in chart.description.items() if chart.description is not None else ():
            text = yaml.text(node)
            if text is not None and name != "name":
                description.entries[name[:1].upper() + name[1:]] = _text(text)
        return Table(
            {
                "Values": copied(use.values) if isinstance(use.values, Table) else Unknown("", ".Values"),
                "Chart": description,
                "Release": Table({"Service": _text("Helm")}, release),
                "Capabilities": Unknown("", ".Capabilities"),
                "Template": Unknown("", ".Template"),
                "Files": self._files_of(chart.folder),
                "Subcharts": Unknown("", ".Subcharts"),
            }
        )

    # --- loading ----------------------------------------------------------------------------------------------------

    def chart(self, folder: str) -> Chart | None:
        """The chart of a folder; None when its description is not there."""
        if folder not in self._loaded:
            self._loaded[folder] = self._load(folder)
        return self._loaded[folder]

    def _load(self, folder: str) -> Chart | None:
        described = self._first(folder, CHART_FILES)
        description = described if isinstance(described, Mapping) else None
        name = yaml.text(description.get("name")) if description is not None else None
        templates: dict[str, Template] = {}
        paths = self._below(posixpath.join(folder, "templates"))
        for path in paths if len(paths) <= _MOST_FILES else ():
            template = self._template(path)
            if template is not None:
                templates[path] = template
        return Chart(folder, name or posixpath.basename(folder), description, self._values(folder), templates)

    def _template(self, path: str) -> Template | None:
        source = self.read(path) if path.endswith((".tpl", ".yaml", ".yml", ".txt", ".tmpl")) else None
        if source is None or len(source.text) > _LARGEST_FILE:
            return None
        try:
            return go_template.parse(source.text)
        except (TemplateError, RecursionError):
            return None

    @cached_property
    def _by_folder(self) -> dict[str, list[str]]:
        """The files below each folder that is called ``templates`` or holds a chart."""
        found: dict[str, list[str]] = {}
        wanted = {*self.folders, *(posixpath.join(folder, "templates") for folder in self.folders)}
        for path in sorted(self.files):
            folder = posixpath.dirname(path)
            while True:
                if folder in wanted:
                    found.setdefault(folder, []).append(path)
                if not folder:
                    break
                folder = posixpath.dirname(folder)
        return found

    def _below(self, folder: str) -> list[str]:
        return self._by_folder.get(folder, [])

    def _files_of(self, folder: str) -> Files:
        """``.Files``: small texts of the chart that are no templates."""
        files = Files()
        for path in self._below(folder)[:_MOST_FILES]:
            inside = path[len(folder) :].lstrip("/")
            if inside.startswith(("templates/", "charts/")):
                continue
            source = self.read(path)
            if source is not None and len(source.text) <= _LARGEST_FILE:
                whole = Piece(source.text, Frame(source), range(len(source.text) + 1))
                files.entries[inside] = Rope((whole,) if source.text else ())
        return files

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

    # --- values -----------------------------------------------------------------------------------------------------

    def _values(self, folder: str) -> Value:
        """The chart's own values, with doubt where another file of values says something else."""
        own: Value = None
        for name in _VALUES_FILES:
            path = posixpath.join(folder, name)
            if path in self.files:
                own = self._read_values(path)
                break
        here = (path for path in self._below(folder) if posixpath.dirname(path) == folder)
        named = [path for path in here if _OTHER_VALUES.fullmatch(posixpath.basename(path))]
        others = [value for path in named if isinstance(value := self._read_values(path), Table)]
        if own is None and others:
            own, *others = others
        if not isinstance(own, Table):
            return Unknown("", ".Values")
        return _doubted(own, others, ".Values", 0)

    def _read_values(self, path: str) -> Value:
        source = self.read(path)
        if source is None:
            return Unknown("", ".Values")
        document = next(yaml.documents(source), None)
        if document is None or document.node is None:
            return Table() if document is None or document.problem is None else Unknown("", ".Values")
        return from_node(document.node, Frame(source))

    # --- dependencies -----------------------------------------------------------------------------------------------

    def _use(self, chart: Chart, called: str, values: Value, depth: int) -> Use:
        parts: list[Use] = []
        for folder, name, own in self._dependencies(chart.folder) if depth < _DEEPEST else ():
            part = self.chart(folder)
            if part is None or part.is_library:
                continue
            below = values.get(name) if isinstance(values, Table) else Unknown("", f".Values.{name}")
            shared = values.get("global") if isinstance(values, Table) else None
            given = _coalesced(part.values, below)
            if isinstance(given, Table):
                given.entries["global"] = _coalesced(given.entries.get("global") or Table(), shared or Table())
            parts.append(self._use(part, name if name != own else part.name, given, depth + 1))
        return Use(chart, called, values, tuple(parts))

    def _libraries(self, folder: str) -> list[str]:
        """The library charts of the project that a chart depends on."""
        found = [part for part, _, _ in self._dependencies(folder)]
        return [part for part in found if (chart := self.chart(part)) is not None and chart.is_library]

    def _dependencies(self, folder: str) -> list[tuple[str, str, str]]:
        """The charts of the project that a chart depends on: folder, the name for its values, its own name."""
        described = self._first(folder, CHART_FILES)
        if "requirements.yaml" in (posixpath.basename(path) for path in self._below(folder)):
            older = self._document(posixpath.join(folder, "requirements.yaml"))
        else:
            older = None
        found: list[tuple[str, str, str]] = []
        for holder in (described, older):
            listed = holder.get("dependencies") if isinstance(holder, Mapping) else None
            for item in listed.items if isinstance(listed, Sequence) else ():
                if isinstance(item, Mapping):
                    found.extend(self._dependency(folder, item))
        named = {part for part, _, _ in found}
        inside = posixpath.join(folder, "charts")
        for part in self.folders:
            if posixpath.dirname(part) == inside and part not in named:
                name = self._name_of(part)
                found.append((part, name, name))
        return found

    def _dependency(self, folder: str, item: Mapping) -> Iterator[tuple[str, str, str]]:
        repository = yaml.text(item.get("repository")) or ""
        name = yaml.text(item.get("name")) or ""
        inside = posixpath.join(folder, "charts")
        places = [part for part in self.folders if posixpath.dirname(part) == inside and self._name_of(part) == name]
        if repository.startswith("file://"):
            below = posixpath.normpath(posixpath.join(folder, repository.removeprefix("file://")))
            places = places or [part for part in self.folders if part == below]
        elif repository and not places:
            places = self._published(folder, name, yaml.text(item.get("version")) or "")
        for part in places[:1]:
            yield part, yaml.text(item.get("alias")) or name, name

    def _published(self, folder: str, name: str, version: str) -> list[str]:
        """The chart of the project that a repository on the net has under this name, where it is the only such.

        Repositories of charts publish what stands in their own folders, and let their charts depend on it so.
        """
        named = [part for part in self.folders if part != folder and self._name_of(part) == name]
        if len(named) != 1 or posixpath.dirname(named[0]) != posixpath.dirname(folder):
            return []
        described = self._first(named[0], CHART_FILES)
        return named if isinstance(described, Mapping) and yaml.text(described.get("version")) == version else []

    def _name_of(self, folder: str) -> str:
        described = self._first(folder, CHART_FILES)
        name = yaml.text(described.get("name")) if isinstance(described, Mapping) else None
        return name or posixpath.basename(folder)


def _text(text: str) -> Rope:
    frame = Frame(SourceText("", ""))
    return Rope((Piece(text, frame, [0] * (len(text) + 1)),)) if text else Rope()


def _coalesced(own: Value, given: Value) -> Value:
    """A chart's values with what its parent says over them; null takes a key away."""
    if isinstance(given, Unknown):
        return given if own is None else _in_doubt(own, given)
    if not isinstance(given, Table):
        return copied(own) if given is None else given
    if not isinstance(own, Table):
        return Unknown("", ".Values") if isinstance(own, Unknown) else copied(given)
    made = Table(dict(own.entries), own.rest or given.rest)
    for key, value in given.entries.items():
        if value is None:
            made.entries.pop(key, None)
        else:
            made.entries[key] = _coalesced(made.entries.get(key), value) if key in made.entries else copied(value)
    return made


def _in_doubt(own: Value, given: Unknown) -> Value:
    """A value that something unknown may stand over."""
    return Unknown(given.source, given.name, _shown(own))


def _shown(value: Value) -> str | None:
    if isinstance(value, Rope):
        return value.known
    return number_text(value.value) if isinstance(value, Number) else None


def _doubted(own: Table, others: list[Table], path: str, depth: int) -> Table:
    """The values with doubt where they say nothing and another file says something."""
    made = Table(dict(own.entries), own.rest)
    for key in {key for other in others for key in other.entries} if depth < 30 else ():
        said = [other.entries[key] for other in others if key in other.entries]
        mine, name = own.entries.get(key), f"{path}.{key}"
        if isinstance(mine, Table):
            tables = [value for value in said if isinstance(value, Table)]
            made.entries[key] = _doubted(mine, tables, name, depth + 1)
        elif mine is None and any(value is not None for value in said):
            made.entries[key] = Unknown(f"{{{{ {name} }}}}", name)
    return made
