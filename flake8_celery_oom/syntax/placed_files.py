"""Files of a role that a task of Ansible puts on a machine: the file, and the name it gets there.

Sources: the pages of ansible.builtin.template and ansible.builtin.copy (``src``, ``dest``), and of loops (``item``).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_celery_oom.core.facts import NotationFact
from flake8_celery_oom.syntax.node_values import at_path
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence

_FOLDERS = {"template": "templates", "copy": "files"}
_ITEM = re.compile(r"\{\{\s*item(?:\.(?P<key>\w+))?\s*\}\}")
_GIVEN = re.compile(r"\b(?P<key>src|dest)=(?P<value>(?:\{\{.*?\}\}|[^\s{])+)")
_EXPRESSION = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class PlacedFile(NotationFact):
    """``source``: the file, relative to the root; ``target``: its path on the machine as :func:`as_target` has it."""

    source: str
    target: str


def as_target(path: str) -> str:
    """A path with the blanks around its variables left out, so that the same path is the same text."""
    return _EXPRESSION.sub(r"{{\1}}", path)


def placed_files(path: str, task: Mapping) -> Iterator[PlacedFile]:
    """What a task of the file at ``path`` puts in place; with a loop over a list, for each of its items."""
    for key, node in task.items():
        folder = _FOLDERS.get(key.rpartition(".")[2])
        given = source_and_target(node) if folder is not None else {}
        if folder is None or "src" not in given or "dest" not in given:
            continue
        for values in _items(task):
            source, target = _with_item(given["src"], values), _with_item(given["dest"], values)
            if "{{" not in source and not source.startswith("/"):
                if target.endswith("/"):
                    target += posixpath.basename(source).removesuffix(".j2")
                role = posixpath.dirname(posixpath.dirname(path))
                yield PlacedFile(path, posixpath.normpath(posixpath.join(role, folder, source)), as_target(target))


def source_and_target(node: Node) -> dict[str, str]:
    """``src`` and ``dest`` of a task's module as written, in a mapping or in free text."""
    if isinstance(node, Scalar):
        return {match["key"]: match["value"] for match in _GIVEN.finditer(node.value.text)}
    found = {key: at_path(node, key) for key in ("src", "dest")}
    return {key: value.value.text for key, value in found.items() if isinstance(value, Scalar)}


def _items(task: Mapping) -> list[Node | None]:
    """The items of the task's loop; one that is none where the list is not written out or there is no loop."""
    for key in ("loop", "with_items", "with_list"):
        written = task.get(key)
        if isinstance(written, Sequence):
            return list(written.items)
    return [None]


def _with_item(text: str, item: Node | None) -> str:
    def value(match: re.Match[str]) -> str:
        found = at_path(item, match["key"]) if match["key"] else item
        return found.value.text if isinstance(found, Scalar) else match[0]

    return _ITEM.sub(value, text)
