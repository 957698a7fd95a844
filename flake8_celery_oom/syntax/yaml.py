"""YAML with exact positions: a tree of mappings, sequences and scalars; nothing is ever constructed.

An alias is the node that it names (its ``at`` is where that node stands); an alias inside its own anchor is read as an
empty scalar. PyYAML's C parser is used where it is present, else ruamel.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import template
from flake8_celery_oom.syntax.yaml_builder import DEEPEST
from flake8_celery_oom.syntax.yaml_nodes import (
    Document,
    Entry,
    Mapping,
    Node,
    Scalar,
    Sequence,
    YamlProblem,
    argv_or_text,
    hole,
    text,
    walk,
    word,
)
from flake8_celery_oom.syntax.yaml_reader import LARGEST, Reader

__all__ = [
    "DEEPEST",
    "LARGEST",
    "Document",
    "Entry",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "YamlProblem",
    "argv_or_text",
    "documents",
    "documents_of",
    "either_documents",
    "hole",
    "is_template_name",
    "templated_documents",
    "text",
    "walk",
    "word",
]


_FILLED_IN = re.compile(
    r"^[ \t]*(?:__[A-Z][A-Z0-9_]*__|@@?[A-Z][A-Z0-9_]*@@?|\$\{[A-Z][A-Z0-9_]*\})[ \t]*(?=\r?$)", re.MULTILINE
)
"""A line that holds nothing but a placeholder, for which a script puts lines in (``sed``, ``envsubst``)."""

_TEMPLATE_NAME = re.compile(r"\.(?:j2|jinja2?|tpl|tmpl|template)$", re.IGNORECASE)


def documents(source: SourceText) -> Iterator[Document]:
    """The documents of a file. One that cannot be read has a problem; the ones before and behind it are not lost.

    Where the file cannot be read as it is, lines that a script fills in are taken for empty.
    """
    found = list(Reader(MappedText.plain(source)).documents())
    if any(document.problem for document in found) and _FILLED_IN.search(source.text) is not None:
        blanked = _FILLED_IN.sub(lambda match: " " * len(match[0]), source.text)
        found = list(Reader(MappedText(source, blanked, range(len(blanked) + 1))).documents())
    return iter(found)


def documents_of(text: MappedText) -> Iterator[Document]:
    """The documents of a file's text as something has changed it; every character stands where it stood."""
    return iter(Reader(text).documents())


def is_template_name(path: str) -> bool:
    """Whether a file is called like a template, or lies in a folder that a template names."""
    return "{{" in path or _TEMPLATE_NAME.search(path) is not None


def either_documents(source: SourceText) -> tuple[list[Document], bool]:
    """The documents of a file that may be a template, and whether it had to be read as one."""
    plain = list(documents(source))
    kind = template.kind_of(source.text)
    if kind is None or not (is_template_name(source.path) or any(document.problem for document in plain)):
        return plain, False
    return list(templated_documents(source, kind)), True


def templated_documents(source: SourceText, kind: template.Kind) -> Iterator[Document]:
    """The documents of a template. Scalars that an action takes part in carry it as a hole.

    Lines that cannot be read even with the actions blanked are blanked too, at most eight a document.
    """
    masked = template.mask(source, kind)
    return iter(Reader(masked.parsable, masked.actions, retries=8).documents())
