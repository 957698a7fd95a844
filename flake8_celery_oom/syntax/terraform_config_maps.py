"""ConfigMaps that Terraform makes of files: which files of the project the text of each key comes from.

Sources: ``kubernetes_config_map`` of the provider hashicorp/kubernetes; the functions ``file`` and ``templatefile``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flake8_celery_oom.core.facts import NotationFact
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax.node_values import at_path, mappings
from flake8_celery_oom.syntax.yaml_nodes import Mapping as MappingNode
from flake8_celery_oom.syntax.yaml_nodes import Node, text

MAKES = re.compile(r"\bkubernetes_config_map(?:_v1)?\b")
"""What a file of Terraform holds that makes ConfigMaps."""

_TYPES = ("kubernetes_config_map", "kubernetes_config_map_v1")
_FILE = re.compile(r"\b(?:template)?file\(\s*\"([^\"\n]+)\"")
_LOCAL = re.compile(r"\blocal\.(\w+)")
_MODULE = re.compile(r"\$\{path\.module\}/")
_BEFORE = re.compile(r".*\$\{[^}]*\}/?")
DEEPEST = 4
"""Locals that are made of locals."""


@dataclass(frozen=True, slots=True)
class TerraformConfigMap(NotationFact):
    """One key of a ConfigMap. ``files`` are paths: relative to the root, or only their known end (``*/x.conf``)."""

    name: str
    key: str
    files: tuple[str, ...]


def config_maps(source: SourceText, root: MappingNode) -> Iterator[TerraformConfigMap]:
    """The keys of the ConfigMaps of a file that are made of other files."""
    held = {
        name: source.text[node.at.start : node.at.end]
        for block in root.get_all("locals")
        for name, node in (block.items() if isinstance(block, MappingNode) else ())
    }
    for group in root.get_all("resource"):
        for kind in _TYPES:
            for resources in mappings(at_path(group, kind)):
                for _, resource in resources.items():
                    yield from _of(source, resource, held)


def _of(source: SourceText, resource: Node, held: Mapping[str, str]) -> Iterator[TerraformConfigMap]:
    name = text(at_path(resource, "metadata", "name"))
    data = at_path(resource, "data")
    for key, node in data.items() if name and isinstance(data, MappingNode) else ():
        files = _files(source.text[node.at.start : node.at.end], held, 0)
        if files:
            folder = posixpath.dirname(source.path)
            yield TerraformConfigMap(source.path, name or "", key, tuple(_path(one, folder) for one in files))


def _files(expression: str, held: Mapping[str, str], depth: int) -> list[str]:
    """The files that an expression reads, also through locals of the same file."""
    found = _FILE.findall(expression)
    for name in _LOCAL.findall(_FILE.sub("", expression)) if depth < DEEPEST else ():
        found += _files(held.get(name, ""), held, depth + 1)
    return list(dict.fromkeys(found))


def _path(written: str, folder: str) -> str:
    if _MODULE.match(written):
        written = _MODULE.sub("", written, count=1)
        return posixpath.normpath(posixpath.join(folder, written))
    if "${" in written:
        return f"*/{_BEFORE.sub('', written)}"
    return posixpath.normpath(written)
