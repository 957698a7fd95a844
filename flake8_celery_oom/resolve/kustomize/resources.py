"""Objects that kustomizations install, and what selects them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from flake8_celery_oom.resolve.kustomize.nodes import at_path, text_of
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Scalar

_LONGEST_PATTERN = 200
_PLAIN_PATTERN = re.compile(r"[\w.\-/^$|()]*(?:(?:\*|\+)(?<=\.[*+])[\w.\-/^$|()]*)?")
"""Patterns that cannot take long: no repetition but one ``.*``."""


@dataclass(frozen=True)
class Resource:
    """One object. ``key`` tells it apart: the file that it comes from and its number there."""

    node: Mapping
    path: str
    key: tuple[str, int]
    earlier: tuple[str, ...] = field(default=())
    """Names that it had before a prefix was put in front."""

    @property
    def kind(self) -> str:
        """What it is: ``Deployment``."""
        return text_of(self.node.get("kind"))

    @property
    def name(self) -> str:
        """Its name by now."""
        return text_of(at_path(self.node, "metadata", "name"))

    @property
    def names(self) -> tuple[str, ...]:
        """All names by which patches may call it."""
        return (self.name, *self.earlier)


@dataclass(frozen=True)
class Selector:
    """``target`` of a patch, ``select`` of a replacement: expressions that must fit as a whole."""

    wanted: dict[str, str]

    @classmethod
    def read(cls, node: Mapping) -> Selector:
        """Read a selector; fields that are not followed make it fit nobody knows what."""
        return cls({name: value.value.text for name, value in node.items() if isinstance(value, Scalar)})

    def fits(self, resource: Resource) -> bool | None:
        """Whether a resource is selected; None when that is not known."""
        group, _, version = text_of(resource.node.get("apiVersion")).rpartition("/")
        namespace = text_of(at_path(resource.node, "metadata", "namespace"))
        own = {"kind": [resource.kind], "name": [*resource.names], "group": [group], "version": [version]}
        answers = [
            _matches(wanted, own.get(name, [namespace or "default", namespace]))
            for name, wanted in self.wanted.items()
            if name in {*own, "namespace"} and wanted
        ]
        for name, holder in (("labelSelector", "labels"), ("annotationSelector", "annotations")):
            if self.wanted.get(name):
                answers.append(_labelled(self.wanted[name], at_path(resource.node, "metadata", holder)))
        if False in answers:
            return False
        return None if None in answers else True


def _matches(pattern: str, values: list[str]) -> bool | None:
    if pattern in values:
        return True
    if len(pattern) > _LONGEST_PATTERN or _PLAIN_PATTERN.fullmatch(pattern) is None:
        return None
    try:
        compiled = re.compile(f"^(?:{pattern.removeprefix('^').removesuffix('$')})$", re.ASCII)
    except re.error:
        return None
    return any(compiled.fullmatch(value) is not None for value in values)


def _labelled(selector: str, labels: object) -> bool | None:
    """``a=b,c!=d,e``; other operators are not followed."""
    given = labels if isinstance(labels, Mapping) else None
    for part in selector.split(","):
        match = re.fullmatch(r"\s*([\w./\-]+)\s*(?:(==?|!=)\s*([\w.\-]*))?\s*", part)
        if match is None:
            return None
        name, sign, value = match.groups()
        own = given.get(name) if given is not None else None
        equal = own is not None and text_of(own) == value
        holds = own is not None if sign is None else equal is (sign != "!=")
        if not holds:
            return False
    return True
