"""What assignments do to the variables of a shell: ``a=1``, ``a+=1``, ``a=(b c)``, ``export``, ``local``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.resolve.shell.expander import Expander
from flake8_celery_oom.resolve.shell.fields import Array, Field, Piece, known_text, unquoted
from flake8_celery_oom.syntax import shell_tree

_LOCAL = frozenset({"local", "declare", "typeset"})
_WITH_KEY = re.compile(r"\[[^\]]*\]=")


@dataclass(frozen=True)
class Assigner:
    """Carries out the assignments of one simple command that has no words.

    ``inherits``: a bare ``local name`` keeps the value from outside (dash), else it has none (bash). ``forgettable``
    says of a variable that nothing of interest depends on it.
    """

    text: MappedText
    expander: Expander
    inherits: bool
    forgettable: Callable[[str], bool]

    def carry_out(self, node: shell_tree.Simple) -> None:
        """All assignments and declarations of the command, from left to right."""
        flags = self._flags(node)
        is_local = node.keyword in _LOCAL and "g" not in flags
        exports = (node.keyword == "export" and "n" not in flags) or (node.keyword in _LOCAL and "x" in flags)
        variables = self.expander.variables
        for assignment in node.assignments:
            name, index, _ = assignment.name.partition("[")
            if is_local:
                variables.make_local(name)
            if assignment.value is None:
                self._bare(name, is_local=is_local, unset_outside="x" not in flags)
            elif flags & {"n", "A", "i"}:
                self._special(name, assignment, flags)
            elif self.forgettable(variables.references.get(name, name)):
                variables.assign(name, _unknown(name))
            elif isinstance(assignment.value, tuple):
                self._array(name, assignment.value, append=assignment.append)
            elif index:
                self._element(name, assignment)
            else:
                self._scalar(name, assignment.value, append=assignment.append)
            if exports:
                variables.exported |= {name}
            elif node.keyword == "export":
                variables.exported -= {name}
        for span in node.declared:
            for value in self.expander.fields(self.text.cut(span.start, span.end)):
                self._pair(value, exports=exports, is_local=is_local)

    def _flags(self, node: shell_tree.Simple) -> frozenset[str]:
        shown = [self.text.text[span.start : span.end] for span in node.declared]
        return frozenset("".join(word[1:] for word in shown if word.startswith("-")))

    def _bare(self, name: str, *, is_local: bool, unset_outside: bool) -> None:
        """``local name``."""
        variables = self.expander.variables
        if not is_local or not variables.saved or not unset_outside:
            return
        if not self.inherits:
            variables.values.pop(name, None)
            variables.unset |= {name}
        elif variables.get(name) is not None:
            variables.values[name] = _unknown(name)

    def _special(self, name: str, assignment: shell_tree.Assignment, flags: frozenset[str]) -> None:
        """References to other variables; maps and numbers, known when they are a plain number, else not."""
        variables = self.expander.variables
        value: Field = ()
        if isinstance(assignment.value, shell_tree.Span):
            value = self._value(assignment.value)
        text = known_text(value) or ""
        if "n" in flags and text.isidentifier() and text != name:
            variables.references = {**variables.references, name: text}
            return
        is_number = flags & {"n", "A", "i"} == {"i"} and re.fullmatch(r"-?(0|[1-9]\d*)", text)
        variables.assign(name, value if is_number and not assignment.append else _unknown(name))

    def _array(self, name: str, spans: tuple[shell_tree.Span, ...], *, append: bool) -> None:
        variables = self.expander.variables
        if any(_WITH_KEY.match(self.text.text[span.start : span.end]) for span in spans):
            variables.assign(name, _unknown(name))
            return
        items = tuple(item for span in spans for item in self.expander.fields(self.text.cut(span.start, span.end)))
        held = variables.get(name)
        if append and isinstance(held, Array):
            items = (*held.items, *items)
        elif append and isinstance(held, tuple):
            items = (held, *items)
        elif append and name not in variables.unset:
            items = (_unknown(name), *items)
        variables.assign(name, Array(items))

    def _scalar(self, name: str, span: shell_tree.Span, *, append: bool) -> None:
        variables = self.expander.variables
        written = self.text.text[span.start : span.end]
        if variables.by_init and (append or _names(written, name)) and variables.get(name) is None:
            variables.assign(name, ())
        value = self._value(span)
        held = variables.get(name) if append else ()
        if append and held is None and name not in variables.unset:
            held = _unknown(name)
        if isinstance(held, Array):
            first, rest = (held.items[0], held.items[1:]) if held.items else ((), ())
            variables.assign(name, Array(((*first, *value), *rest)))
        else:
            variables.assign(name, (*(held or ()), *value))

    def _element(self, name: str, assignment: shell_tree.Assignment) -> None:
        """``name[2]=value``."""
        variables = self.expander.variables
        held = variables.get(name)
        items = list(held.items) if isinstance(held, Array) else []
        written = assignment.name.partition("[")[2].rstrip("]")
        index = int(written) if written.isdigit() and len(written) < 4 else -1
        sure = (isinstance(held, Array) and not _open(held)) or (held is None and name in variables.unset)
        if not sure or not 0 <= index <= len(items) or not isinstance(assignment.value, shell_tree.Span):
            variables.assign(name, _unknown(name))
            return
        value = self._value(assignment.value)
        if index == len(items):
            items.append(value)
        else:
            items[index] = (*items[index], *value) if assignment.append else value
        variables.assign(name, Array(tuple(items)))

    def _value(self, span: shell_tree.Span) -> Field:
        return unquoted(self.expander.text(self.text.cut(span.start, span.end)))

    def _pair(self, value: Field, *, exports: bool, is_local: bool) -> None:
        """A word behind ``export`` that turns out to be ``NAME=value``."""
        first = value[0] if value else None
        if first is None or first.hole is not None or "=" not in first.text:
            return
        name = first.text.partition("=")[0]
        if not name.isidentifier():
            return
        variables = self.expander.variables
        if is_local:
            variables.make_local(name)
        rest = (first.cut(len(name) + 1, len(first.text)), *value[1:])
        variables.assign(name, unquoted(tuple(piece for piece in rest if piece.text or piece.hole)))
        if exports:
            variables.exported |= {name}


def _names(written: str, name: str) -> bool:
    """Whether a value goes on from what the variable is already: ``OPTIONS="$OPTIONS --uid=jobs"``."""
    return re.search(rf"\$(?:{re.escape(name)}\b|\{{{re.escape(name)}\}})", written) is not None


def _unknown(name: str) -> Field:
    return (Piece(f"${name}", hole=Hole(f"${name}", name, several=True)),)


def _open(held: Array) -> bool:
    """Whether it is not known how many items an array has."""
    return any(piece.hole is not None and piece.hole.several for item in held.items for piece in item)
