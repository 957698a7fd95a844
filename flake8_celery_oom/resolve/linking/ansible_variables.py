"""Variables of Ansible that a role, or ``group_vars`` beside it, gives: what is likely in its templates and tasks.

Source: Ansible, "Using variables" (Understanding variable precedence): a role's ``vars`` win over ``group_vars/all``,
and these over the role's ``defaults``. Inventories and the command line may say otherwise, so values are defaults.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from flake8_celery_oom.core.facts import Launch
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.linking.hole_defaults import with_defaults
from flake8_celery_oom.syntax import yaml

_VARIABLE = re.compile(r"\{\{-?\s*(\w+)\s*(?:\|\s*(?:int|string|quote|trim|default\b[^|}]*)\s*)*-?\}\}")
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
    folders: dict[str, dict[str, str]] = {}
    made: list[Launch] = []
    for launch in launches:
        folder = posixpath.dirname(launch.at.path)
        if folder not in folders:
            folders[folder] = _values(folder, facts)
        fills = folders[folder] or launch.at.path.endswith(".j2")
        made.append(_filled(launch, folders[folder]) if fills else launch)
    return made


def _filled(launch: Launch, values: Mapping[str, str]) -> Launch:
    def default(hole: Hole) -> str | Hole | None:
        match = _VARIABLE.fullmatch(hole.source)
        value = values.get(match[1]) if match is not None else None
        return replace(hole, host_cpus=True) if _HOST_CPUS.fullmatch(value or hole.source) else value

    return with_defaults(launch, default)


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
