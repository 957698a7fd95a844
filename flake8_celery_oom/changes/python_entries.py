"""The settings that Python text gives, as LibCST sees them: assignments, keyword arguments, entries of a dict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

Position: TypeAlias = tuple[int, int]
"""Line from 1 and column from 0, in code points."""
Holder: TypeAlias = cst.SimpleStatementLine | cst.Arg | cst.DictElement


@dataclass(frozen=True)
class Entry:
    """One setting as code has it: its written name, the node that holds it, and where its value starts."""

    written: str
    holder: Holder
    value: cst.BaseExpression
    position: Position


class _Entries(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Entry] = []

    def _note(self, written: str | None, holder: Holder, value: cst.BaseExpression) -> None:
        if written is not None:
            start = self.get_metadata(PositionProvider, value).start
            self.found.append(Entry(written, holder, value, (start.line, start.column)))

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:
        if len(node.body) != 1:
            return
        statement = node.body[0]
        if isinstance(statement, cst.Assign) and len(statement.targets) == 1:
            self._note(_target_name(statement.targets[0].target), node, statement.value)
        elif isinstance(statement, cst.AnnAssign) and statement.value is not None:
            self._note(_target_name(statement.target), node, statement.value)

    def visit_Arg(self, node: cst.Arg) -> None:
        if node.keyword is not None:
            self._note(node.keyword.value, node, node.value)

    def visit_DictElement(self, node: cst.DictElement) -> None:
        self._note(text_of(node.key), node, node.value)


def _target_name(target: cst.BaseExpression) -> str | None:
    match target:
        case cst.Name(value=name):
            return name
        case cst.Attribute(attr=cst.Name(value=name)):
            return name
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=key))]):
            return text_of(key)
        case _:
            return None


def text_of(node: cst.BaseExpression) -> str | None:
    """The text of a string literal."""
    value = node.evaluated_value if isinstance(node, cst.SimpleString) else None
    return value if isinstance(value, str) else None


def entries_of(wrapper: MetadataWrapper) -> list[Entry]:
    """All entries of a module, in their order."""
    visitor = _Entries()
    wrapper.visit(visitor)
    return visitor.found


def code_of(node: cst.CSTNode) -> str:
    """The text of a whole module."""
    assert isinstance(node, cst.Module)
    return node.code
