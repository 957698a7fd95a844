"""What files made of mappings and lists say about programs: variables of the environment, lists of words, problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from flake8_celery_oom.core.facts import Argv, Command, Problem, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.yaml_nodes import Document, Mapping, Node, Scalar, Sequence, argv_or_text


def as_written(text: MappedText) -> MappedText:
    """The text itself: for files without placeholders."""
    return text


def environment(node: Node | None, read: Callable[[MappedText], MappedText] = as_written) -> dict[str, Word]:
    """Variables given as ``{NAME: value}`` or as ``["NAME=value", "NAME"]``; ``read`` replaces placeholders in values.

    A name without a value is taken over from whoever runs the tool: a hole with that name.
    """
    return dict(_variables(node, read))


def _variables(node: Node | None, read: Callable[[MappedText], MappedText]) -> Iterator[tuple[str, Word]]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            if not isinstance(value, Scalar):
                continue
            key = node.key(name)
            taken_over = Word((Hole(name, name, at=key.at if key else value.at),), key.at if key else value.at)
            yield name, taken_over if value.is_null else Word.of(read(value.value))
    elif isinstance(node, Sequence):
        for item in node.items:
            if isinstance(item, Scalar):
                yield from _assignment(read(item.value))


def _assignment(text: MappedText) -> Iterator[tuple[str, Word]]:
    equals = text.text.find("=")
    name = text[:equals] if equals >= 0 else text
    if name.holes or not name.text.strip():
        return
    if equals < 0:
        yield name.text.strip(), Word((Hole(name.text, name.text.strip(), at=text.location()),), text.location())
    else:
        yield name.text.strip(), Word.of(text[equals + 1 :])


def scalars(node: Node | None) -> list[Scalar]:
    """One scalar, or those of a list of scalars; nothing for null."""
    if isinstance(node, Scalar):
        return [] if node.is_null else [node]
    if isinstance(node, Sequence):
        return [item for item in node.items if isinstance(item, Scalar)]
    return []


def mappings(node: Node | None) -> list[Mapping]:
    """One mapping, or those of a list of mappings."""
    if isinstance(node, Mapping):
        return [node]
    if isinstance(node, Sequence):
        return [item for item in node.items if isinstance(item, Mapping)]
    return []


def at_path(node: Node | None, *names: str) -> Node | None:
    """The node below ``node`` that a path of keys leads to."""
    for name in names:
        node = node.get(name) if isinstance(node, Mapping) else None
    return node


def number(node: Node | None) -> int | None:
    """A whole number that is written as one, quoted or not."""
    if isinstance(node, Scalar) and not node.value.holes and node.value.text.isdecimal() and node.value.text.isascii():
        return int(node.value.text[:18])
    return None


def problems(source: SourceText, document: Document, notation: str) -> list[Problem]:
    """The problem of a document as a fact: at most one."""
    if document.problem is None:
        return []
    message = f"cannot be read as {notation}: {document.problem.message}"
    return [Problem(source.line_location(document.problem.line), message)]


def health_check(node: Node | None) -> Command | None:
    """The command of a health check as Docker writes it: text, or a list that begins with ``CMD`` or ``CMD-SHELL``.

    ``["NONE"]``, which switches off the check of the image, is a command without words.
    """
    command = argv_or_text(node)
    if not isinstance(command, Argv) or not command.words:
        return command
    form, *words = command.words
    if form.text == "CMD-SHELL" and words and words[0].mapped is not None:
        return ShellText(words[0].mapped, command.at)
    return replace(command, words=tuple(words))
