"""package.json: each script is something that ``npm run <name>`` hands to a shell."""

from __future__ import annotations

import posixpath

from flake8_celery_oom.core.facts import Fact, Launch, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import json
from flake8_celery_oom.syntax.node_values import at_path, problems
from flake8_celery_oom.syntax.template import kind_of
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Scalar

KIND = "package_json"
TITLE = "package.json"
NAMES = ("package.json",)


def claims(path: str, head: str) -> bool:
    """By its name alone; ``scripts`` may stand far down."""
    return posixpath.basename(path) == "package.json" and "\0" not in head


def read(source: SourceText) -> list[Fact]:
    """One Launch a script, run in the folder of the file."""
    document = json.parse(source)
    scripts = at_path(document.node, "scripts")
    workdir = posixpath.dirname(source.path) or "."
    facts: list[Fact] = [
        Launch(KIND, name, script.at, ShellText(script.value, script.at), workdir=workdir)
        for name, script in (scripts.items() if isinstance(scripts, Mapping) else ())
        if isinstance(script, Scalar) and script.value.text.strip()
    ]
    return facts if kind_of(source.text) else [*facts, *problems(source, document, "JSON")]
