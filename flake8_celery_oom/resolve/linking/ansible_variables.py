"""Variables of Ansible that a role, or ``group_vars`` beside it, gives: what is likely in its templates and tasks.

Source: Ansible, "Using variables" (Understanding variable precedence): a role's ``vars`` win over ``group_vars/all``,
and these over the role's ``defaults``. Inventories and the command line may say otherwise, so values are defaults.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial

from flake8_celery_oom.core.facts import Launch, Script
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.linking.ansible_renderings import VARIABLE, Renderings
from flake8_celery_oom.resolve.linking.hole_defaults import text_with_defaults, with_defaults
from flake8_celery_oom.syntax import yaml

_HOST_CPUS = re.compile(
    r"\{\{-?\s*(?:ansible_|ansible_facts(?:\.|\[['\"]))processor_(?:vcpus|cores|count|nproc)(?:['\"]\])?\s*"
    r"(?:\|\s*int\s*)?(?:[*+]\s*\d+\s*)?-?\}\}"
)
"""The number of CPUs of the host, or something that grows with it (ansible.builtin.setup: ``processor_*``)."""
_FILES = (
    ("defaults/main.yml", "defaults/main.yaml"),
    ("group_vars/all.yml", "group_vars/all.yaml", "group_vars/all/main.yml", "group_vars/all/vars.yml"),
    ("vars/main.yml", "vars/main.yaml"),
)
"""Where values stand, below the folder of a role or below one above it; later ones win."""


def with_variables_of_ansible(launches: Iterable[Launch], facts: Facts) -> list[Launch]:
    """The launches, those of templates and tasks with the likely values of their variables."""
    values = _ValuesByFolder(facts)
    renderings = Renderings(facts)
    made: list[Launch] = []
    for launch in launches:
        found = values.of(launch.at.path)
        rendered = renderings.of(launch)
        if rendered:
            made += (
                with_defaults(one.of_launch(launch), partial(_default, {**found, **one.values})) for one in rendered
            )
        else:
            fills = found or launch.at.path.endswith(".j2")
            made.append(with_defaults(launch, partial(_default, found)) if fills else launch)
    return made


def scripts_with_variables_of_ansible(facts: Facts) -> dict[str, Script]:
    """The scripts of a project by path, those that are templates with the likely values of their variables."""
    values = _ValuesByFolder(facts)
    return {
        path: replace(script, text=text_with_defaults(script.text, partial(_default, values.of(path))))
        if path.endswith(".j2")
        else script
        for path, script in facts.scripts.items()
    }


class _ValuesByFolder:
    """The variables that count for a file, read once for each folder."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known: dict[str, dict[str, str]] = {}

    def of(self, path: str) -> Mapping[str, str]:
        """The variables for the file at ``path``."""
        folder = posixpath.dirname(path)
        if folder not in self._known:
            self._known[folder] = _values(folder, self._facts)
        return self._known[folder]


def _default(values: Mapping[str, str], hole: Hole) -> str | Hole | None:
    """What is likely to stand in a hole: the value of its variable, or the CPU count of the host."""
    match = VARIABLE.fullmatch(hole.source)
    value = values.get(match[1]) if match is not None else None
    return replace(hole, host_cpus=True) if _HOST_CPUS.fullmatch(value or hole.source) else value


def _values(folder: str, facts: Facts) -> dict[str, str]:
    """The values that count in a folder: those of the nearest folder above win among files of one kind."""
    above = [folder]
    while above[-1]:
        above.append(posixpath.dirname(above[-1]))
    found: dict[str, str] = {}
    for names in _FILES:
        for place in reversed(above):
            for name in names:
                path = posixpath.join(place, name)
                if path in facts.file_set:
                    found |= _scalars(path, facts)
    return found


def _scalars(path: str, facts: Facts) -> dict[str, str]:
    source = facts.read(path)
    if source is None:
        return {}
    return {
        name: node.value.text
        for document in yaml.documents(source)
        if isinstance(document.node, yaml.Mapping)
        for name, node in document.node.items()
        if isinstance(node, yaml.Scalar)
        and not node.is_null
        and ("{{" not in node.value.text or _HOST_CPUS.fullmatch(node.value.text))
    }
