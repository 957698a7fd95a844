"""Settings in Python code, changed through LibCST: the only module that imports it (0.5 s), so import this one late.

:mod:`flake8_celery_oom.changes.settings` writes a setting by its place in the text, fast enough for an editor; before a
file is written, what LibCST makes of the same wish must be the same text (:func:`confirm`).

Codemods too: ``python -m libcst.tool codemod -x flake8_celery_oom.changes.python.SetSettingCommand --help``.

LibCST can kill the process on code that is nested deeply: ``ast`` is asked first, and a thread with a large stack does
the work.
"""

from __future__ import annotations

import argparse
import ast
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import libcst as cst
from libcst.codemod import CodemodContext, VisitorBasedCodemodCommand
from libcst.metadata import MetadataWrapper, PositionProvider

from flake8_celery_oom.celery.settings import NEW_NAMES, OLD_TO_NEW
from flake8_celery_oom.changes.names import Addition, setting_of, spelled_like
from flake8_celery_oom.changes.python_entries import Holder, Position, code_of, entries_of, text_of

if TYPE_CHECKING:
    from flake8_celery_oom.changes.settings import Way

STACK = 64 * 1024 * 1024
T = TypeVar("T")


class NotThereError(Exception):
    """The code has no place for the change; the text says why."""


# --- putting one in ---------------------------------------------------------------------------------------------------


class _PutBeside(cst.CSTTransformer):
    """Puts a new setting beside the one that ``holder`` holds: a statement behind it, an item of a list before it.

    That way a comment behind the old one stays with it, and one stretch of the file changes.
    """

    def __init__(self, holder: Holder, name: str, value: str) -> None:
        super().__init__()
        self.holder = holder
        self.name = name
        self.value = cst.parse_expression(value)

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.SimpleStatementLine]:
        if original_node is not self.holder:
            return updated_node
        statement = updated_node.body[0]
        target = statement.targets[0].target if isinstance(statement, cst.Assign) else None
        if isinstance(statement, cst.AnnAssign):
            target = statement.target
        assert target is not None
        new = cst.Assign([cst.AssignTarget(self._renamed(target))], self.value)
        return cst.FlattenSentinel([updated_node, cst.SimpleStatementLine([new])])

    def _renamed(self, target: cst.BaseAssignTargetExpression) -> cst.BaseAssignTargetExpression:
        match target:
            case cst.Attribute():
                return target.with_changes(attr=cst.Name(self.name))
            case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=cst.SimpleString() as key))]):
                index = cst.Index(self._key(key))
                return target.with_changes(slice=[target.slice[0].with_changes(slice=index)])
            case _:
                return cst.Name(self.name)

    def _key(self, like: cst.BaseExpression) -> cst.SimpleString:
        quote = like.quote if isinstance(like, cst.SimpleString) else '"'
        return cst.SimpleString(f"{quote}{self.name}{quote}")

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        index = _index_of(original_node.args, self.holder)
        if index is None:
            return updated_node
        args = updated_node.args
        blank = _blank_before(args[index - 1].comma if index else None, updated_node.whitespace_before_args)
        new = cst.Arg(self.value, cst.Name(self.name), equal=args[index].equal, comma=cst.Comma(whitespace_after=blank))
        return updated_node.with_changes(args=[*args[:index], new, *args[index:]])

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.Dict:
        index = _index_of(original_node.elements, self.holder)
        if index is None:
            return updated_node
        elements = updated_node.elements
        holder = elements[index]
        assert isinstance(holder, cst.DictElement)
        blank = _blank_before(elements[index - 1].comma if index else None, updated_node.lbrace.whitespace_after)
        comma = cst.Comma(whitespace_after=blank)
        new = holder.with_changes(key=self._key(holder.key), value=self.value, comma=comma)
        return updated_node.with_changes(elements=[*elements[:index], new, *elements[index:]])


def _index_of(nodes: Sequence[cst.CSTNode], wanted: cst.CSTNode) -> int | None:
    return next((index for index, node in enumerate(nodes) if node is wanted), None)


