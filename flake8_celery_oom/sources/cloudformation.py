"""Values of CloudFormation templates: text with holes for ``!Ref``, ``!Sub`` and the other functions.

Both ways of writing them are read, ``!Ref Name`` and ``{"Ref": "Name"}``. A parameter's default is the hole's default.
Source: AWS CloudFormation, "Intrinsic function reference" (``Fn::Join``, ``Fn::Sub``, ``Fn::Select``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from flake8_celery_oom.core.facts import Argv, Command
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.node_values import at_path
from flake8_celery_oom.syntax.substitution import as_hole, joined, standing_at, substitute
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence, argv_or_text, text, walk

_VARIABLE = re.compile(r"\$\{(!?)([\w:.]+)\}")
_FUNCTION = re.compile(r"Ref|Condition|Fn::\w+")
MAX_NESTING = 20
"""Functions inside functions; what is nested deeper is a hole."""


@dataclass(frozen=True)
class Parameters:
    """The parameters of a template with their defaults."""

    defaults: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Node | None) -> Parameters:
        """The section ``Parameters`` of a template."""
        section = at_path(root, "Parameters")
        found: dict[str, str] = {}
        for name, node in section.items() if isinstance(section, Mapping) else ():
            default = at_path(node, "Default")
            if isinstance(default, Scalar):
                found[name] = default.value.text
        return cls(found)

    def text(self, node: Node | None, depth: int = 0) -> MappedText | None:
        """A value as text; None for lists and for mappings that are no function."""
        if depth > MAX_NESTING:
            return None
        if isinstance(node, Mapping):
            return self._function(node, depth)
        if isinstance(node, Sequence):
            return self._of_list(node.tag or "", node, depth)
        if not isinstance(node, Scalar):
            return None
        if node.tag == "!Sub":
            return self._substituted(node.value)
        if node.tag is None or not node.tag.startswith("!"):
            return node.value
        name = node.value.text
        default = self.defaults.get(name) if node.tag == "!Ref" else None
        return as_hole(node.value, Hole(f"{node.tag} {name}", default=default, at=node.at)) if name else None

    def word(self, node: Node | None) -> Word | None:
        """A value as one word; a list or mapping of a function is unknown, and may be several words."""
        if node is None:
            return None
        mapped = self.text(node)
        if mapped is not None:
            return Word.of(mapped)
        return Word((Hole(getattr(node, "tag", None) or "...", at=node.at, several=True),), node.at)

    def command(self, node: Node | None) -> Command | None:
        """A list of words."""
        if isinstance(node, Sequence) and node.tag is None:
            argv = argv_or_text(node)
            if isinstance(argv, Argv):
                words = tuple(word for item in node.items if (word := self.word(item)) is not None)
                return Argv(words, argv.at, argv.notation)
        word = self.word(node) if node is not None else None
        if word is None or (isinstance(node, Scalar) and node.is_null):
            return None
        return Argv((word,), word.at or node.at, "yaml-flow") if node is not None else None

    def _function(self, node: Mapping, depth: int) -> MappedText | None:
        if len(node.entries) != 1 or node.entries[0].key is None:
            return None
        name, argument = node.entries[0].key.value.text, node.entries[0].value
        if not _FUNCTION.fullmatch(name):
            return None
        if isinstance(argument, Sequence):
            return self._of_list(f"!{name.removeprefix('Fn::')}", argument, depth)
        if not isinstance(argument, Scalar) or not argument.value.text:
            return None
        if name == "Fn::Sub":
            return self._substituted(argument.value)
        default = self.defaults.get(argument.value.text) if name == "Ref" else None
        return as_hole(argument.value, Hole(f"{name}: {text(argument)}", default=default, at=node.at))

    def _of_list(self, name: str, arguments: Sequence, depth: int) -> MappedText | None:
        """What a function makes of a list of arguments, where that is text; an argument that is no text is a hole."""
        match name, arguments.items:
            case "!Sub", (Scalar() as template, *values):
                given = values[0] if values else None
                return self._substituted(template.value, given if isinstance(given, Mapping) else None, depth)
            case "!Join", (Scalar() as between, Sequence(tag=None) as items) if items.items:
                return self._joined(between.value.text, items, depth)
            case "!Select", (Scalar() as index, Sequence(tag=None) as items) if index.value.text.isdecimal():
                number = int(index.value.text[:6])
                return self._piece(items.items[number], depth) if number < len(items.items) else None
            case _:
                return None

    def _joined(self, between: str, items: Sequence, depth: int) -> MappedText | None:
        pieces: list[MappedText] = []
        for item in items.items:
            piece = self._piece(item, depth)
            if piece is None:
                return None
            if pieces and between:
                pieces.append(standing_at(piece, between))
            pieces.append(piece)
        return joined(pieces)

    def _piece(self, node: Node, depth: int) -> MappedText | None:
        """One of several values that make a text; what is not known of it is a hole at its place."""
        known = self.text(node, depth + 1)
        if known is not None:
            return known
        inner = next((found for one in walk(node) if isinstance(one, Scalar) and (found := one.value).text), None)
        return as_hole(inner, Hole(node.tag or "...", at=node.at)) if inner is not None else None

    def _substituted(self, value: MappedText, given: Mapping | None = None, depth: int = 0) -> MappedText:
        def meaning(match: re.Match[str], piece: MappedText) -> str | Hole | MappedText:
            if match[1]:
                return f"${{{match[2]}}}"
            own = given.get(match[2]) if given is not None else None
            known = self._piece(own, depth) if own is not None else None
            if known is not None:
                return known
            return Hole(match[0], default=self.defaults.get(match[2]) if own is None else None, at=piece.location())

        return substitute(value, _VARIABLE, meaning)
