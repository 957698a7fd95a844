"""Variables of a Kubernetes container, and the ``$(NAME)`` in its command, its arguments and in other variables.

Kubernetes puts in the values of the container's own variables, ``$$(NAME)`` stands for the text ``$(NAME)``, and what
is no variable stays as it is, so that a shell may still run it: ``$(nproc)``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field

from flake8_celery_oom.core.facts import EnvironmentSource
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax import yaml
from flake8_celery_oom.syntax.node_values import at_path
from flake8_celery_oom.syntax.substitution import substitute, word_at
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence

_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_][\w.\-]*)\)")
_LIKE_A_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")


@dataclass(frozen=True, slots=True)
class Environment:
    """The variables of a container; ``sources`` stand for those that a template adds."""

    values: MappingOf[str, Word] = field(default_factory=dict)
    sources: tuple[EnvironmentSource, ...] = ()

    @classmethod
    def read(cls, node: Node | None) -> Environment:
        """Read the list under ``env``; a mapping of names to values is taken, too, as some operators do."""
        values: dict[str, Word] = {}
        sources: list[EnvironmentSource] = []
        environment = cls(values)
        if isinstance(node, Mapping):
            values.update({name: Word.of(value.value) for name, value in node.items() if isinstance(value, Scalar)})
        holes = [one.hole for one in node.value.holes] if isinstance(node, Scalar) else list(node.holes if node else ())
        for item in node.items if isinstance(node, Sequence) else ():
            if not isinstance(item, Mapping):
                continue
            name = item.get("name")
            holes.extend(item.holes)
            if isinstance(name, Scalar) and name.value.holes:
                sources.append(EnvironmentSource("other", Word.of(name.value).shown, name.at))
            elif isinstance(name, Scalar) and (value := _value(item, environment)) is not None:
                values[name.value.text] = value
        sources.extend(EnvironmentSource("other", hole.source, hole.at) for hole in holes if hole.at is not None)
        return cls(values, tuple(sources))


def _value(item: Mapping, environment: Environment) -> Word | None:
    value = item.get("value")
    if isinstance(value, Scalar):
        return Word.of(expand(value.value, environment))
    origin = item.get("valueFrom")
    if origin is None:
        return yaml.word(item.get("name")) and Word(("",), item.at)
    for field_name, prefix in (("configMapKeyRef", "configmap"), ("secretKeyRef", "secret")):
        name, key = at_path(origin, field_name, "name"), at_path(origin, field_name, "key")
        if isinstance(name, Scalar) and isinstance(key, Scalar):
            written = f"{Word.of(name.value).shown}/{Word.of(key.value).shown}"
            return Word((Hole(f"{field_name} {written}", f"{prefix}:{written}", at=origin.at),), origin.at)
    return Word((Hole("valueFrom", at=origin.at),), origin.at)


def expanded_word(word: Word, environment: Environment) -> Word:
    """A word of a command with its variables filled in. One that is a variable stands where the value is written."""
    if word.mapped is None or word.at is None or "$" not in word.mapped.text:
        return word
    expanded = expand(word.mapped, environment)
    whole = _REFERENCE.fullmatch(word.mapped.text) is not None
    return Word.of(expanded) if whole else word_at(expanded, word.at)


def expand(text: MappedText, environment: Environment) -> MappedText:
    """The text with its variables filled in. Those that are known stand where their value is written."""
    if "$" not in text.text:
        return text

    def meaning(found: re.Match[str], piece: MappedText) -> str | Hole | MappedText | None:
        name = found.group(1)
        if name is None:
            return "$"
        value = environment.values.get(name)
        mapped = value.mapped if value is not None else None
        if mapped is not None and mapped.text and mapped.source is text.source:
            return mapped
        if value is None and not _LIKE_A_VARIABLE.fullmatch(name):
            return None
        return Hole(found.group(), name, at=piece.location())

    return substitute(text, _REFERENCE, meaning)
