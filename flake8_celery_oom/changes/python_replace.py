"""Values and names in Python code, replaced through LibCST: what :func:`confirm_replaced` holds a fix against.

As :mod:`flake8_celery_oom.changes.python`, which it builds on, it is imported late.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from flake8_celery_oom.changes.python import NotThereError, guarded, module_of
from flake8_celery_oom.core.location import Location

Span: TypeAlias = tuple[int, int, int, int]
"""First line from 1, first column from 0, last line, and the column behind the end; all in code points."""


def confirm_replaced(text: str, changed: str, replacements: Mapping[Location, str]) -> str:
    """Why LibCST does not make ``changed`` of ``text`` by putting code in place of expressions; empty when it does.

    A place inside the quotes of a string means its text.
    """
    wanted = {(at.line, at.column - 1, at.end_line, at.end_column - 1): code for at, code in replacements.items()}

    def change() -> str:
        wrapper = MetadataWrapper(module_of(text))
        transformer = _Replace(wanted)
        made = wrapper.visit(transformer)
        if transformer.left:
            raise NotThereError("LibCST finds no expression there")
        return made.code

    try:
        made = guarded(text, change)
    except NotThereError as error:
        return str(error)
    return "" if made == changed else "LibCST would change it otherwise"


class _Replace(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, wanted: Mapping[Span, str]) -> None:
        super().__init__()
        self.left = dict(wanted)

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        """Replace an expression where it, or the text in its quotes, is one of those that were asked for."""
        left: Any = super().on_leave(original_node, updated_node)
        if not isinstance(original_node, cst.BaseExpression):
            return left
        at = self.get_metadata(PositionProvider, original_node)
        span = (at.start.line, at.start.column, at.end.line, at.end.column)
        if span in self.left:
            new = cst.parse_expression(self.left.pop(span))
            return new.with_changes(lpar=left.lpar, rpar=left.rpar)
        if isinstance(original_node, cst.SimpleString):
            before, behind = len(original_node.prefix + original_node.quote), len(original_node.quote)
            inner = (span[0], span[1] + before, span[2], span[3] - behind)
            if inner in self.left:
                quote = original_node.quote
                return left.with_changes(value=f"{original_node.prefix}{quote}{self.left.pop(inner)}{quote}")
        return left
