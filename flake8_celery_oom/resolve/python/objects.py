"""Names, attributes and keys: what modules, classes, instances and dicts of a program hold."""

from __future__ import annotations

import ast
import builtins
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import HostCpus
from flake8_celery_oom.resolve.python.arithmetic import unclear
from flake8_celery_oom.resolve.python.modules import Module, Modules
from flake8_celery_oom.resolve.python.paths import path_attribute
from flake8_celery_oom.resolve.python.store import Store
from flake8_celery_oom.resolve.python.values import (
    NONE,
    OPEN,
    Abstract,
    Arguments,
    Constant,
    Dynamic,
    External,
    Function,
    Items,
    Lazy,
    LazyCall,
    Method,
    ProjectPath,
    Slot,
    Table,
    default_of,
    harmless_base,
    is_pair,
    join,
    updates_with_one_of,
)
from flake8_celery_oom.syntax import python

MAX_NESTED_OPTIONS = 12
"""How deep options of options are expanded; without a cap a loop makes exponentially many."""
MAX_PARENTS = 30
MOST_PUT_OFF = 100
DICT_METHODS = frozenset({"update", "setdefault", "get", "items", "keys", "values", "pop"})
"""Methods that ``globals()`` is used with; a module that is asked for them is used as a dict."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where code runs: its module, the table its names go to, and the tables around it (innermost last)."""

    module: Module
    names: Table
    globals: Table
    enclosing: tuple[Table, ...] = ()
    depth: int = 0
    globals_declared: frozenset[str] = frozenset()


