"""Templates that tasks of Ansible render: which file, and the values that the task itself gives its variables.

Sources: the pages of ``ansible.builtin.template`` (module and lookup) and ``kubernetes.core.k8s``; "Using variables"
(variables of a task win over those of its role) and "Loops" of Ansible's documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from flake8_celery_oom.core.facts import NotationFact
from flake8_celery_oom.syntax.node_values import at_path
from flake8_celery_oom.syntax.placed_files import source_and_target
from flake8_celery_oom.syntax.yaml_nodes import Mapping as MappingNode
from flake8_celery_oom.syntax.yaml_nodes import Node, Scalar, Sequence, walk

MOST_ROUNDS = 30
"""Rounds of a loop that are looked at."""

_LOOKUP = re.compile(r"\b(?:lookup|query|q)\(\s*['\"](?:ansible\.builtin\.)?template['\"]\s*,\s*['\"]([^'\"{}]+)['\"]")
_LOOPS = ("loop", "with_items", "with_list", "with_flattened")


@dataclass(frozen=True, slots=True)
class RenderedTemplate(NotationFact):
    """A task that renders a template. ``template`` and ``target`` are as written, the target empty if none is.

    ``values`` are texts by the name that a template uses (``count``, ``item.name``); ``line`` is the task's.
    """

    template: str
    target: str
    values: Mapping[str, str]
    line: int


def rendered_templates(path: str, tasks: Iterable[MappingNode]) -> Iterator[RenderedTemplate]:
    """The templates that the tasks of a file render, once for each round of a loop over values that are written out."""
    for task in tasks:
        files = list(_files(task))
        if files:
            own = _texts(task.get("vars"))
            for item in _rounds(task):
                for template, target in files:
                    yield RenderedTemplate(path, template, target, {**own, **item}, task.at.line)


def _files(task: MappingNode) -> Iterator[tuple[str, str]]:
    for key, node in task.items():
        module = key.rpartition(".")[2]
        if module == "template":
            given = source_and_target(node)
            yield from _file(given.get("src", ""), given.get("dest", ""))
        elif module == "k8s" and isinstance(node, MappingNode):
            named = node.get("template")
            yield from _file(_text(named if isinstance(named, Scalar) else at_path(named, "path")), "")
    for scalar in (node for node in walk(task) if isinstance(node, Scalar) and "template" in node.value.text):
        for match in _LOOKUP.finditer(scalar.value.text):
            yield match[1], ""


def _file(template: str, target: str) -> Iterator[tuple[str, str]]:
    if template and "{" not in template:
        yield template, target


def _rounds(task: MappingNode) -> list[dict[str, str]]:
    """The values of each round; one without any where the task has no loop, or the loop's words are not written out."""
    words = next((node for name in _LOOPS if (node := task.get(name)) is not None), None)
    if not isinstance(words, Sequence):
        return [{}]
    name = _text(at_path(task.get("loop_control"), "loop_var")) or "item"
    return [_item(name, node) for node in words.items[:MOST_ROUNDS]] or [{}]


def _item(name: str, node: Node) -> dict[str, str]:
    if isinstance(node, MappingNode):
        return {f"{name}.{key}": value for key, value in _texts(node).items()}
    text = _text(node)
    return {name: text} if text else {}


def _texts(node: Node | None) -> dict[str, str]:
    if not isinstance(node, MappingNode):
        return {}
    return {key: text for key, value in node.items() if (text := _text(value))}


def _text(node: Node | None) -> str:
    """A scalar's text; nothing for one that is itself a template, and for lists and mappings."""
    found = node.value.text if isinstance(node, Scalar) and not node.is_null else ""
    return "" if "{{" in found or "{%" in found else found
