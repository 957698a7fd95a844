"""Expressions: what a Python expression evaluates to, as far as the files say."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.resolve.python.arithmetic import binary, compare, formatted, over, unary, with_spec
from flake8_celery_oom.resolve.python.command_words import ARGV, is_absent, is_other_command
from flake8_celery_oom.resolve.python.objects import Frame, Objects
from flake8_celery_oom.resolve.python.paths import joined
from flake8_celery_oom.resolve.python.values import (
    NONE,
    Abstract,
    Constant,
    Dynamic,
    External,
    Function,
    Items,
    ProjectPath,
    Slot,
    Table,
    default_of,
    join,
    same,
    truth,
)

MAX_UNROLLED = 3000
ITEMS_A_STEP = 100
CHARACTERS_A_STEP = 200
_REPR = frozenset({ord("r"), ord("a")})


class Expressions(Objects):
    """Evaluates expressions."""

    def evaluate(self, node: ast.expr, frame: Frame) -> Abstract:
        """What an expression evaluates to."""
        self.step()
        method = getattr(self, f"_eval_{type(node).__name__.lower()}", None)
        if method is None:
            return self.unclear(node, frame)
        value: Abstract = method(node, frame)
        self._weigh(value)
        return value

    def _weigh(self, value: Abstract) -> None:
        """Count large texts and lists as the work that they are."""
        if isinstance(value, Items):
            self.step(len(value.values) // ITEMS_A_STEP)
        elif isinstance(value, Constant) and isinstance(value.value, (str, bytes)):
            self.step(len(value.value) // CHARACTERS_A_STEP)

    def forced(self, node: ast.expr, frame: Frame) -> Abstract:
        """What an expression evaluates to, modules and imported names included."""
        return self.force(self.evaluate(node, frame))

    def _eval_constant(self, node: ast.Constant, frame: Frame) -> Abstract:
        return self.unclear(node, frame) if node.value is ... else Constant(node.value)

    def _eval_name(self, node: ast.Name, frame: Frame) -> Abstract:
        return self.lookup(node.id, node, frame)

    def _eval_attribute(self, node: ast.Attribute, frame: Frame) -> Abstract:
        return self.attribute(self.evaluate(node.value, frame), node.attr, self.at(node, frame))

    def _eval_namedexpr(self, node: ast.NamedExpr, frame: Frame) -> Abstract:
        value = self.evaluate(node.value, frame)
        self.write(frame.names, node.target.id, Slot(value, self.at(node.value, frame), self.at(node.target, frame)))
        return value

    def _eval_starred(self, node: ast.Starred, frame: Frame) -> Abstract:
        return self.evaluate(node.value, frame)

    def _eval_await(self, node: ast.Await, frame: Frame) -> Abstract:
        return self.evaluate(node.value, frame)

    def _eval_lambda(self, node: ast.Lambda, frame: Frame) -> Abstract:
        return self.function(node, frame)

    def function(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        frame: Frame,
        decorators: tuple[str, ...] = (),
    ) -> Function:
        """The function that a definition makes; its defaults are evaluated now, as Python does."""
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        pairs = [
            *zip(reversed(positional), reversed(arguments.defaults), strict=False),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=False),
        ]
        defaults = {name.arg: self.evaluate(value, frame) for name, value in pairs if value is not None}
        enclosing = frame.enclosing
        if frame.names is not frame.globals and frame.names.kind == "locals":
            enclosing = (*enclosing, frame.names)
        return Function(node, frame.globals, enclosing, defaults, decorators)

    def _eval_binop(self, node: ast.BinOp, frame: Frame) -> Abstract:
        left, right = self.forced(node.left, frame), self.forced(node.right, frame)
        at = self.at(node, frame)
        if isinstance(node.op, ast.BitOr) and isinstance(left, Table) and left.kind == "dict":
            merged = self.copy_dict(left, at)
            self.update(merged, right, self.at(node.right, frame))
            return merged
        if isinstance(node.op, ast.Div) and isinstance(default_of(left), ProjectPath):

            def put_together(values: Sequence[Abstract]) -> Abstract:
                folder, part = values
                whole = joined(folder, [part]) if isinstance(folder, ProjectPath) else None
                return whole or self.unclear(node, frame)

            return over([left, right], put_together, at)
        if isinstance(node.op, ast.Div) and not (isinstance(left, Constant) and isinstance(right, Constant)):
            left = left if isinstance(left, (Constant, Dynamic)) else self.unclear(node, frame)
        return binary(node.op, left, right, self.written(node, frame), at)

    def _eval_unaryop(self, node: ast.UnaryOp, frame: Frame) -> Abstract:
        return unary(node.op, self.forced(node.operand, frame), self.written(node, frame), self.at(node, frame))

    def _eval_boolop(self, node: ast.BoolOp, frame: Frame) -> Abstract:
        wanted = isinstance(node.op, ast.Or)
        result = self.forced(node.values[0], frame)
        for index, operand in enumerate(node.values[1:], 1):
            decided = truth(result)
            if decided is wanted:
                return result
            following = self.forced(operand, frame)
            compared = all(isinstance(earlier, ast.Compare) for earlier in node.values[:index])
            if decided is None and compared and same(following, Constant(wanted)):
                return following
            result = following if decided is not None else self._either(result, following, node, frame, wanted=wanted)
        return result

    def _either(self, left: Abstract, right: Abstract, node: ast.BoolOp, frame: Frame, *, wanted: bool) -> Abstract:
        """``left or right`` where nobody knows whether ``left`` decides."""
        default = default_of(left)
        decided = None if default is None else truth(default)
        likely = None if decided is None else (default if decided is wanted else right)
        if not isinstance(left, Dynamic):
            return self.unclear(node, frame)
        here = self.at(node, frame)
        at = here if likely is right and (left.at is None or left.at.path != here.path) else left.at
        joined = join([left, right], left.cause, at, likely)
        if not isinstance(joined, Dynamic):
            return joined
        return replace(joined, at=at, text=left.text)

    def _eval_compare(self, node: ast.Compare, frame: Frame) -> Abstract:
        values = [self.forced(operand, frame) for operand in (node.left, *node.comparators)]
        written, at = self.written(node, frame), self.at(node, frame)
        if len(values) == 2 and isinstance(node.ops[0], (ast.In, ast.NotIn)) and values[1] == External("os.environ"):
            present = self.has_variable(values[0], at)
            return present if isinstance(node.ops[0], ast.In) else unary(ast.Not(), present, written, at)
        if len(values) == 2 and self._asks_for_other_command(node, values, frame):
            return Constant(isinstance(node.ops[0], (ast.NotIn, ast.NotEq)))
        results = [
            compare(kind, left, right, written, at)
            for kind, left, right in zip(node.ops, values, values[1:], strict=False)
        ]
        if len(results) == 1:
            return results[0]
        truths = [truth(result) for result in results]
        if False in truths:
            return Constant(False)
        return Constant(True) if None not in truths else self.unclear(node, frame)

    def _asks_for_other_command(self, node: ast.Compare, values: Sequence[Abstract], frame: Frame) -> bool:
        """``"test" in sys.argv`` or ``sys.argv[1] == "test"``: whether it is a word that no worker is started with."""
        if isinstance(node.ops[0], (ast.In, ast.NotIn)):
            return is_absent(values[0], values[1])
        part = node.left.value if isinstance(node.left, ast.Subscript) else None
        equal = isinstance(node.ops[0], (ast.Eq, ast.NotEq)) and is_other_command(values[1])
        return equal and part is not None and self.forced(part, frame) == ARGV

    def _eval_ifexp(self, node: ast.IfExp, frame: Frame) -> Abstract:
        test = self.forced(node.test, frame)
        decided = truth(test)
        if decided is not None:
            return self.evaluate(node.body if decided else node.orelse, frame)
        body, orelse = self.forced(node.body, frame), self.forced(node.orelse, frame)
        default = default_of(test)
        likely = None if default is None else truth(default)
        why = test.cause if isinstance(test, Dynamic) else Cause(f"depends on {self.written(node.test, frame)}")
        return join([body, orelse], why, self.at(node, frame), None if likely is None else (body if likely else orelse))

    def _eval_joinedstr(self, node: ast.JoinedStr, frame: Frame) -> Abstract:
        parts: list[Abstract] = []
        for piece in node.values:
            if isinstance(piece, ast.FormattedValue) and (piece.format_spec is not None or piece.conversion in _REPR):
                parts.append(self._with_spec(piece, node, frame))
            elif isinstance(piece, ast.FormattedValue):
                parts.append(self.forced(piece.value, frame))
            else:
                parts.append(self.evaluate(piece, frame))
        return formatted(parts, self.written(node, frame), self.at(node, frame))

    def _with_spec(self, piece: ast.FormattedValue, node: ast.JoinedStr, frame: Frame) -> Abstract:
        spec = self.forced(piece.format_spec, frame) if piece.format_spec is not None else Constant("")
        if not isinstance(spec, Constant) or not isinstance(spec.value, str) or piece.conversion == ord("a"):
            return self.unclear(node, frame)
        value, written, at = self.forced(piece.value, frame), self.written(node, frame), self.at(node, frame)
        return with_spec(value, spec.value, as_repr=piece.conversion == ord("r"), written=written, at=at)

    def _eval_list(self, node: ast.List, frame: Frame) -> Abstract:
        return self._items(node.elts, "list", frame)

    def _eval_tuple(self, node: ast.Tuple, frame: Frame) -> Abstract:
        return self._items(node.elts, "tuple", frame)

    def _eval_set(self, node: ast.Set, frame: Frame) -> Abstract:
        return self._items(node.elts, "set", frame)

    def _items(self, nodes: Sequence[ast.expr], kind: str, frame: Frame) -> Items:
        values: list[Abstract] = []
        unknown: Dynamic | None = None
        for node in nodes:
            value = self.evaluate(node, frame)
            if not isinstance(node, ast.Starred):
                values.append(value)
                continue
            known = self.elements(value)
            if known is None:
                unknown = self.unclear(node, frame)
            else:
                values.extend(known)
        return Items(tuple(values), kind, unknown)

    def _eval_dict(self, node: ast.Dict, frame: Frame) -> Abstract:
        table = self.table("dict", "dict", self.at(node, frame))
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.evaluate(item, frame)
            if key is None:
                self.update(table, self.force(value), self.at(item, frame))
            else:
                self.set_key(table, self.forced(key, frame), value, self.at(item, frame), self.at(key, frame))
        return table

    def _eval_subscript(self, node: ast.Subscript, frame: Frame) -> Abstract:
        value = self.forced(node.value, frame)
        if isinstance(node.slice, ast.Slice):
            return self._slice(value, node, frame)
        return self.item(value, self.forced(node.slice, frame), node, frame)

    def _slice(self, value: Abstract, node: ast.Subscript, frame: Frame) -> Abstract:
        assert isinstance(node.slice, ast.Slice)
        bounds: list[int | None] = []
        for bound in (node.slice.lower, node.slice.upper, node.slice.step):
            found = NONE if bound is None else self.forced(bound, frame)
            if not isinstance(found, Constant) or not isinstance(found.value, (int, type(None))):
                return self.unclear(node, frame)
            bounds.append(found.value)
        if bounds[2] == 0:
            return self.unclear(node, frame)
        cut = slice(*bounds)

        def compute(values: Sequence[Abstract]) -> Abstract:
            (known,) = values
            if isinstance(known, Items) and known.open is None:
                return Items(known.values[cut], known.kind)
            if isinstance(known, Constant) and isinstance(known.value, str):
                return Constant(known.value[cut])
            return self.unclear(node, frame)

        return over([value], compute, self.at(node, frame))

    def item(self, value: Abstract, key: Abstract, node: ast.expr, frame: Frame) -> Abstract:
        """``value[key]``."""
        at = self.at(node, frame)
        if isinstance(value, Dynamic):
            return self._spread(value, lambda option: self.item(self.force(option), key, node, frame), "[...]", at)
        if isinstance(value, Table) and value.kind == "dict" and isinstance(key, Dynamic):
            return self._one_of(value, key, at)
        if isinstance(value, Table):
            special = self.special_item(value, key, at)
            if special is not None:
                return special
            if isinstance(key, Constant) and key.value in value.slots:
                return value.slots[key.value].value
            if value.open is not None:
                return value.open
            if value.kind == "object" and isinstance(key, Constant):
                child = self.table("object", f"{value.name}[{key.value!r}]", at)
                self.write(value, key.value, Slot(child, at))
                return child
        if isinstance(key, Constant) and isinstance(key.value, int):
            if isinstance(value, Items) and value.open is None and -len(value.values) <= key.value < len(value.values):
                return value.values[key.value]
            if isinstance(value, Constant) and isinstance(value.value, str) and abs(key.value) < len(value.value):
                return Constant(value.value[key.value])
        if isinstance(value, External):
            return self.external_item(value, key, node, frame)
        return self.unclear(node, frame)

    def external_item(self, value: External, key: Abstract, node: ast.expr, frame: Frame) -> Abstract:
        """An item of something outside the project."""
        return self.unclear(node, frame)

    def _one_of(self, table: Table, key: Dynamic, at: Location) -> Abstract:
        """An item of a dict where the key is only known to the running system."""
        if table.open is not None or not table.slots:
            return replace(key, default=None, text=False, options=())
        default = default_of(key)
        slot = table.slots.get(default.value) if isinstance(default, Constant) else None
        values = [self.force(slot.value) for slot in table.slots.values()]
        return join(values, key.cause, at, None if slot is None else self.force(slot.value))

    # --- comprehensions ---

    def _eval_listcomp(self, node: ast.ListComp, frame: Frame) -> Abstract:
        return self._comprehension(node, "list", frame)

    def _eval_setcomp(self, node: ast.SetComp, frame: Frame) -> Abstract:
        return self._comprehension(node, "set", frame)

    def _eval_generatorexp(self, node: ast.GeneratorExp, frame: Frame) -> Abstract:
        return self._comprehension(node, "list", frame)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, kind: str, frame: Frame) -> Abstract:
        values: list[Abstract] = []
        complete = self._unroll(node.generators, frame, lambda inner: values.append(self.evaluate(node.elt, inner)))
        return Items(tuple(values), kind, None if complete else self.unclear(node, frame))

    def _eval_dictcomp(self, node: ast.DictComp, frame: Frame) -> Abstract:
        table = self.table("dict", "dict", self.at(node, frame))

        def add(inner: Frame) -> None:
            key, value = self.forced(node.key, inner), self.evaluate(node.value, inner)
            self.set_key(table, key, value, self.at(node.value, frame), self.at(node.key, frame))

        if not self._unroll(node.generators, frame, add):
            self.open_up(table, self.unclear(node, frame))
        return table

    def _unroll(self, generators: list[ast.comprehension], frame: Frame, use: Callable[[Frame], None]) -> bool:
        """Call ``use`` for every round of a comprehension; False when the rounds are not known."""
        if not generators:
            use(frame)
            return True
        first = generators[0]
        known = self.elements(self.forced(first.iter, frame))
        if known is None or len(known) > MAX_UNROLLED:
            return False
        for value in known:
            names = self.table("locals", "comprehension")
            enclosing = (*frame.enclosing, frame.names) if frame.names is not frame.globals else frame.enclosing
            inner = replace(frame, names=names, enclosing=enclosing)
            self.assign(first.target, value, self.at(first.iter, frame), inner)
            decided = [truth(self.forced(test, inner)) for test in first.ifs]
            if False in decided:
                continue
            if None in decided or not self._unroll(generators[1:], inner, use):
                return False
        return True

    @abstractmethod
    def assign(self, target: ast.expr, value: Abstract, at: Location | None, frame: Frame) -> None:
        """``target = value``."""
