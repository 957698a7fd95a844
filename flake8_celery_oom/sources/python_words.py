"""Words of a command out of Python expressions: lists, text, what is read from the environment, what is not known."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.mapped import MappedText, TextHole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.syntax import python
from flake8_celery_oom.syntax.python_names import Change, Names, Scope

MAX_DEPTH = 12

_CPU_COUNTS = frozenset({"cpu_count", "process_cpu_count", "sched_getaffinity"})
_ENVIRONMENT = frozenset({"os.environ.get", "environ.get", "os.getenv", "getenv"})
_CASTS = frozenset({"str", "int", "float", "repr", "format", "os.fspath", "shlex.quote", "quote"})


def dotted(node: ast.expr) -> str:
    """``a.b.c`` as it is written; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


class Words:
    """Reads expressions of one file as words."""

    def __init__(self, source: SourceText, names: Names) -> None:
        self.source = source
        self.names = names

    def at(self, node: ast.expr) -> Location:
        """Where an expression stands."""
        return python.location(self.source, node)

    # --- lists ---

    def list_words(self, node: ast.expr, depth: int = 0) -> tuple[Word, ...] | None:
        """The words of a list, None when the expression is not seen to be one."""
        if depth > MAX_DEPTH:
            return None
        if isinstance(node, (ast.List, ast.Tuple)):
            return tuple(word for item in node.elts for word in self._item(item, depth))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.list_words(node.left, depth + 1), self.list_words(node.right, depth + 1)
            if left is None and right is None:
                return None
            return (left or (self._several(node.left),)) + (right or (self._several(node.right),))
        if isinstance(node, ast.Name):
            return self._named_list(node, depth)
        if isinstance(node, ast.Call):
            return self._called_list(node, depth)
        if isinstance(node, ast.Subscript) and dotted(node.value) == "sys.argv":
            return (self._several(node),)
        if isinstance(node, ast.Attribute) and dotted(node) == "sys.argv":
            return (self._several(node),)
        return None

    def _called_list(self, node: ast.Call, depth: int) -> tuple[Word, ...] | None:
        name = dotted(node.func)
        if name in {"list", "tuple", "copy.copy"} and len(node.args) == 1:
            return self.list_words(node.args[0], depth + 1)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "copy" and not node.args:
            return self.list_words(node.func.value, depth + 1)
        return None

    def split(self, node: ast.expr) -> ast.expr | None:
        """The text in ``shlex.split(text)``, ``text.split()`` and ``text.split(" ")``; None for anything else."""
        if not isinstance(node, ast.Call):
            return None
        if dotted(node.func) in {"shlex.split", "split"} and node.args:
            return node.args[0]
        if isinstance(node.func, ast.Attribute) and node.func.attr == "split" and _is_at_blanks(node.args):
            return node.func.value
        return None

    def _named_list(self, node: ast.Name, depth: int) -> tuple[Word, ...] | None:
        changes = self.names.changes_before(node.id, node)
        if not changes:
            return None
        words: tuple[Word, ...] | None = None
        for change in changes:
            words = self.apply(words, change, depth + 1)
        return words

    def apply(self, words: tuple[Word, ...] | None, change: Change, depth: int = 0) -> tuple[Word, ...] | None:
        """The words of a list after one more change to it."""
        if change.kind == "set" and change.value is not None:
            return self.list_words(change.value, depth)
        if words is None:
            return None
        if change.value is None or change.kind == "other":
            return (*words, Word((Hole("...", several=True),)))
        if change.kind == "append":
            added = tuple(self._item(change.value, depth))
        else:
            added = self.list_words(change.value, depth) or (self._several(change.value),)
        if not change.sure:
            added = tuple(_perhaps(word) for word in added)
        return (*words, *added)

    def _item(self, node: ast.expr, depth: int) -> tuple[Word, ...]:
        if not isinstance(node, ast.Starred):
            return (self.word(node),)
        words = self.list_words(node.value, depth + 1)
        return words if words is not None else (self._several(node.value),)

    def _several(self, node: ast.expr) -> Word:
        at = self.at(node)
        return Word((Hole(python.code(self.source, node), at=at, several=True),), at)

    # --- one word ---

    def word(self, node: ast.expr) -> Word:
        """An expression as one word."""
        at = self.at(node)
        text = self.text(node)
        if text is not None:
            return Word.of(text) if text.source is self.source else Word(text.parts(), at)
        found = self._value(node, 0)
        if isinstance(found, str):
            return literal(found, at)
        return Word((replace(found, at=at),), at)

    def text(self, node: ast.expr, depth: int = 0) -> MappedText | None:
        """An expression as text whose characters keep their places; None when it is not text that is written out."""
        if depth > MAX_DEPTH:
            return None
        written = python.literal_text(self.source, node, lambda code, at: self._filled(code, at, node))
        if written is not None:
            return written
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            pieces = [self.text(part, depth + 1) or self._stand_in(part) for part in (node.left, node.right)]
            known = any(isinstance(part, (ast.Constant, ast.JoinedStr, ast.BinOp)) for part in (node.left, node.right))
            return MappedText.joined(pieces) if known else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            return self._percent(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            return self._format(node, node.func.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join":
            return self._join(node, node.func.value, depth)
        if isinstance(node, ast.Name):
            value = self.names.constant(node.id, node)
            return self.text(value, depth + 1) if value is not None else None
        return None

    def _stand_in(self, node: ast.expr) -> MappedText:
        """An expression whose text is known in part or not at all."""
        start, end = python.span(self.source, node)
        found = self._value(node, 0)
        if isinstance(found, str):
            return MappedText(self.source, found, [start] * len(found) + [end])
        shown = self.source.text[start:end]
        hole = replace(found, at=self.source.location(start, end))
        return MappedText(self.source, shown, range(start, end + 1), (TextHole(0, end - start, hole),))

    def _join(self, node: ast.Call, between: ast.expr, depth: int) -> MappedText | None:
        """``" ".join([...])``."""
        if not isinstance(between, ast.Constant) or not isinstance(between.value, str) or len(node.args) != 1:
            return None
        items = node.args[0]
        if not isinstance(items, (ast.List, ast.Tuple)) or not items.elts:
            return None
        if any(isinstance(item, ast.Starred) for item in items.elts):
            return None
        pieces = [self.text(item, depth + 1) or self._stand_in(item) for item in items.elts]
        return MappedText.joined(pieces, between.value)

    def _percent(self, node: ast.BinOp) -> MappedText | None:
        """``"celery -A %s" % name``: every placeholder becomes a hole."""
        text = python.literal_text(self.source, node.left)
        if text is None:
            return None
        values = list(node.right.elts) if isinstance(node.right, ast.Tuple) else [node.right]
        return self._with_placeholders(text, r"%(?:\(\w+\))?[sdirf]", values)

    def _format(self, node: ast.Call, template: ast.expr) -> MappedText | None:
        """``"celery -A {}".format(name)``."""
        text = python.literal_text(self.source, template)
        if text is None:
            return None
        return self._with_placeholders(text, r"\{[^{}]*\}", [] if node.keywords else list(node.args))

    def _with_placeholders(self, text: MappedText, pattern: str, values: list[ast.expr]) -> MappedText:
        holes: list[TextHole] = []
        found = list(re.finditer(pattern, text.text))
        for index, match in enumerate(found):
            value = values[index] if len(values) == len(found) else None
            known = self._value(value, 0) if value is not None else None
            hole = known if isinstance(known, Hole) else Hole(match.group(), default=known)
            at = text.location(match.start(), match.end())
            shown = f"{{{python.code(self.source, value)}}}" if value is not None else match.group()
            holes.append(TextHole(match.start(), match.end(), replace(hole, source=shown, at=at)))
        return text.with_holes(holes)

    def _filled(self, code: str, at: Location, place: ast.expr) -> str | Hole | None:
        """What ``{code}`` of an f-string at ``place`` stands for."""
        try:
            node = ast.parse(code, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        for inner in ast.walk(node):
            self.names.parents.setdefault(inner, place)
            if isinstance(inner, ast.expr):
                inner.lineno, inner.col_offset = place.lineno, place.col_offset
        self.names.parents[node] = place
        found = self._value(node, 0, code)
        return found if isinstance(found, str) else replace(found, source=f"{{{code}}}", at=at)

    # --- values ---

    def _value(self, node: ast.expr, depth: int, written: str | None = None) -> str | Hole:
        """The text that an expression has, or a hole that says what is known of it."""
        shown = written if written is not None else python.code(self.source, node)
        if depth > MAX_DEPTH:
            return Hole(shown)
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, int, float)):
            return str(node.value)
        if isinstance(node, ast.Name):
            return self._named(node, depth, shown)
        if isinstance(node, ast.Subscript) and dotted(node.value) in {"os.environ", "environ"}:
            return Hole(shown, name=str(node.slice.value) if isinstance(node.slice, ast.Constant) else None)
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Constant)
            and isinstance(node.value, ast.Name)
        ):
            return Hole(shown, default=self._argument_default(str(node.slice.value)))
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            first, last = self._value(node.values[0], depth + 1, shown), self._value(node.values[-1], depth + 1, shown)
            if isinstance(first, Hole):
                return replace(first, source=shown, default=last if isinstance(last, str) else first.default)
            return first
        if isinstance(node, ast.Call):
            return self._called(node, depth, shown)
        if dotted(node) == "sys.executable":
            return Hole(shown, default="python")
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return Hole(shown, default=self._argument_default(node.attr))
        if _counts_cpus(node):
            return Hole(shown, host_cpus=True)
        return Hole(shown)

    def _argument_default(self, name: str) -> str | None:
        """What ``parser.add_argument("--name", default=...)`` of this file gives; None when nothing or several do."""
        calls = [
            node
            for node in self.names.parents
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_argument"
        ]
        found = {_default(call) for call in calls if _destination(call) == name}
        return found.pop() if len(found) == 1 else None

    def _named(self, node: ast.Name, depth: int, shown: str) -> str | Hole:
        value = self.names.constant(node.id, node)
        if value is not None:
            found = self._value(value, depth + 1, shown)
            return found if isinstance(found, str) else replace(found, source=shown)
        if self.names.is_parameter(node.id, node):
            scope = self.names.scope_of(node).lookup(node.id)
            return Hole(shown, default=_parameter_default(scope, node.id) if scope is not None else None)
        return Hole(shown)

    def _called(self, node: ast.Call, depth: int, shown: str) -> str | Hole:
        name = dotted(node.func)
        if name.rsplit(".", 1)[-1] in _CPU_COUNTS:
            return Hole(shown, host_cpus=True)
        if name in _CASTS and node.args:
            found = self._value(node.args[0], depth + 1, shown)
            return found if isinstance(found, str) else replace(found, source=shown)
        if name in _ENVIRONMENT and node.args and isinstance(node.args[0], ast.Constant):
            variable = str(node.args[0].value)
            second = self._value(node.args[1], depth + 1, shown) if len(node.args) > 1 else None
            if isinstance(second, Hole):
                return Hole(shown, name=variable, default=second.default, host_cpus=second.host_cpus)
            return Hole(shown, name=variable, default=second)
        if _counts_cpus(node) and name.rsplit(".", 1)[-1] != "min":
            return Hole(shown, host_cpus=True)
        return Hole(shown)


