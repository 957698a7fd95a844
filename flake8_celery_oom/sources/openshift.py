"""OpenShift templates: objects with ``${NAME}`` in them, filled in from the template's own parameters.

``oc process`` replaces ``${NAME}`` and ``${{NAME}}`` of declared parameters, and leaves any other as it is, so that a
shell may read it. A JSON patch that adds objects or parameters to a template is read the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import replace

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.syntax import yaml
from flake8_celery_oom.syntax.node_values import at_path, mappings
from flake8_celery_oom.syntax.substitution import substitute
from flake8_celery_oom.syntax.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence

_PARAMETER = re.compile(r"\$\{\{(\w+)\}\}|\$\{(\w+)\}")
_DEEPEST = 100

Defaults = MappingOf[str, "str | None"]


def filled_in(root: Node | None) -> Node | None:
    """The document with a hole for each of its parameters, whose default is the parameter's value; others unchanged."""
    parameters = dict(_parameters(root))
    return _Filler(parameters).node(root) if root is not None and parameters else root


def _parameters(root: Node | None) -> Iterator[tuple[str, str | None]]:
    """What a template or a patch of one declares, with the values that are used when nobody gives another."""
    declared: list[Mapping] = []
    if isinstance(root, Mapping) and yaml.text(root.get("kind")) == "Template":
        declared = mappings(root.get("parameters"))
    for change in mappings(root) if isinstance(root, Sequence) else ():
        value = change.get("value")
        if (yaml.text(change.get("path")) or "").startswith("/parameters/") and isinstance(value, Mapping):
            declared.append(value)
    for parameter in declared:
        name = yaml.text(parameter.get("name"))
        if name:
            yield name, yaml.text(at_path(parameter, "value"))


class _Filler:
    """Copies nodes; those that several aliases share stay shared."""

    def __init__(self, parameters: Defaults) -> None:
        self.parameters = parameters
        self.copies: dict[int, Node] = {}

    def node(self, node: Node, depth: int = 0) -> Node:
        """The copy of a node."""
        known = self.copies.get(id(node))
        if known is not None or depth > _DEEPEST:
            return known or node
        self.copies[id(node)] = node
        copy: Node
        if isinstance(node, Scalar):
            copy = replace(node, value=substitute(node.value, _PARAMETER, self._meaning))
        elif isinstance(node, Sequence):
            copy = replace(node, items=tuple(self.node(item, depth + 1) for item in node.items))
        else:
            entries = (Entry(entry.key, self.node(entry.value, depth + 1)) for entry in node.entries)
            copy = replace(node, entries=tuple(entries))
        self.copies[id(node)] = copy
        return copy

    def _meaning(self, match: re.Match[str], piece: MappedText) -> Hole | None:
        name = match[1] or match[2]
        return Hole(match[0], default=self.parameters[name], at=piece.location()) if name in self.parameters else None
