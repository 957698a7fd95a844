"""Compose files. What their services launch depends on the other files of their project: resolve puts them together."""

from __future__ import annotations

import posixpath
import re

from flake8_celery_oom.core.facts import Fact
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import template, yaml
from flake8_celery_oom.syntax.compose_file import ComposeFile
from flake8_celery_oom.syntax.node_values import problems
from flake8_celery_oom.syntax.yaml_nodes import Document, Mapping

KIND = "compose"
TITLE = "compose files"
NAMES = ("compose*.yml", "compose*.yaml", "docker-compose*.yml", "docker-compose*.yaml")

_NAME = re.compile(
    r"(?:docker-?)?compose(?:[._-].*)?\.ya?ml(?:\.(?:j2|jinja2?|tpl|tmpl)|[._-](?:template|dist|example|sample))?"
    r"|.*[._-](?:docker-)?compose\.ya?ml"
)
_SERVICES = re.compile(r"^services:[ \t]*(?:#.*)?\r?$(?P<below>(?:\r?\n(?:[ \t].*|#.*|\{%.*)?)*)", re.MULTILINE)
_KEY_OF_SERVICE = re.compile(
    r"^[ \t]{2,}(?:image|build|command|entrypoint|environment|env_file|extends|deploy|mem_limit|container_name):",
    re.MULTILINE,
)
_IN_LIST = re.compile(r"\s*-\s")


def claims(path: str, head: str) -> bool:
    """Named like a compose file, or YAML with services that have an image, a command and the like."""
    name = posixpath.basename(path)
    if "\0" in head or not re.search(r"\.ya?ml(?:[._-]\w+)?$|^<stdin>$", name):
        return False
    if _NAME.fullmatch(name):
        return True
    match = _SERVICES.search(head)
    below = match["below"] if match else ""
    return not _IN_LIST.match(below) and _KEY_OF_SERVICE.search(below) is not None


def read(source: SourceText) -> list[Fact]:
    """The file as it is written. A file under another name whose text is broken after all is a problem, too."""
    documents, templated = _documents(source)
    roots = tuple(document.node for document in documents if isinstance(document.node, Mapping))
    facts: list[Fact] = [ComposeFile(source.path, roots)] if roots else []
    if not templated:
        facts.extend(problem for document in documents for problem in problems(source, document, "YAML"))
    return facts


def read_written(text: MappedText) -> list[Fact]:
    """A compose file that another file writes: ``text`` is that file, blank but for what is written."""
    roots = tuple(node for one in yaml.documents_of(text) if isinstance(node := one.node, Mapping))
    return [ComposeFile(text.source.path, roots)] if roots else []


def _documents(source: SourceText) -> tuple[list[Document], bool]:
    """The documents, and whether they are those of a template."""
    kind = template.kind_of(source.text)
    if kind != "jinja" and not yaml.is_template_name(source.path):
        documents = list(yaml.documents(source))
        if kind is None or not any(document.problem for document in documents):
            return documents, False
    return list(yaml.templated_documents(source, "jinja")), True
