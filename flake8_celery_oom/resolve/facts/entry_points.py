"""Console scripts that a project installs: which function of which module a program of its own runs.

They stand in pyproject.toml (``[project.scripts]``, ``[tool.poetry.scripts]``), in setup.cfg and in setup.py.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import toml
from flake8_celery_oom.syntax.ini import parse as parse_ini
from flake8_celery_oom.syntax.node_values import at_path
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Scalar

_REFERENCE = re.compile(r"(?<![\w.-])([\w.-]+)\s*=\s*([A-Za-z_][\w.]*)\s*:\s*([A-Za-z_]\w*)")
_IN_SETUP = re.compile(r"console_scripts[\"']?\s*[:=]\s*(\[[^\]]*\]|\([^)]*\)|[\"']{3}.*?[\"']{3})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """``name = module:function``; ``folder`` holds the file that says so."""

    name: str
    module: str
    function: str
    folder: str


def console_scripts(paths: Iterable[str], read: Callable[[str], SourceText | None]) -> dict[str, list[EntryPoint]]:
    """The console scripts of all packages of a project, by name."""
    found: dict[str, list[EntryPoint]] = {}
    for path in paths:
        reader = _READERS.get(posixpath.basename(path))
        source = read(path) if reader is not None else None
        if reader is None or source is None:
            continue
        for name, reference in reader(source):
            match = _REFERENCE.match(f"{name}={reference}")
            if match is not None:
                point = EntryPoint(name, match[2], match[3], posixpath.dirname(path))
                found.setdefault(name, []).append(point)
    return found


def _of_pyproject(source: SourceText) -> Iterator[tuple[str, str]]:
    if "scripts" not in source.text:
        return
    document = toml.parse(source)
    for table in (at_path(document.node, "project", "scripts"), at_path(document.node, "tool", "poetry", "scripts")):
        for name, node in table.items() if isinstance(table, Mapping) else ():
            inner = node
            if isinstance(node, Mapping):
                inner = node.get("reference") or node.get("callable") or node
            if isinstance(inner, Scalar):
                yield name, inner.value.text


def _of_setup_cfg(source: SourceText) -> Iterator[tuple[str, str]]:
    for section in parse_ini(source) if "console_scripts" in source.text else ():
        scripts = section.get("console_scripts") if section.name == "options.entry_points" else None
        for match in _REFERENCE.finditer(scripts.text) if scripts is not None else ():
            yield match[1], f"{match[2]}:{match[3]}"


def _of_setup_py(source: SourceText) -> Iterator[tuple[str, str]]:
    for block in _IN_SETUP.finditer(source.text):
        for match in _REFERENCE.finditer(block[1]):
            yield match[1], f"{match[2]}:{match[3]}"


_READERS: dict[str, Callable[[SourceText], Iterator[tuple[str, str]]]] = {
    "pyproject.toml": _of_pyproject,
    "setup.cfg": _of_setup_cfg,
    "setup.py": _of_setup_py,
}