def _is_at_blanks(arguments: list[ast.expr]) -> bool:
    """Whether ``str.split`` with these arguments splits at blanks."""
    if not arguments:
        return True
    return isinstance(arguments[0], ast.Constant) and arguments[0].value in {None, " "}


def _destination(call: ast.Call) -> str:
    """The attribute that a call of argparse's ``add_argument`` fills (its ``dest``, else its first long option)."""
    given = next((item.value for item in call.keywords if item.arg == "dest"), None)
    names = [str(item.value) for item in (given, *call.args) if isinstance(item, ast.Constant)]
    first = next((name for name in names if not name.startswith("-") or name.startswith("--")), "")
    return first.lstrip("-").replace("-", "_")


def _default(call: ast.Call) -> str | None:
    value = _keyword(call, "default")
    return str(value.value) if isinstance(value, ast.Constant) and value.value is not None else None


def _parameter_default(scope: Scope, name: str) -> str | None:
    """What a parameter is when nobody gives it: its default, or that of its option of Click or Typer."""
    default = scope.parameters.get(name)
    if isinstance(default, ast.Call) and dotted(default.func).rsplit(".", 1)[-1] in {"Option", "Argument"}:
        default = default.args[0] if default.args else _keyword(default, "default")
    if isinstance(default, ast.Constant) and default.value not in {None, ...}:
        return str(default.value)
    decorators = getattr(scope.node, "decorator_list", ())
    options = [call for call in decorators if isinstance(call, ast.Call) and dotted(call.func).endswith("option")]
    found = [_default(call) for call in options if _parameter_of(call) == name]
    return found[0] if len(found) == 1 else None


def _parameter_of(option: ast.Call) -> str:
    """The parameter that an option of Click fills: its name without dashes, else its first long option."""
    names = [str(item.value) for item in option.args if isinstance(item, ast.Constant)]
    bare = next((name for name in names if not name.startswith("-")), None)
    return bare if bare is not None else _destination(option)


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((item.value for item in call.keywords if item.arg == name), None)


def _perhaps(word: Word) -> Word:
    """A word that is there only under a condition."""
    return Word((Hole(word.shown, at=word.at, several=True, perhaps=word.text),), word.at)


def _counts_cpus(node: ast.expr) -> bool:
    """Whether an expression grows with the number of CPUs."""
    calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]
    named = [dotted(call.func).rsplit(".", 1)[-1] for call in calls]
    return any(name in _CPU_COUNTS for name in named) and "min" not in named
