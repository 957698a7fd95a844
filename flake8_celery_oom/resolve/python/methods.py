"""Methods of text, numbers, lists and dicts."""

from __future__ import annotations

import ast
import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.resolve.python.arithmetic import MAX_LENGTH, over
from flake8_celery_oom.resolve.python.objects import Frame
from flake8_celery_oom.resolve.python.statements import Statements
from flake8_celery_oom.resolve.python.values import (
    NONE,
    OPEN,
    Abstract,
    Arguments,
    Constant,
    Dynamic,
    Items,
    Slot,
    Table,
    default_of,
    join,
)

_TEXT_METHODS = frozenset(
    {
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "replace",
        "startswith",
        "endswith",
        "removeprefix",
        "removesuffix",
        "title",
        "capitalize",
        "isdigit",
        "isnumeric",
        "isupper",
        "islower",
        "split",
        "rsplit",
        "splitlines",
        "partition",
        "rpartition",
        "find",
        "count",
        "casefold",
        "center",
        "isalnum",
        "isalpha",
        "isspace",
        "ljust",
        "rjust",
        "swapcase",
        "zfill",
    }
)


_FIELDS_INSIDE = re.compile(r"\{[^{}]*[.\[:!][^{}]*\}")
"""Fields of ``str.format`` that look into a value, or give it a width."""


def _is_large(text: str, name: str, given: Sequence[str | int]) -> bool:
    """Whether a method of a text may give more than is worth knowing."""
    if len(text) > 10_000 or any(isinstance(one, int) and one > 10_000 for one in given):
        return True
    longest = max((len(one) for one in given if isinstance(one, str)), default=0)
    return name == "replace" and (len(text) + 1) * longest > MAX_LENGTH


