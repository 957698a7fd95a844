"""Values of CloudFormation templates: text with holes for ``!Ref``, ``!Sub`` and the other functions.

Both ways of writing them are read, ``!Ref Name`` and ``{"Ref": "Name"}``. A parameter's default is the hole's default.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from flake8_celery_oom.core.facts import Argv, Command
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.node_values import at_path
from flake8_celery_oom.syntax.substitution import as_hole, substitute
from flake8_celery_oom.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence, argv_or_text, text

_VARIABLE = re.compile(r"\$\{(!?)([\w:.]+)\}")
_FUNCTION = re.compile(r"Ref|Condition|Fn::\w+")


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

    def text(self, node: Node | None) -> MappedText | None:
        """A value as text; None for lists and for mappings that are no function."""
        if isinstance(node, Mapping):
            return self._function(node)
        if isinstance(node, Sequence) and node.tag == "!Sub" and node.items:
            node = node.items[0]
            return self._substituted(node.value) if isinstance(node, Scalar) else None
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

    def _function(self, node: Mapping) -> MappedText | None:
        if len(node.entries) != 1 or node.entries[0].key is None:
            return None
        name, argument = node.entries[0].key.value.text, node.entries[0].value
        if not _FUNCTION.fullmatch(name):
            return None
        if isinstance(argument, Sequence) and name == "Fn::Sub" and argument.items:
            argument = argument.items[0]
        if not isinstance(argument, Scalar) or not argument.value.text:
            return None
        if name == "Fn::Sub":
            return self._substituted(argument.value)
        default = self.defaults.get(argument.value.text) if name == "Ref" else None
        return as_hole(argument.value, Hole(f"{name}: {text(argument)}", default=default, at=node.at))

    def _substituted(self, value: MappedText) -> MappedText:
        def meaning(match: re.Match[str], piece: MappedText) -> str | Hole:
            if match[1]:
                return f"${{{match[2]}}}"
            return Hole(match[0], default=self.defaults.get(match[2]), at=piece.location())

        return substitute(value, _VARIABLE, meaning)
