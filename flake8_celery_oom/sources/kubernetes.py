"""Kubernetes manifests: one Launch for every container of a Pod or of anything that makes Pods."""

from __future__ import annotations

import re

from flake8_celery_oom.core.facts import Fact
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.sources.kubernetes_objects import facts_of
from flake8_celery_oom.syntax import template, yaml
from flake8_celery_oom.syntax.node_values import problems
from flake8_celery_oom.syntax.yaml_nodes import Document, Mapping

KIND = "kubernetes"
TITLE = "Kubernetes manifests"
NAMES = ("*.yaml", "*.yml")

_FILE_NAME = re.compile(r"\.ya?ml(?:\.(?:j2|jinja2?|tpl|tmpl|template|dist|example))?$|^<stdin>$")
_OBJECT = re.compile(r"^\s*(?:-\s+)?[\"']?apiVersion[\"']?\s*:", re.MULTILINE)
_PATCH = tuple(
    re.compile(rf"^-?\s+{line}", re.MULTILINE) for line in (r"op:\s*[\"']?(?:add|replace)\b", r"path:\s*[\"']?/\w")
)
_OPENSHIFT = re.compile(r"\$\{\{\w+\}\}")
_KUSTOMIZATION = re.compile(r"(?:^|/)kustomization\.ya?ml$")
_JINJA_FILE = re.compile(r"\.(?:j2|jinja2?)$")


def claims(path: str, head: str) -> bool:
    """YAML with an ``apiVersion``, or a JSON patch of such, unless it looks like a template of a Helm chart."""
    if _FILE_NAME.search(path) is None or _KUSTOMIZATION.search(path) is not None:
        return False
    return (is_object(head) or is_patch(head)) and not is_go_template(path, head)


def is_object(head: str) -> bool:
    """Whether the text has objects of Kubernetes."""
    return _OBJECT.search(head) is not None


def is_patch(head: str) -> bool:
    """Whether the text is a JSON patch, written as YAML, that adds or replaces something."""
    return all(pattern.search(head) for pattern in _PATCH)


def is_go_template(path: str, head: str) -> bool:
    """Whether the text has actions of a Go template, as far as its first characters tell."""
    return template.kind_of(_OPENSHIFT.sub("", head)) == "go" and _JINJA_FILE.search(path) is None


def read(source: SourceText) -> list[Fact]:
    """The facts of every document. A file that turns out to be a template is read as one."""
    documents = list(yaml.documents(source))
    kind = template.kind_of(source.text)
    is_jinja = _JINJA_FILE.search(source.path) is not None
    if kind is not None and (is_jinja or not is_plain(documents)):
        return read_template(source, "jinja" if is_jinja else kind)
    return [
        fact
        for document in documents
        for fact in (*facts_of(document.node, source.path, KIND), *problems(source, document, "YAML"))
    ]


def is_plain(documents: list[Document]) -> bool:
    """Whether the documents could be read without regard to actions; ``a: {{ b }}`` is YAML, too, of a strange kind."""
    if any(document.problem for document in documents):
        return False
    nodes = (node for document in documents for node in yaml.walk(document.node))
    return all(entry.key is not None for node in nodes if isinstance(node, Mapping) for entry in node.entries)


def read_template(source: SourceText, kind: template.Kind) -> list[Fact]:
    """The facts of a template; what cannot be read even with the actions blanked is left out."""
    name = "helm" if kind == "go" else KIND
    documents = yaml.templated_documents(source, kind)
    return [fact for document in documents for fact in facts_of(document.node, source.path, name)]