class Methods(Statements):
    """Evaluates calls of methods."""

    # --- methods ---

    def call_method(
        self, receiver: Abstract, name: str, arguments: Arguments, node: ast.expr, frame: Frame
    ) -> Abstract:
        """A method of text, a number, a list or a dict."""
        if isinstance(receiver, Table) and receiver.kind in {"dict", "module", "locals", "class"}:
            return self.dict_method(receiver, name, arguments, node, frame)
        if isinstance(receiver, Dynamic) or (isinstance(receiver, Constant) and isinstance(receiver.value, str)):
            return self._text_method(receiver, name, arguments, node, frame)
        if isinstance(receiver, Constant) and name == "total_seconds":
            return receiver
        if isinstance(receiver, Items) and name == "copy":
            return receiver
        return self.unclear(node, frame)

    def _text_method(
        self, receiver: Abstract, name: str, arguments: Arguments, node: ast.expr, frame: Frame
    ) -> Abstract:
        given = [self.force(slot.value) for slot in arguments.positional]
        if name == "format":
            keywords = {key: self.force(slot.value) for key, slot in arguments.keywords.items()}
            return self._formatted(receiver, given, keywords, arguments, node, frame)

        def compute(values: Sequence[Abstract]) -> Abstract:
            text, *rest = values
            if not isinstance(text, Constant) or not isinstance(text.value, str) or arguments.open is not None:
                return self.unclear(node, frame)
            if name == "join" and len(rest) == 1:
                pieces = [item.value for item in self.elements(rest[0]) or () if isinstance(item, Constant)]
                words = [piece for piece in pieces if isinstance(piece, str)]
                known = self.elements(rest[0])
                size = len(text.value) * len(words) + sum(map(len, words))
                whole = known is not None and len(words) == len(known) and size <= MAX_LENGTH
                return Constant(text.value.join(words)) if whole else self.unclear(node, frame)
            plain = [item.value for item in rest if isinstance(item, Constant) and isinstance(item.value, (str, int))]
            if _is_large(text.value, name, plain):
                return self.unclear(node, frame)
            if name not in _TEXT_METHODS or len(plain) < len(rest) or arguments.keywords:
                return self.unclear(node, frame)
            try:
                result = getattr(text.value, name)(*plain)
            except (TypeError, ValueError, OverflowError, MemoryError):
                return self.unclear(node, frame)
            if isinstance(result, (list, tuple)):
                return Items(
                    tuple(Constant(piece) for piece in result), "list" if isinstance(result, list) else "tuple"
                )
            return Constant(result)

        return over([receiver, *given], compute, self.at(node, frame))

    def _formatted(
        self,
        receiver: Abstract,
        given: Sequence[Abstract],
        keywords: Mapping[str, Abstract],
        arguments: Arguments,
        node: ast.expr,
        frame: Frame,
    ) -> Abstract:
        """``"config.{env}".format(env=env)`` with plain fields: nothing of the values is looked into."""

        def compute(values: Sequence[Abstract]) -> Abstract:
            plain = [one.value for one in values if isinstance(one, Constant) and isinstance(one.value, (str, int))]
            if len(plain) < len(values) or arguments.open is not None:
                return self.unclear(node, frame)
            text, *rest = plain
            if not isinstance(text, str) or _FIELDS_INSIDE.search(text) or len(text) > 10_000:
                return self.unclear(node, frame)
            named = dict(zip(keywords, rest[len(given) :], strict=True))
            try:
                return Constant(text.format(*rest[: len(given)], **named))
            except (ValueError, IndexError, KeyError):
                return self.unclear(node, frame)

        return over([receiver, *given, *keywords.values()], compute, self.at(node, frame))

    @abstractmethod
    def flask_config(self, config: Table, name: str, arguments: Arguments, frame: Frame, at: Location) -> Abstract:
        """A method of a Flask application's ``config`` that reads other objects."""

    def dict_method(self, table: Table, name: str, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract:
        """A method of a dict, or of something with names that is used like one."""
        at = self.at(node, frame)
        if table.name == "flask config" and name.startswith("from_"):
            return self.flask_config(table, name, arguments, frame, at)
        first, second = arguments.get(0), arguments.get(1, "default")
        key = self.force(first) if first is not None else NONE
        if name in {"get", "pop", "setdefault", "__getitem__"} and first is not None:
            return self._dict_read(table, name, key, second, node, frame)
        if name in {"update", "__setitem__"}:
            for slot in arguments.positional:
                self.update(table, slot.value, slot.at)
            for keyword, slot in arguments.keywords.items():
                self.write(table, keyword, slot)
            if arguments.open is not None:
                self.open_up(table, arguments.open)
            return NONE
        if name == "copy":
            return self.copy_dict(table, at)
        if name in {"items", "keys", "values"}:
            rows: list[Abstract] = []
            for held, slot in table.slots.items():
                if held is not OPEN:
                    pair = (Constant(held), slot.value) if isinstance(held, (str, int, float, bool)) else (slot.value,)
                    rows.append(Items(pair, "tuple") if name == "items" else pair[0 if name == "keys" else -1])
            return Items(tuple(rows), "list", table.open)
        if name == "clear":
            for held in list(table.slots):
                self.write(table, held, None)
            return NONE
        return self.unclear(node, frame)

    def _one_or_none(self, table: Table, key: Dynamic, default: Abstract, node: ast.expr, frame: Frame) -> Abstract:
        """``table.get(key, default)`` where only the running system knows the key, so that it may be missing."""
        values = [self.force(slot.value) for name, slot in table.slots.items() if isinstance(name, str)]
        usual = default_of(key)
        slot = table.slots.get(usual.value) if isinstance(usual, Constant) else None
        likely = default if slot is None else self.force(slot.value)
        return join([*values, default], key.cause, self.at(node, frame), likely if usual is not None else None)

    def _dict_read(
        self, table: Table, name: str, key: Abstract, default: Abstract | None, node: ast.expr, frame: Frame
    ) -> Abstract:
        if not isinstance(key, Constant):
            if name == "setdefault":
                self.open_up(table, self.unclear(node, frame))
            if name != "get" or not isinstance(key, Dynamic) or table.open is not None:
                return self.item(table, key, node, frame)
            return self._one_or_none(table, key, NONE if default is None else self.force(default), node, frame)
        slot = table.slots.get(key.value)
        if slot is None and table.open is None:
            value = NONE if default is None else default
            if name == "setdefault":
                self.write(table, key.value, Slot(value, self.at(node, frame), self.at(node, frame)))
            return value
        found = self.item(table, key, node, frame)
        if name == "pop" and slot is not None:
            self.write(table, key.value, None)
        if isinstance(found, Dynamic) and found.default is None and default is not None and table.open is not None:
            return replace(found, default=self.force(default))
        return found
