"""Templates of Helm charts: the same containers as in plain manifests, with holes for what the values fill in.

What the chart's ``values.yaml`` says is looked up by :mod:`flake8_celery_oom.resolve.helm.fill`.
"""

from __future__ import annotations

import re

from flake8_celery_oom.core.facts import Fact
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.sources.kubernetes import is_go_template, is_object, read_template
from flake8_celery_oom.sources.kubernetes import read as read_manifest

KIND = "helm"
TITLE = "Helm charts"
NAMES = ("**/templates/*.yaml", "**/templates/*.yml")

_FILE_NAME = re.compile(r"\.(?:ya?ml(?:\.(?:gotmpl|tpl|tmpl|template))?|gotmpl)$")
_TEMPLATES = re.compile(r"(?:^|/)templates[^/]*/")


def claims(path: str, head: str) -> bool:
    """YAML with actions of a Go template, under a ``templates`` folder or with an ``apiVersion``."""
    if _FILE_NAME.search(path) is None or not is_go_template(path, head):
        return False
    return _TEMPLATES.search(path) is not None or is_object(head)


def read(source: SourceText) -> list[Fact]:
    """The facts of every document; a manifest outside a chart that only holds braces in its texts is read as it is."""
    return read_template(source, "go") if _TEMPLATES.search(source.path) else read_manifest(source)
