"""Variables of a service in compose files, as a mapping or as a list, and what Compose makes of YAML's numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.compose_variables import Lookup, interpolate
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar

_OTHERWISE_SHOWN = re.compile(r"[-+]?(?:0[0-9xXoObB_]|\.?[0-9]+[._eE]|\.(?:inf|nan))[\w.+-]*|\+[0-9]+", re.IGNORECASE)
"""Plain scalars that may be numbers which Compose writes in another way: ``0x10``, ``1_000``, ``1.50``, ``1e3``."""
_LONGEST_NUMBER = 60
_BOOLEAN = re.compile(r"true|false", re.IGNORECASE)


def assignments(node: Node, lookup: Lookup) -> Iterator[tuple[str, Word]]:
    """The variables of a mapping ``{NAME: value}``, or that of one item ``NAME=value`` or ``NAME`` of a list.

    A name without a value is taken over from whoever runs Compose: a hole with that name.
    """
    if isinstance(node, Mapping):
        for name, value in node.items():
            if not isinstance(value, Scalar):
                continue
            key = node.key(name)
            if value.is_null:
                at = key.at if key else value.at
                yield name, Word((Hole(name, name, lookup(name), at),), at)
            else:
                yield name, _value(value, lookup)
    elif isinstance(node, Scalar):
        yield from _assignment(interpolate(node.value, lookup), lookup)


def _value(node: Scalar, lookup: Lookup) -> Word:
    """The text of a value; numbers that Compose may write in another way are not known."""
    text = node.value.text
    if node.style == "plain" and not node.value.holes:
        if _BOOLEAN.fullmatch(text):
            return Word((text.lower(),), node.at, node.value if text.islower() else None)
        if len(text) <= _LONGEST_NUMBER and _OTHERWISE_SHOWN.fullmatch(text):
            return Word((Hole(text, at=node.at),), node.at)
    return Word.of(interpolate(node.value, lookup))


def _assignment(text: MappedText, lookup: Lookup) -> Iterator[tuple[str, Word]]:
    equals = text.text.find("=")
    name = text[:equals] if equals >= 0 else text
    if name.holes or not name.text.strip():
        return
    if equals < 0:
        at = text.location()
        yield name.text.strip(), Word((Hole(name.text, name.text.strip(), lookup(name.text.strip()), at),), at)
    else:
        yield name.text.strip(), Word.of(text[equals + 1 :])