def _blank_before(
    comma: cst.Comma | cst.MaybeSentinel | None, opening: cst.BaseParenthesizableWhitespace
) -> cst.BaseParenthesizableWhitespace:
    """What separates an item from the one before, without comments and empty lines; one blank at least."""
    blank = comma.whitespace_after if isinstance(comma, cst.Comma) else opening
    if not isinstance(blank, cst.ParenthesizedWhitespace):
        return cst.SimpleWhitespace(" ")
    first = blank.first_line.with_changes(comment=None, whitespace=cst.SimpleWhitespace(""))
    return blank.with_changes(first_line=first, empty_lines=[])


class _PutAfterStatement(cst.CSTTransformer):
    """Puts a statement behind the one that starts on a line."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, line: int, code: str, module: cst.Module) -> None:
        super().__init__()
        self.line = line
        self.new = cst.parse_statement(code, config=module.config_for_parsing)
        self.done = False

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.BaseStatement]:
        if self.get_metadata(PositionProvider, original_node).start.line != self.line:
            return updated_node
        self.done = True
        return cst.FlattenSentinel([updated_node, self.new])


# --- for the fixes ----------------------------------------------------------------------------------------------------


def add_beside(text: str, position: Position, beside: str, new: Addition) -> str:
    """The code with a setting beside the one (``beside``, new name) whose value starts at ``position``, in its form.

    Raises NotThereError when no setting stands there in a form that is known.
    """

    def change() -> str:
        wrapper = _wrapper(text)
        entry = next((one for one in entries_of(wrapper) if one.position == position), None)
        written = None
        if entry is not None:
            written = spelled_like(entry.written, beside, new)
        if entry is None or written is None:
            raise NotThereError("the setting beside it is not written in a form that is known")
        return code_of(wrapper.module.visit(_PutBeside(entry.holder, written, new.value)))

    return guarded(text, change)


def add_statement(text: str, line: int, code: str) -> str:
    """The code with the statement ``code`` behind the one that starts on ``line``. Raises NotThereError."""

    def change() -> str:
        wrapper = _wrapper(text)
        transformer = _PutAfterStatement(line, code, wrapper.module)
        changed = wrapper.visit(transformer)
        if not transformer.done:
            raise NotThereError("no simple statement starts there")
        return code_of(changed)

    return guarded(text, change)


def confirm(text: str, changed: str, way: Way, new: Addition) -> str:
    """Why LibCST does not make ``changed`` of ``text`` by the same way; empty when it does."""
    position = (way.at.line, way.at.column - 1)
    try:
        made = add_beside(text, position, way.beside, new) if way.beside else add_statement(text, way.at.line, way.code)
    except NotThereError as error:
        return str(error)
    return "" if made == changed else "LibCST would change it otherwise"


def module_of(text: str) -> cst.Module:
    """The tree of a module. Raises NotThereError where it does not give the text back as it is."""
    module = cst.parse_module(text)
    if module.code != text:
        raise NotThereError("LibCST does not give the file back as it is")
    return module


def _wrapper(text: str) -> MetadataWrapper:
    return MetadataWrapper(module_of(text))


def guarded(text: str, change: Callable[[], T]) -> T:
    """Run a change in a thread with a large stack, on code that ``ast`` can read (that needs a stack as well)."""
    results: list[T] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            errors.append(NotThereError("the file is no Python that can be read"))
            return
        try:
            results.append(change())
        except Exception as error:
            errors.append(error)

    before = threading.stack_size(STACK)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    if errors:
        if isinstance(errors[0], (cst.ParserSyntaxError, RecursionError)):
            raise NotThereError("LibCST cannot read the file") from errors[0]
        raise errors[0]
    return results[0]


# --- codemods ---------------------------------------------------------------------------------------------------------


class SetSettingCommand(VisitorBasedCodemodCommand):
    """Give a setting of Celery a value in every module that configures Celery."""

    DESCRIPTION = "Sets a setting of Celery beside those that a module has, or changes its value."

    def __init__(self, context: CodemodContext, setting: str, value: str) -> None:
        super().__init__(context)
        if setting not in NEW_NAMES:
            raise ValueError(f"Celery has no setting {setting!r}")
        self.setting = setting
        self.value = value

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """The options of the command."""
        arg_parser.add_argument("--setting", required=True, help="new name of the setting: worker_concurrency")
        arg_parser.add_argument("--value", required=True, help="a Python expression: 2")

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """The module with the setting."""
        wrapper = MetadataWrapper(tree)
        entries = [(one, setting_of(one.written)) for one in entries_of(wrapper)]
        changed: cst.CSTNode = wrapper.module
        held = next((one for one, setting in entries if setting == self.setting), None)
        if held is not None:
            changed = wrapper.module.deep_replace(held.value, cst.parse_expression(self.value))
        else:
            for entry, setting in reversed(entries):
                written = spelled_like(entry.written, setting, Addition(self.setting, self.value)) if setting else None
                if written is not None:
                    changed = wrapper.module.visit(_PutBeside(entry.holder, written, self.value))
                    break
        assert isinstance(changed, cst.Module)
        return changed


class RenameSettingsCommand(VisitorBasedCodemodCommand):
    """Give the settings of Celery 3 the names that they have since 4.0, all of a module at once."""

    DESCRIPTION = "Renames old settings (CELERYD_CONCURRENCY) to new ones (worker_concurrency)."

    def __init__(self, context: CodemodContext, namespace: str = "") -> None:
        super().__init__(context)
        self.namespace = namespace

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """The options of the command."""
        arg_parser.add_argument("--namespace", default="", help="prefix of the new names: CELERY")

    def _new(self, written: str | None) -> str | None:
        setting = OLD_TO_NEW.get(written or "")
        if setting is None:
            return None
        return f"{self.namespace.rstrip('_')}_{setting}".upper() if self.namespace else setting

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        """Names, attributes and keywords."""
        return updated_node.with_changes(value=self._new(updated_node.value) or updated_node.value)

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.SimpleString:
        """Keys of dicts."""
        new = self._new(text_of(updated_node))
        quote = updated_node.quote
        return updated_node.with_changes(value=f"{updated_node.prefix}{quote}{new}{quote}") if new else updated_node


class WrapInIntCommand(VisitorBasedCodemodCommand):
    """Make numbers of settings that are read from the environment as text."""

    DESCRIPTION = "Puts int(...) around os.environ[...] and os.getenv(...) where Celery needs a number."
    NUMBERS = frozenset({"worker_concurrency", "worker_max_tasks_per_child", "worker_max_memory_per_child"})

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """The module with the numbers."""
        wrapper = MetadataWrapper(tree)
        reads = [
            entry.value
            for entry in entries_of(wrapper)
            if setting_of(entry.written) in self.NUMBERS and _reads_environment(entry.value)
        ]
        return wrapper.module.visit(_Wrap(reads, "int"))


class _Wrap(cst.CSTTransformer):
    """Puts a call around some expressions."""

    def __init__(self, expressions: Sequence[cst.BaseExpression], function: str) -> None:
        super().__init__()
        self.expressions = expressions
        self.function = function

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        """Wrap the expression where it is one of those that were asked for."""
        left: Any = super().on_leave(original_node, updated_node)
        if any(original_node is one for one in self.expressions):
            return cst.Call(cst.Name(self.function), [cst.Arg(left)])
        return left


def _reads_environment(node: cst.BaseExpression) -> bool:
    match node:
        case cst.Subscript(value=cst.Attribute(attr=cst.Name(value="environ")) | cst.Name(value="environ")):
            return True
        case cst.Call(func=cst.Attribute(value=of, attr=cst.Name(value="get")), args=[_, cst.Arg(value=default)]):
            return _ends_in(of, "environ") and isinstance(default, (cst.SimpleString, cst.Integer))
        case cst.Call(func=func, args=[_, cst.Arg(value=default)]):
            return _ends_in(func, "getenv") and isinstance(default, (cst.SimpleString, cst.Integer))
        case _:
            return False


def _ends_in(node: cst.BaseExpression, name: str) -> bool:
    match node:
        case cst.Name(value=value) | cst.Attribute(attr=cst.Name(value=value)):
            return value == name
        case _:
            return False