class Objects(Store, ABC):
    """Names, attributes and keys. Calls and modules are left to the classes that build on this one."""

    modules: Modules
    cwd: str
    program: str | None = None
    """The module that is run as a program, where that is known."""
    put_off: list[LazyCall]
    """Calls whose results nothing has needed yet."""
    _nested = 0

    @abstractmethod
    def call(self, callee: Abstract, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract:
        """What a call gives."""

    @abstractmethod
    def finish_call(self, value: LazyCall) -> Abstract:
        """What a call gives that was put off until something needs it."""

    @abstractmethod
    def run_module(self, path: str) -> Table | None:
        """The names of a module after it has run, or None when it cannot be read."""

    @abstractmethod
    def special_attribute(self, value: Table, name: str, at: Location | None) -> Abstract | None:
        """An attribute of an object that is known by its kind; None when it has no such attribute."""

    @abstractmethod
    def special_item(self, value: Table, key: Abstract, at: Location | None) -> Abstract | None:
        """An item of an object that is known by its kind."""

    @abstractmethod
    def external_attribute(self, name: str, at: Location | None) -> Abstract | None:
        """An attribute of something outside the project, when it means something here."""

    @abstractmethod
    def set_variable(self, key: Abstract, value: Abstract, at: Location | None, *, only_default: bool) -> None:
        """``os.environ[key] = value``, or ``setdefault``."""

    @abstractmethod
    def has_variable(self, name: Abstract, at: Location | None) -> Abstract:
        """``name in os.environ``."""

    def finish_calls(self) -> None:
        """Follow the calls that were put off, before something that they may depend on changes."""
        waiting, self.put_off = self.put_off, []
        for call in waiting[:MOST_PUT_OFF]:
            self.finish_call(call)

    # --- positions ---

    @staticmethod
    def at(node: ast.expr | ast.stmt | ast.keyword, frame: Frame) -> Location:
        """Where a node of this frame's module stands."""
        return frame.module.location(node)

    @staticmethod
    def name_at(node: ast.keyword, frame: Frame) -> Location:
        """Where the name of a keyword argument stands."""
        return python.name_location(frame.module.source, node)

    @staticmethod
    def written(node: ast.expr | ast.stmt, frame: Frame) -> str:
        """A node of this frame's module as it is written."""
        return python.code(frame.module.source, node)

    def unclear(self, node: ast.expr | ast.stmt, frame: Frame) -> Dynamic:
        """The value of a node that is not followed."""
        return unclear(self.written(node, frame), self.at(node, frame))

    # --- names and attributes ---

    def force(self, value: Abstract) -> Abstract:
        """The value itself when it stands for a module, or a name of one, not looked at yet."""
        for _ in range(MAX_PARENTS):
            if isinstance(value, LazyCall):
                value = self.finish_call(value)
                continue
            if not isinstance(value, Lazy):
                return value
            table = self.run_module(value.path)
            if table is None:
                return Dynamic(Cause(f"{value.path} cannot be read"))
            value = table if value.name is None else self._imported_name(table, value.path, value.name)
        return Dynamic(Cause("imported in a circle"))

    def _imported_name(self, table: Table, path: str, name: str) -> Abstract:
        """A name of another module; None is looked at again after the calls that may have set it."""
        found = self.module_attribute(table, path, name)
        if found == NONE and self.put_off and self._is_set_by_functions(path, name):
            self.finish_calls()
            return self.module_attribute(table, path, name)
        return found

    def _is_set_by_functions(self, path: str, name: str) -> bool:
        """Whether a function of a module assigns one of the module's names: ``global app``."""
        module = self.modules.module(path)
        return module is not None and module.note(f"global {name}", module.tree, lambda tree: declares(tree, name))

    def functions_that_set(self, path: str, name: str) -> list[Function]:
        """The functions of a module that assign one of its names."""
        table = self.run_module(path) if self._is_set_by_functions(path, name) else None
        values = [slot.value for slot in table.slots.values()] if table is not None else []
        return [one for one in values if isinstance(one, Function) and one.module is table and declares(one.node, name)]

    def plain(
        self, value: Abstract, depth: int = 0, seen: dict[int, tuple[Abstract, Abstract]] | None = None
    ) -> Abstract:
        """The value with everything inside lists and dicts looked at; what stands in it twice is looked at once."""
        value = self.force(value)
        if depth > 20 or not isinstance(value, (Items, Table)):
            return value
        held = {} if seen is None else seen
        if id(value) in held:
            return held[id(value)][1]
        looked: Abstract = value
        if isinstance(value, Items):
            looked = replace(value, values=tuple(self.plain(item, depth + 1, held) for item in value.values))
        elif value.kind == "dict":
            looked = table = self.table("dict", value.name, value.at)
            for key, slot in value.slots.items():
                self.write(table, key, replace(slot, value=self.plain(slot.value, depth + 1, held)))
        held[id(value)] = value, looked
        return looked

    def module_attribute(self, table: Table, path: str, name: str) -> Abstract:
        """A name of a module, or one of its submodules."""
        slot = table.slots.get(name)
        if slot is not None:
            return slot.value
        submodule = self.modules.submodule(path, name)
        if submodule is not None:
            return Lazy(submodule)
        if table.open is not None:
            return table.open
        getter = table.slots.get("__getattr__")
        if getter is not None and isinstance(getter.value, Function) and not name.startswith("__"):
            return self.call_function(getter.value, Arguments([Slot(Constant(name))]), None)
        return Dynamic(Cause(f"{path} has no {name}"))

    def lookup(self, name: str, node: ast.expr, frame: Frame) -> Abstract:
        """What a name means in a frame."""
        for table in (frame.names, *reversed(frame.enclosing), frame.globals):
            slot = table.slots.get(name)
            if slot is not None and slot.value == NONE and table is frame.globals:
                return self._imported_name(table, frame.module.path, name)
            if slot is not None:
                return slot.value
        if name == "__name__":
            return Constant("__main__" if frame.module.path == self.program else frame.module.name)
        if name == "__file__":
            return ProjectPath(frame.module.path)
        if frame.globals.open is not None and name not in BUILTINS:
            return frame.globals.open
        if name in BUILTINS:
            return External(f"builtins.{name}")
        return self.unclear(node, frame)

    def attribute(self, value: Abstract, name: str, at: Location | None) -> Abstract:
        """``value.name``."""
        value = self.force(value)
        if isinstance(value, External):
            return self.external_attribute(f"{value.name}.{name}", at) or External(f"{value.name}.{name}")
        if isinstance(value, Constant) and name == "value":
            return value
        if isinstance(value, ProjectPath):
            return path_attribute(value, name) or Method(value, name)
        if isinstance(value, Dynamic) and (value.text or isinstance(value.default, (Constant, ProjectPath))):
            return Method(value, name)
        if isinstance(value, Dynamic):
            return self._spread(value, lambda option: self.attribute(option, name, at), f".{name}", at)
        if isinstance(value, Table):
            return self.table_attribute(value, name, at)
        return Method(value, name)

    def _spread(self, value: Dynamic, use: Callable[[Abstract], Abstract], shown: str, at: Location | None) -> Abstract:
        if not value.options:
            return replace(value, default=None, text=False) if value.default is not None else value
        if self._nested >= MAX_NESTED_OPTIONS:
            return replace(value, options=(), default=None)
        default = default_of(value)
        self._nested += 1
        found = [self.force(use(option)) for option in value.options]
        self._nested -= 1
        return join(
            found, value.cause.said(f"{value.cause}{shown}"), at, None if default is None else self.force(use(default))
        )

    def table_attribute(self, value: Table, name: str, at: Location | None) -> Abstract:
        """An attribute of a module, class, instance or other object."""
        if value.kind == "module" and (name not in DICT_METHODS or name in value.slots):
            return self.module_attribute(value, value.name, name)
        special = self.special_attribute(value, name, at)
        if special is not None:
            return special
        slot = value.slots.get(name) if value.kind != "dict" else None
        if slot is not None:
            found = slot.value
            of_class = value.kind == "class" and isinstance(found, Function) and "classmethod" in found.decorators
            return replace(found, bound=value) if of_class and isinstance(found, Function) else found
        if value.kind in {"class", "instance"}:
            return self._inherited(value, name, at)
        if value.kind == "object":
            child = self.table("object", f"{value.name}.{name}", at)
            child.links["owner"] = value
            self.write(value, name, Slot(child, at))
            return child
        return Method(value, name)

    def _inherited(self, value: Table, name: str, at: Location | None) -> Abstract:
        start = value.links.get("class", value)
        for owner in self.family(start):
            if isinstance(owner, Dynamic):
                return owner
            slot = owner.slots.get(name)
            if slot is None:
                if owner.open is not None:
                    return owner.open
                continue
            found = slot.value
            if isinstance(found, Function) and value.kind == "instance":
                if "property" in found.decorators or "cached_property" in found.decorators:
                    return self.call_function(replace(found, bound=value), Arguments(), at)
                return found if "staticmethod" in found.decorators else replace(found, bound=value)
            if isinstance(found, Function) and "classmethod" in found.decorators:
                return replace(found, bound=start)
            return found
        if value.kind == "instance" and value.open is not None:
            return value.open
        return Method(value, name)

    @abstractmethod
    def call_function(self, function: Function, arguments: Arguments, at: Location | None) -> Abstract:
        """What a function of the project returns."""

    def family(self, start: Abstract) -> list[Table | Dynamic]:
        """A class and its bases, nearest first; a Dynamic stands for bases that may define anything."""
        found: list[Table | Dynamic] = []
        todo = [self.force(start)]
        while todo and len(found) < MAX_PARENTS:
            current = todo.pop(0)
            if isinstance(current, Table) and current.kind == "class":
                if current not in found:
                    found.append(current)
                    bases = current.links.get("bases")
                    todo[:0] = [self.force(base) for base in bases.values] if isinstance(bases, Items) else []
            elif isinstance(current, External):
                if not harmless_base(current.name):
                    found.append(Dynamic(Cause(f"inherited from {current.name}, which is not in the project"), None))
            elif isinstance(current, Dynamic):
                found.append(current)
        return found

    def base_names(self, start: Abstract) -> list[str]:
        """The dotted names of the bases from outside the project that a class has."""
        names: list[str] = []
        for owner in self.family(start):
            bases = owner.links.get("bases") if isinstance(owner, Table) else None
            for base in bases.values if isinstance(bases, Items) else ():
                forced = self.force(base)
                if isinstance(forced, External):
                    names.append(forced.name)
        return names

    def elements(self, value: Abstract) -> list[Abstract] | None:
        """What iterating over a value gives, or None when that is not known in whole."""
        value = self.force(value)
        if isinstance(value, Items) and value.open is None:
            return list(value.values)
        if isinstance(value, Table) and value.kind == "dict" and value.open is None:
            return [Constant(key) for key in value.slots if isinstance(key, (str, int, float, bool))]
        if isinstance(value, Constant) and isinstance(value.value, str):
            return [Constant(char) for char in value.value]
        return None

    def set_key(
        self, table: Table, key: Abstract, value: Abstract, at: Location | None, key_at: Location | None
    ) -> None:
        """``table[key] = value``."""
        if isinstance(key, Constant) and not isinstance(key.value, HostCpus):
            self.write(table, key.value, Slot(value, at, key_at))
        elif isinstance(key, Dynamic) and key.options and all(isinstance(one, Constant) for one in key.options):
            for option in key.options:
                if isinstance(option, Constant):
                    self.write(
                        table, option.value, Slot(Dynamic(key.cause.said(f"set if {key.cause}"), at), at, key_at)
                    )
        else:
            self.open_up(table, key if isinstance(key, Dynamic) else Dynamic(Cause("a computed key"), key_at))

    def copy_dict(self, table: Table, at: Location | None) -> Table:
        """A dict with the same items; each keeps the place it was written at."""
        copied = self.table("dict", table.name, at)
        for key, slot in table.slots.items():
            self.write(copied, key, slot)
        return copied

    def update(self, table: Table, other: Abstract, at: Location | None) -> None:
        """``table.update(other)`` for another dict, an open one included, or pairs."""
        other = self.force(other)
        if isinstance(other, Table) and other.kind in {"dict", "module", "environ"}:
            if other.open is not None:
                self.open_up(table, other.open)
            for key, slot in other.slots.items():
                if key is not OPEN:
                    self.write(table, key, slot)
            return
        if isinstance(other, Items) and other.open is None and all(map(is_pair, other.values)):
            for pair in other.values:
                if isinstance(pair, Items):
                    self.set_key(table, self.force(pair.values[0]), pair.values[1], at, at)
            return
        if isinstance(other, Constant) and other.value is None:
            return
        if isinstance(other, Dynamic) and other.options:
            options = [self.force(option) for option in other.options]
            tables = [one for one in options if isinstance(one, Table) and one.kind == "dict" and one.open is None]
            if len(tables) == len(options):
                for key, slot in updates_with_one_of(table, tables, other, at).items():
                    self.write(table, key, slot)
                return
        self.open_up(
            table, other if isinstance(other, Dynamic) else Dynamic(Cause("filled from a computed mapping"), at)
        )


def declares(node: ast.AST, name: str) -> bool:
    """Whether code declares a name as one of its module."""
    return any(isinstance(inner, ast.Global) and name in inner.names for inner in ast.walk(node))


BUILTINS = frozenset(dir(builtins))
