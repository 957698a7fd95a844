"""Nodes of :mod:`flake8_celery_oom.syntax.shell_tree` from the syntax tree of the grammar of Bash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flake8_celery_oom.syntax.shell_arithmetic import assigned_in
from flake8_celery_oom.syntax.shell_test_builder import WORDS, TestBuilder
from flake8_celery_oom.syntax.shell_tree import (
    AndOr,
    Arithmetic,
    Assignment,
    Background,
    Case,
    Fed,
    For,
    Function,
    Group,
    Heredoc,
    If,
    Loop,
    Node,
    Not,
    Pipeline,
    Sequence,
    Simple,
    Span,
)

if TYPE_CHECKING:
    from tree_sitter import Node as TreeNode

_REDIRECTS = frozenset({"file_redirect", "heredoc_redirect", "herestring_redirect"})


MAX_DEPTH = 120


class Builder(TestBuilder):
    """Builds the nodes of one text: one method for each kind of tree node that the grammar knows."""

    def __init__(self, text: str, offsets: list[int] | None) -> None:
        super().__init__(text, offsets)
        self.depth = 0

    def sequence(self, parent: TreeNode, children: list[Any]) -> Sequence:
        """The statements of some tree nodes, in their order."""
        body: list[Node] = []
        for child in children:
            if child.type == "&" and body:
                body[-1] = Background(body[-1].span, body[-1])
            elif child.type == "heredoc_body" and body:
                continue
            else:
                body.extend(self.statements(child))
        return Sequence(self.span(parent), tuple(body))

    def statements(self, node: TreeNode) -> Iterator[Node]:
        """The statements that a tree node holds: one, none, or those inside an error."""
        self.depth += 1
        try:
            if self.depth > MAX_DEPTH:
                return
            if node.type == "ERROR":
                inner = [child for child in node.children if child.is_named]
                words = [child for child in inner if child.type in WORDS]
                if words and len(words) == len(inner):
                    yield Simple(self.span(node), words=tuple(self.span(word) for word in words))
                else:
                    for child in inner:
                        yield from self.statements(child)
                return
            made = self.statement(node)
            if made is not None:
                yield made
        finally:
            self.depth -= 1

    def statement(self, node: TreeNode) -> Node | None:
        """The node for one tree node, or None where the grammar's node means nothing here."""
        builder = getattr(self, f"_{node.type}", None)
        return builder(node) if builder is not None else None

    def one(self, parent: TreeNode, children: list[Any]) -> Node:
        """One statement, or a sequence where there are several."""
        made = self.sequence(parent, children)
        return made.body[0] if len(made.body) == 1 else made

    # --- simple commands --------------------------------------------------------------------------------------------

    def _command(self, node: TreeNode) -> Node:
        assignments: list[Assignment] = []
        words: list[Span] = []
        heredocs: list[Heredoc] = []
        fed: Span | None = None
        for child in node.children:
            fed = self.fed(child) or fed
            if child.type == "variable_assignment" and not words:
                assignments.append(self.assignment(child))
            elif child.type in _REDIRECTS:
                words.extend(self.redirect(child, heredocs))
            elif child.is_named and child.type != "comment":
                words.append(self.span(child))
        return Simple(self.span(node), tuple(assignments), tuple(words), heredocs=tuple(heredocs), fed=fed)

    def fed(self, node: TreeNode) -> Span | None:
        """The word of ``<<< word``."""
        if node.type != "herestring_redirect":
            return None
        named = [child for child in node.children if child.is_named]
        return self.span(named[-1]) if named else None

    def redirect(self, node: TreeNode, heredocs: list[Heredoc]) -> Iterator[Span]:
        """Keep a here-document, and the words that the grammar hangs on it (``cmd <<EOF -x``)."""
        if node.type != "heredoc_redirect":
            return
        start = next((child for child in node.children if child.type == "heredoc_start"), None)
        body = next((child for child in node.children if child.type == "heredoc_body"), None)
        if start is not None and body is not None:
            heredocs.append(Heredoc(self.span(body), self.source(start)[:1] in {"'", '"', "\\"}))
        for child in node.children_by_field_name("argument"):
            yield self.span(child)

    def assignment(self, node: TreeNode) -> Assignment:
        """``name=value``, ``name+=value`` or ``name=(values)``."""
        name = node.child_by_field_name("name")
        value = node.child_by_field_name("value")
        append = any(child.type == "+=" for child in node.children)
        shown = self.source(name) if name is not None else ""
        held: Span | tuple[Span, ...] | None
        if value is None:
            end = self.span(node).end
            held = Span(end, end)
        elif value.type == "array":
            held = tuple(self.span(child) for child in value.children if child.is_named and child.type != "comment")
        else:
            held = self.span(value)
        return Assignment(shown, append, held, self.span(node))

    def _variable_assignment(self, node: TreeNode) -> Node:
        return Simple(self.span(node), (self.assignment(node),))

    def _variable_assignments(self, node: TreeNode) -> Node:
        made = tuple(self.assignment(child) for child in node.children if child.type == "variable_assignment")
        return Simple(self.span(node), made)

    def _declaration_command(self, node: TreeNode) -> Node:
        assignments: list[Assignment] = []
        declared: list[Span] = []
        for child in node.children[1:]:
            if child.type == "variable_assignment":
                assignments.append(self.assignment(child))
            elif child.type == "variable_name":
                assignments.append(Assignment(self.source(child), False, None, self.span(child)))
            elif child.is_named and child.type != "comment":
                declared.append(self.span(child))
        keyword = self.source(node.children[0])
        return Simple(self.span(node), tuple(assignments), keyword=keyword, declared=tuple(declared))

    def _unset_command(self, node: TreeNode) -> Node:
        words = tuple(self.span(child) for child in node.children)
        return Simple(self.span(node), words=words)

    def _redirected_statement(self, node: TreeNode) -> Node | None:
        heredocs: list[Heredoc] = []
        extra: list[Span] = []
        body: Node | None = None
        fed: Span | None = None
        for child in node.children:
            fed = self.fed(child) or fed
            if child.type in _REDIRECTS:
                extra.extend(self.redirect(child, heredocs))
            elif child.is_named and body is None:
                body = self.one(node, [child])
        if isinstance(body, Simple):
            heredocs = [*body.heredocs, *heredocs]
            body = replace(body, words=(*body.words, *extra), heredocs=tuple(heredocs), fed=body.fed or fed)
        elif body is not None and (heredocs or fed is not None):
            body = Fed(self.span(node), body, heredocs[-1] if heredocs else fed or Span(0, 0))
        return body if body is None else self.behind_heredoc(node, body)

    def behind_heredoc(self, node: TreeNode, body: Node) -> Node:
        """``cat <<END | sh``: the grammar hangs what follows on the line into the here-document."""
        for redirect in node.children:
            if redirect.type != "heredoc_redirect":
                continue
            operator = ""
            for child in redirect.children:
                if child.type in {"&&", "||"}:
                    operator = child.type
                elif child.type == "pipeline":
                    return Pipeline(self.span(node), (body, *self.parts_of_pipeline(child)))
                elif operator and child.type != "heredoc_body":
                    return AndOr(self.span(node), body, self.one(redirect, [child]), operator == "&&")
        return body

    def parts_of_pipeline(self, node: TreeNode) -> Iterator[Node]:
        """The commands of a pipeline and of those that it holds."""
        for child in node.children:
            if child.type == "pipeline":
                yield from self.parts_of_pipeline(child)
            elif child.is_named:
                yield self.one(node, [child])

    # --- compound commands ------------------------------------------------------------------------------------------

    def _list(self, node: TreeNode) -> Node | None:
        named = [child for child in node.children if child.is_named]
        operator = next((child.type for child in node.children if child.type in {"&&", "||"}), None)
        if operator is None or len(named) < 2:
            return self.one(node, list(node.children))
        left, right = self.one(node, [named[0]]), self.one(node, named[1:])
        return AndOr(self.span(node), left, right, operator == "&&")

    def _pipeline(self, node: TreeNode) -> Node:
        made = self.sequence(node, [child for child in node.children if child.is_named])
        return Pipeline(self.span(node), made.body)

    def _negated_command(self, node: TreeNode) -> Node:
        return Not(self.span(node), self.one(node, [child for child in node.children if child.is_named]))

    def _compound_statement(self, node: TreeNode) -> Node:
        if node.children and node.children[0].type == "((":
            whole = self.span(node)
            return self.arithmetic(Span(whole.start + 2, max(whole.end - 2, whole.start + 2)), whole)
        return Group(self.span(node), self.sequence(node, list(node.children)), subshell=False)

    def _subshell(self, node: TreeNode) -> Node:
        return Group(self.span(node), self.sequence(node, list(node.children)), subshell=True)

    def _do_group(self, node: TreeNode) -> Node:
        return self.sequence(node, list(node.children))

    def _if_statement(self, node: TreeNode) -> Node:
        condition: list[Any] = []
        body: list[Any] = []
        clauses: list[Any] = []
        holder = condition
        for child in node.children:
            if child.type in {"if", "elif", "fi"}:
                continue
            if child.type == "then":
                holder = body
            elif child.type in {"elif_clause", "else_clause"}:
                clauses.append(child)
            else:
                holder.append(child)
        orelse: Node | None = None
        for clause in reversed(clauses):
            if clause.type == "else_clause":
                orelse = self.sequence(clause, [child for child in clause.children if child.type != "else"])
            else:
                made = self._if_statement(clause)
                orelse = If(made.span, made.condition, made.body, orelse) if isinstance(made, If) else orelse
        return If(self.span(node), self.one(node, condition), self.sequence(node, body), orelse)

    def _case_statement(self, node: TreeNode) -> Node:
        value = node.child_by_field_name("value")
        items: list[tuple[tuple[Span, ...], Node]] = []
        ends: dict[str, set[int]] = {";&": set(), ";;&": set()}
        for item in node.children:
            if item.type != "case_item":
                continue
            patterns = {child.id for child in item.children_by_field_name("value")}
            spans = tuple(self.span(child) for child in item.children if child.id in patterns)
            body = [child for child in item.children if child.id not in patterns and child.type not in {"|", ")"}]
            for child in item.children:
                if child.type in ends:
                    ends[child.type].add(len(items))
            items.append((spans, self.sequence(item, body)))
        word = self.span(value) if value is not None else Span(0, 0)
        return Case(self.span(node), word, tuple(items), frozenset(ends[";&"]), frozenset(ends[";;&"]))

    def _for_statement(self, node: TreeNode) -> Node:
        name = node.child_by_field_name("variable")
        values = node.children_by_field_name("value")
        has_in = any(child.type == "in" for child in node.children)
        body = node.child_by_field_name("body")
        return For(
            self.span(node),
            self.source(name) if name is not None else "",
            tuple(self.span(value) for value in values) if has_in else None,
            self.one(node, [body] if body is not None else []),
        )

    def _c_style_for_statement(self, node: TreeNode) -> Node:
        body = node.child_by_field_name("body")
        made = self.one(node, [body] if body is not None else [])
        whole = self.span(node)
        start = self.text.find("((", whole.start) + 2
        parts = self.text[start : made.span.start if body is not None else whole.end].rpartition("))")[0].split(";")
        spans: list[Span] = []
        for part in parts:
            spans.append(Span(start, start + len(part)))
            start += len(part) + 1
        if len(spans) != 3:
            return Loop(whole, self.arithmetic(Span(whole.start, made.span.start)), made)
        first, condition, update = (self.arithmetic(span) for span in spans)
        if not parts[1].strip():
            condition = self.arithmetic(spans[1], spans[1], always=True)
        return Sequence(whole, (first, Loop(whole, condition, made, update)))

    def arithmetic(self, expression: Span, whole: Span | None = None, *, always: bool = False) -> Node:
        """An arithmetic command; an empty condition of a loop always holds."""
        if always:
            return Simple(expression, ())
        return Arithmetic(whole or expression, expression, assigned_in(self.text[expression.start : expression.end]))

    def _while_statement(self, node: TreeNode) -> Node:
        body = node.child_by_field_name("body")
        until = any(child.type == "until" for child in node.children)
        kept = [child for child in node.children if child.type not in {"while", "until"} and child != body]
        condition = self.one(node, kept)
        if until:
            condition = Not(condition.span, condition)
        return Loop(self.span(node), condition, self.one(node, [body] if body is not None else []))

    def _function_definition(self, node: TreeNode) -> Node:
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        made = self.one(node, [body] if body is not None else [])
        return Function(self.span(node), self.source(name) if name is not None else "", made)
