"""Instances of classes of the project, and functions with some of their arguments given (``functools.partial``)."""

from __future__ import annotations

import ast
from abc import abstractmethod

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.resolve.python.builtin_calls import BuiltinCalls
from flake8_celery_oom.resolve.python.environment import FIELD, EnvironmentReads, default_of_model_field
from flake8_celery_oom.resolve.python.objects import Frame
from flake8_celery_oom.resolve.python.values import (
    NONE,
    OPEN,
    Abstract,
    Arguments,
    Constant,
    Dynamic,
    Function,
    Items,
    Slot,
    Table,
)

_AS_DICTS = frozenset({"dataclasses.asdict", "attrs.asdict", "attr.asdict"})
"""Functions that give the fields of an instance as a dict."""
_DUMPS = frozenset({"model_dump", "dict"})
_DUMP_OPTIONS = frozenset({"mode", "exclude", "exclude_none", "exclude_unset", "exclude_defaults"})
"""The options of pydantic's ``model_dump`` that leave the names of fields as they are."""
_FIELD_DECORATORS = frozenset({"dataclass", "define", "frozen", "mutable"})


class Instances(EnvironmentReads, BuiltinCalls):
    """Makes instances and reads their fields."""

    def new_instance(self, owner: Table, at: Location | None) -> Table:
        """An instance that nothing has initialised yet."""
        made = self.table("instance", owner.name, at)
        made.links["class"] = owner
        return made

    def instantiate(self, owner: Table, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract:
        """An instance of a class of the project; of a singleton, the one that was made first."""
        if not self._is_singleton(owner):
            return self._instance(owner, arguments, node, frame)
        if "only instance" not in owner.links:
            owner.links["only instance"] = self.outside_trials(lambda: self._instance(owner, arguments, node, frame))
        return owner.links["only instance"]

    def _is_singleton(self, owner: Table) -> bool:
        """Whether a decorator or a metaclass that is called so makes a class have one instance."""
        for table in self.family(owner):
            made = table.links.get("decorators") if isinstance(table, Table) else None
            names = made.values if isinstance(made, Items) else ()
            if any(isinstance(one, Constant) and "singleton" in str(one.value).lower() for one in names):
                return True
        return False

    def _instance(self, owner: Table, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract:
        at = self.at(node, frame)
        maker = self.attribute(owner, "__new__", at)
        if isinstance(maker, Function):
            given = Arguments([Slot(owner, at), *arguments.positional], arguments.keywords, arguments.open)
            made = self.force(self.call_function(maker, given, at))
            if not isinstance(made, Table) or made.links.get("class") is not owner:
                return made
        else:
            made = self.new_instance(owner, at)
        bases = {name.rsplit(".", 1)[-1] for name in self.base_names(owner)}
        if "BaseSettings" not in bases and ("BaseModel" in bases or self._has_fields(owner)):
            self._fill_fields(made, owner, arguments)
        if "BaseSettings" in bases:
            self._take_keywords(made, arguments)
            made.links["prefix"] = self._configured(owner, "env_prefix")
            made.links["delimiter"] = self._configured(owner, "env_nested_delimiter")
            return made
        start = self.attribute(made, "__init__", at)
        if isinstance(start, Function):
            self.call_function(start, arguments, at)
        return made

    def _fill_fields(self, made: Table, owner: Table, arguments: Arguments) -> None:
        """Give the fields of a dataclass or a model what the call says."""
        for key, slot in zip(self.field_names(owner), arguments.positional, strict=False):
            self.write(made, key, slot)
        self._take_keywords(made, arguments)
        for key in self.field_names(owner):
            held = self.force(self.attribute(owner, key, made.at))
            if key not in made.slots and isinstance(held, Table) and held.name == FIELD:
                default = default_of_model_field(held)
                if default is not None:
                    self.write(made, key, Slot(default, held.at))

    def _take_keywords(self, made: Table, arguments: Arguments) -> None:
        for key, slot in arguments.keywords.items():
            self.write(made, key, slot)
        if arguments.open is not None:
            self.open_up(made, arguments.open)

    def field_names(self, owner: Table) -> list[str]:
        """The annotated names of a class, those of its bases first."""
        names: dict[str, None] = {}
        for table in reversed(self.family(owner)):
            annotations = table.links.get("annotations") if isinstance(table, Table) else None
            names |= dict.fromkeys(annotations.names()) if isinstance(annotations, Table) else {}
        return list(names)

    @staticmethod
    def _has_fields(owner: Table) -> bool:
        """Whether a class is a dataclass or one of attrs."""
        decorators = owner.links.get("decorators")
        named = decorators.values if isinstance(decorators, Items) else ()
        return any(isinstance(one, Constant) and one.value in _FIELD_DECORATORS for one in named)

    def _configured(self, owner: Table, option: str) -> Abstract:
        """An option of a ``BaseSettings`` class: the prefix of its variables, what separates those of nested fields."""
        for table in self.family(owner):
            if isinstance(table, Dynamic):
                continue
            config = table.slots.get("model_config")
            if config is not None:
                made = self.force(config.value)
                if isinstance(made, Table):
                    slot = made.slots.get(option)
                    found = slot.value if slot is not None else made.links.get(f"argument {option}")
                    if found is not None:
                        return self.force(found)
            inner = table.slots.get("Config")
            if inner is not None and isinstance(inner.value, Table) and option in inner.value.slots:
                return self.force(inner.value.slots[option].value)
        return Constant("")

    # --- fields as a dict ---

    def fields_as_dict(self, instance: Table, at: Location | None) -> Table:
        """The fields of an instance, and what was written to it, as a dict."""
        made = self.table("dict", instance.name, at)
        for name in self.field_names(instance.links["class"]) if isinstance(instance.links["class"], Table) else ():
            value = self.force(self.attribute(instance, name, at))
            nested = isinstance(value, Table) and value.kind == "instance"
            held = self.fields_as_dict(value, at) if nested and isinstance(value, Table) else value
            self.write(made, name, Slot(held, at))
        for key, slot in instance.slots.items():
            if key not in made.slots and key is not OPEN:
                self.write(made, key, slot)
        if instance.open is not None:
            self.open_up(made, instance.open)
        return made

    def table_attribute(self, value: Table, name: str, at: Location | None) -> Abstract:
        """An attribute; ``__dict__`` of an instance holds its fields."""
        if name == "__dict__" and value.kind == "instance":
            return self.fields_as_dict(value, at)
        return super().table_attribute(value, name, at)

    def call_method(
        self, receiver: Abstract, name: str, arguments: Arguments, node: ast.expr, frame: Frame
    ) -> Abstract:
        """A method; ``model_dump`` of a pydantic model gives its fields."""
        if not isinstance(receiver, Table) or receiver.kind != "instance" or name not in _DUMPS:
            return super().call_method(receiver, name, arguments, node, frame)
        if arguments.positional or arguments.open is not None or not _DUMP_OPTIONS.issuperset(arguments.keywords):
            return self.unclear(node, frame)
        made = self.fields_as_dict(receiver, self.at(node, frame))
        for key in self.elements(arguments.get(-1, "exclude") or Items(())) or ():
            if isinstance(key, Constant):
                self.write(made, key.value, None)
        if any(option not in {"mode", "exclude"} for option in arguments.keywords):
            for held, slot in list(made.slots.items()):
                if slot.value == NONE:
                    self.write(made, held, None)
        return made

    # --- functions ---

    def instance_call(self, name: str, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract | None:
        """A call that makes fields, instances or partial functions; None for any other."""
        at, first = self.at(node, frame), arguments.get(0)
        if name == "dataclasses.field":
            return self._default_of_field(arguments, node, frame) or self.unclear(node, frame)
        if name == "pydantic.Field" and "default_factory" in arguments.keywords:
            made = self.table("object", FIELD, at)
            made.links["argument default"] = self._default_of_field(arguments, node, frame) or NONE
            return made
        if name == "functools.partial" and first is not None:
            return self._partial(first, arguments, at)
        if name == "builtins.object.__new__" and isinstance(first, Table) and first.kind == "class":
            return self.new_instance(first, at)
        if name in _AS_DICTS and isinstance(first, Table) and first.kind == "instance":
            return self.fields_as_dict(first, at)
        return None

    def _default_of_field(self, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract | None:
        """``field(default=...)`` or ``field(default_factory=...)``; None where a field has no default."""
        factory = arguments.get(-1, "default_factory") or arguments.get(-1, "factory")
        if factory is not None:
            return self.call(self.force(factory), Arguments(), node, frame)
        return arguments.get(-1, "default")

    def _partial(self, function: Abstract, arguments: Arguments, at: Location | None) -> Table:
        """``functools.partial``: a function with its first arguments, and some by name."""
        made = self.table("partial", "partial", at)
        keywords = self.table("dict", "keywords", at)
        for key, slot in arguments.keywords.items():
            self.write(keywords, key, slot)
        rest = tuple(slot.value for slot in arguments.positional[1:])
        made.links["function"], made.links["keywords"] = function, keywords
        made.links["positional"] = Items(rest, "tuple", arguments.open)
        return made

    @abstractmethod
    def call(self, callee: Abstract, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract:
        """What a call gives."""


def completed(partial: Table, arguments: Arguments) -> Arguments:
    """The arguments of a partial function together with those of its call."""
    first, keywords = partial.links["positional"], partial.links["keywords"]
    assert isinstance(first, Items)
    assert isinstance(keywords, Table)
    given = {key: slot for key, slot in keywords.slots.items() if isinstance(key, str)}
    positional = [Slot(value, partial.at) for value in first.values]
    return Arguments([*positional, *arguments.positional], given | arguments.keywords, arguments.open or first.open)
