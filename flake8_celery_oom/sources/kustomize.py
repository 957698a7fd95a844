"""Kustomizations: the ConfigMaps that they generate. Patches change objects of other files and are not read here."""

from __future__ import annotations

import posixpath

from flake8_celery_oom.core.facts import Fact, Variables
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import yaml
from flake8_celery_oom.syntax.node_values import environment, mappings, problems
from flake8_celery_oom.syntax.yaml_nodes import Mapping

KIND = "kustomize"
TITLE = "Kustomize"
NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def claims(path: str, head: str) -> bool:
    """``kustomization.yaml`` under each of its names."""
    return posixpath.basename(path) in {"kustomization.yaml", "kustomization.yml", "Kustomization"} and "\0" not in head


def read(source: SourceText) -> list[Fact]:
    """One set of variables for each ``configMapGenerator`` with literals."""
    facts: list[Fact] = []
    documents, templated = yaml.either_documents(source)
    for document in documents:
        root = document.node
        for generator in mappings(root.get("configMapGenerator")) if isinstance(root, Mapping) else ():
            name, values = yaml.text(generator.get("name")), environment(generator.get("literals"))
            if name and values:
                facts.append(Variables("configmap", name, source.path, values))
        facts.extend(() if templated else problems(source, document, "YAML"))
    return facts
