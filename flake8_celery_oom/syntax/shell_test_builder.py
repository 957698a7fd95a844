"""Conditions of a shell (``[ ... ]``, ``[[ ... ]]``) from the syntax tree of the grammar of Bash."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_celery_oom.syntax.shell_test import condition_of
from flake8_celery_oom.syntax.shell_tree import Binary, Both, Condition, Negation, Node, Opaque, Span, Test, Unary

if TYPE_CHECKING:
    from tree_sitter import Node as TreeNode

WORDS = frozenset(
    {
        "word",
        "string",
        "raw_string",
        "ansi_c_string",
        "translated_string",
        "concatenation",
        "simple_expansion",
        "expansion",
        "command_substitution",
        "arithmetic_expansion",
        "process_substitution",
        "number",
        "brace_expression",
        "extglob_pattern",
        "regex",
        "array",
        "variable_name",
        "test_operator",
        "command_name",
    }
)


class TestBuilder:
    """Places of one text, and the conditions in it.

    ``offsets`` maps bytes of the encoded text to characters, or is None where both are the same.
    """

    __test__ = False

    def __init__(self, text: str, offsets: list[int] | None) -> None:
        self.text = text
        self.offsets = offsets

    def span(self, node: TreeNode) -> Span:
        """Where a tree node stands in the text."""
        if self.offsets is None:
            return Span(node.start_byte, node.end_byte)
        return Span(self.offsets[node.start_byte], self.offsets[node.end_byte])

    def source(self, node: TreeNode) -> str:
        """What is written of a tree node."""
        span = self.span(node)
        return self.text[span.start : span.end]

    def _test_command(self, node: TreeNode) -> Node:
        if node.children and node.children[0].type == "[":
            words = [leaf for child in node.children[1:-1] for leaf in _leaves(child)]
            return Test(self.span(node), condition_of([(self.source(word), self.span(word)) for word in words]))
        named = [child for child in node.children if child.is_named]
        return Test(self.span(node), self.condition(named[0]) if len(named) == 1 else Opaque())

    def condition(self, node: TreeNode) -> Condition:
        """The condition inside of ``[[ ... ]]``."""
        named = [child for child in node.children if child.is_named]
        if node.type == "parenthesized_expression" and len(named) == 1:
            return self.condition(named[0])
        if node.type == "unary_expression":
            operator = node.child_by_field_name("operator") or node.children[0]
            if self.source(operator) == "!":
                return Negation(self.condition(node.children[-1]))
            return Unary(self.source(operator), self.span(node.children[-1]))
        if node.type == "negation_expression":
            return Negation(self.condition(node.children[-1]))
        if node.type == "binary_expression":
            return self._binary(node)
        return Unary("", self.span(node)) if node.type in WORDS else Opaque()

    def _binary(self, node: TreeNode) -> Condition:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if left is None or right is None or operator is None:
            return Opaque()
        shown = self.source(operator)
        if shown in {"&&", "-a", "||", "-o"}:
            return Both(self.condition(left), self.condition(right), shown in {"&&", "-a"})
        return Binary(shown, self.span(left), self.span(right))


def _leaves(node: TreeNode) -> Iterator[TreeNode]:
    """The words and operators of a test, in their order."""
    if node.type in WORDS or not node.children:
        yield node
        return
    for child in node.children:
        yield from _leaves(child)
