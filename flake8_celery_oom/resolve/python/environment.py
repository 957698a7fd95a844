"""Reads of environment variables: ``os.environ`` and the libraries that read it, with their casts and defaults.

A variable that the worker's container sets to a literal is known. Any other is dynamic, whatever default the program
gives: what runs in production sets its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from flake8_celery_oom.core.cause import Cause, from_environment, from_word
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.python import systems
from flake8_celery_oom.resolve.python.arithmetic import as_flag, cast, unclear
from flake8_celery_oom.resolve.python.objects import Frame, Objects
from flake8_celery_oom.resolve.python.systems import System
from flake8_celery_oom.resolve.python.values import (
    NONE,
    Abstract,
    Arguments,
    Constant,
    Dynamic,
    External,
    Items,
    Slot,
    Table,
)

_NUMBERS = {"int": "int", "float": "float", "str": "str", "bool": "bool"}
_READER = re.compile(
    r"(?:environ\.(?:Env|FileAwareEnv)\(\)|environs\.(?:FileAware)?Env\(\)|environs\.env|envparse\.(?:env|Env\(\)))(?:\.(\w+))?"
)
_CONFIG = re.compile(r"(?:decouple|prettyconf)\.config|decouple\.(?:Auto)?Config\(\)|starlette\.config\.Config\(\)")
FIELD = "pydantic.Field()"
BY_CONFIGURATIONS = Cause("read from the environment by django-configurations")
_CONFIGURATIONS = re.compile(r"configurations\.values\.(\w+)Value")
_EMAIL = (
    "EMAIL_FILE_PATH",
    "EMAIL_HOST_USER",
    "EMAIL_HOST_PASSWORD",
    "EMAIL_HOST",
    "EMAIL_PORT",
    "EMAIL_BACKEND",
    "EMAIL_USE_TLS",
    "EMAIL_USE_SSL",
)
_DATABASE = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS", "CONN_MAX_AGE")
_CACHE = ("BACKEND", "LOCATION", "OPTIONS", "KEY_PREFIX", "TIMEOUT")
_URLS = {
    **dict.fromkeys(("email", "email_url", "dj_email_url"), _EMAIL),
    **dict.fromkeys(("db", "db_url", "dj_db_url"), _DATABASE),
    **dict.fromkeys(("cache", "cache_url", "dj_cache_url", "search_url"), _CACHE),
}
"""What libraries that read the environment make of URLs: the keys of a dict."""


@dataclass(frozen=True, slots=True)
class Read:
    """A read of the environment variable ``name``."""

    name: str
    at: Location | None


class EnvironmentReads(Objects):
    """Answers reads of the environment."""

    def __init__(self, steps: int, environment: Mapping[str, Word], system: System = "any") -> None:
        super().__init__(steps)
        self.environment = environment
        self.system = system
        self.asks_system = False
        """Whether the program asks which operating system it runs on."""
        self.environ = self.table("environ", "os.environ")
        """What the program itself writes to the environment."""
        self.reads: dict[str, Read] = {}
        """The variables that were asked for, with the first place that did."""

    def external_attribute(self, name: str, at: Location | None) -> Abstract | None:
        """``sys.platform`` and ``os.name``."""
        found = systems.attribute(name, self.system, at)
        self.asks_system = self.asks_system or found is not None
        return found

    def read_variable(
        self, name: Abstract | None, default: Abstract | None, at: Location | None, *, ignore_case: bool = False
    ) -> Abstract:
        """The variable ``name``; ``default`` is what the program uses without it, None when it fails then."""
        default = None if default is None else self.force(default)
        if not isinstance(name, Constant) or not isinstance(name.value, str):
            computed = Cause("an environment variable with a computed name")
            cause = replace(name.cause, kind="other") if isinstance(name, Dynamic) else computed
            return Dynamic(cause, at, default, text=True)
        key = name.value
        self.reads.setdefault(key, Read(key, at))
        written = self.environ.slots.get(key)
        if written is not None:
            return written.value
        word = self._word(key, ignore_case=ignore_case)
        if word is None:
            return Dynamic(from_environment(key, f"read from the environment variable {key}"), at, default, text=True)
        if word.text is not None:
            return Constant(word.text)
        known = word.default_text
        cause = from_word(word, f"the environment variable {key} is {word.shown}")
        return Dynamic(
            replace(cause, variables=frozenset({key})),
            word.at or at,
            None if known is None else Constant(known),
            text=True,
        )

    def has_variable(self, name: Abstract, at: Location | None) -> Abstract:
        """``name in os.environ``."""
        if not isinstance(name, Constant) or not isinstance(name.value, str):
            return Dynamic(Cause("an environment variable with a computed name"), at)
        key = name.value
        self.reads.setdefault(key, Read(key, at))
        if key in self.environment or key in self.environ.slots:
            return Constant(value=True)
        return Dynamic(from_environment(key, f"depends on the environment variable {key}"), at, Constant(value=False))

    def _word(self, key: str, *, ignore_case: bool) -> Word | None:
        if key in self.environment or not ignore_case:
            return self.environment.get(key)
        matching = [word for name, word in self.environment.items() if name.lower() == key.lower()]
        return matching[0] if matching else None

    def set_variable(self, key: Abstract, value: Abstract, at: Location | None, *, only_default: bool) -> None:
        """``os.environ[key] = value``, or ``setdefault``, which gives way to what the container sets."""
        if not isinstance(key, Constant) or not isinstance(key.value, str):
            return
        self.finish_calls()
        if only_default:
            if key.value in self.environment or key.value in self.environ.slots:
                return
            value = Dynamic(
                Cause(f"the environment variable {key.value} may be set", variables=frozenset({key.value})),
                at,
                value,
                text=True,
                options=value.options if isinstance(value, Dynamic) else (),
            )
        self.write(self.environ, key.value, Slot(value, at, at))

    def environ_call(self, name: str, arguments: Arguments, node: ast.expr, frame: Frame) -> Abstract | None:
        """A call of ``os.getenv``, ``platform.system`` or a method of ``os.environ``; None for anything else."""
        at = self.at(node, frame)
        first, second = arguments.get(0, "key"), arguments.get(1, "default")
        found = systems.called(name, self.system, at)
        if found is not None:
            self.asks_system = True
            return found
        if name in {"os.getenv", "os.environ.get"}:
            return self.read_variable(first, NONE if second is None else second, at)
        if name == "os.environ.pop":
            return self.read_variable(first, second, at)
        if name == "os.environ.setdefault":
            self.set_variable(first or NONE, second or NONE, at, only_default=True)
            return self.read_variable(first, second, at)
        if name == "os.environ.update":
            for key, slot in self._pairs(arguments):
                self.set_variable(Constant(key), slot.value, slot.at, only_default=False)
            return NONE
        if name in {"os.environ.keys", "os.environ.items", "os.environ.values", "os.environ.copy"}:
            return Dynamic(Cause("the whole environment"), at)
        return None

    def _pairs(self, arguments: Arguments) -> list[tuple[str, Slot]]:
        pairs = list(arguments.keywords.items())
        first = self.force(arguments.get(0) or NONE)
        if isinstance(first, Table):
            pairs += [(key, slot) for key, slot in first.slots.items() if isinstance(key, str)]
        return pairs

    def reader_call(
        self, name: str, callee: Abstract, arguments: Arguments, node: ast.expr, frame: Frame
    ) -> Abstract | None:
        """A call of a library that reads the environment; None for anything else."""
        reader = _READER.fullmatch(name)
        if reader is not None:
            if reader.group(1) in {"read_env", "read_envfile", "prefixed", "seal"}:
                return NONE
            if reader.group(1) in _URLS:
                return self._settings_of_url(reader.group(1), node, frame)
            return self._read_with(reader.group(1), callee, arguments, node, frame, environs="environs" in name)
        if name in {"dj_email_url.config", "dj_email_url.parse"}:
            return self._settings_of_url("email_url", node, frame)
        if _CONFIG.fullmatch(name):
            return self._read_with(None, callee, arguments, node, frame, environs=False)
        declared = _CONFIGURATIONS.fullmatch(name)
        if declared is not None:
            kind = {"Integer": "int", "PositiveInteger": "int", "Float": "float", "Boolean": "bool"}
            at = self.at(node, frame)
            value = Dynamic(BY_CONFIGURATIONS, at, arguments.get(0, "default"))
            return self.converted(value, kind.get(declared.group(1)), node, frame)
        return None

    def _settings_of_url(self, method: str, node: ast.expr, frame: Frame) -> Table:
        """The dict that a URL of the environment is taken apart into; programs put it among their settings."""
        at = self.at(node, frame)
        made = self.table("dict", method, at)
        for key in _URLS[method]:
            self.write(made, key, Slot(Dynamic(Cause("a part of a URL of the environment"), at), at))
        return made

    def _read_with(
        self,
        method: str | None,
        callee: Abstract,
        arguments: Arguments,
        node: ast.expr,
        frame: Frame,
        *,
        environs: bool,
    ) -> Abstract:
        at = self.at(node, frame)
        name = arguments.get(0, "var") or arguments.get(0, "name") or arguments.get(0, "key")
        kind = method
        default = arguments.keywords.get("default") or arguments.keywords.get("missing")
        scheme = self._scheme(callee, name)
        if method is None:
            kind = self._kind_name(arguments.get(-1, "cast"))
            second = arguments.get(1)
            if second is not None and self._kind_name(second) is not None:
                kind = self._kind_name(second)
            elif second is not None and default is None:
                default = arguments.slot(1)
            third = arguments.slot(2)
            if third is not None and default is None and not isinstance(self.force(third.value), External):
                default = third
            if kind is None and scheme is not None:
                kind = self._kind_name(scheme[0])
        elif environs or method in _NUMBERS:
            default = default or arguments.slot(1)
        if default is None and scheme is not None and scheme[1] is not None:
            default = Slot(scheme[1])
        value = self.read_variable(name, None if default is None else self.force(default.value), at)
        return self.converted(value, kind, node, frame)

    def converted(self, value: Abstract, kind: str | None, node: ast.expr, frame: Frame) -> Abstract:
        """A value that was read, cast to ``kind``; None leaves it as it is."""
        written, at = self.written(node, frame), self.at(node, frame)
        if kind is None or kind == "str":
            return value
        if kind == "bool":
            return self._kept_none(as_flag(value, written, at), value)
        if kind in _NUMBERS:
            return self._kept_none(cast(kind, value, written, at), value)
        if isinstance(value, Dynamic):
            default = value.default if not isinstance(value.default, Constant) or value.default == NONE else None
            return replace(value, text=False, default=default)
        return unclear(written, at)

    @staticmethod
    def _kept_none(converted: Abstract, value: Abstract) -> Abstract:
        """A default of None is not cast."""
        if isinstance(value, Dynamic) and value.default == NONE and isinstance(converted, Dynamic):
            return replace(converted, default=NONE, cause=value.cause, at=value.at)
        return converted

    def _kind_name(self, value: Abstract | None) -> str | None:
        """``int`` for the type int."""
        if value is None:
            return None
        value = self.force(value)
        if isinstance(value, External) and value.name.startswith("builtins."):
            return value.name.removeprefix("builtins.")
        return "other" if not isinstance(value, (Constant, Items, Dynamic)) else None

    def _scheme(self, callee: Abstract, name: Abstract | None) -> tuple[Abstract, Abstract | None] | None:
        """The cast and default that ``Env(NAME=(int, 4))`` declares."""
        if not isinstance(callee, Table) or not isinstance(name, Constant):
            return None
        declared = callee.links.get(f"argument {name.value!s}")
        if isinstance(declared, Items) and declared.kind == "tuple" and len(declared.values) == 2:
            return declared.values[0], declared.values[1]
        return None if declared is None else (declared, None)

    # --- classes whose fields are read from the environment ---

    def settings_field(self, instance: Table, name: str, at: Location | None) -> Abstract | None:
        """A field of a pydantic ``BaseSettings`` instance; None when the class declares no such field."""
        given = instance.slots.get(name)
        if given is not None:
            return given.value
        for owner in self.family(instance.links["class"]):
            if isinstance(owner, Dynamic):
                continue
            annotations = owner.links.get("annotations")
            annotated = annotations.slots.get(name) if isinstance(annotations, Table) else None
            slot = owner.slots.get(name)
            if annotated is None and (slot is None or not isinstance(slot.value, (Constant, Dynamic))):
                continue
            kind = annotated.value.value if annotated is not None and isinstance(annotated.value, Constant) else ""
            default, variable = self._declared(slot, name, instance)
            place = slot.at if slot is not None else at
            if isinstance(default, Table) and default.kind == "instance":
                return self._model_field(default, variable, instance)
            value = self.read_variable(Constant(variable), default, place, ignore_case=True)
            kinds = [found for found in re.findall(r"\w+", str(kind)) if found in _NUMBERS]
            return self._typed(value, kinds[0] if len(kinds) == 1 else None, at)
        return None

    def _model_field(self, model: Table, variable: str, instance: Table) -> Table:
        """A model that is a field of settings; with ``env_nested_delimiter`` its fields have variables of their own."""
        delimiter = instance.links.get("delimiter")
        text = delimiter.value if isinstance(delimiter, Constant) and isinstance(delimiter.value, str) else ""
        if text and "prefix" not in model.links:
            model.links["prefix"] = Constant(f"{variable}{text}")
        return model

    def _typed(self, value: Abstract, kind: str | None, at: Location | None) -> Abstract:
        if kind in {"int", "float"}:
            return self._kept_none(cast(kind, value, kind, at), value)
        if kind == "bool":
            return as_flag(value, "bool", at)
        return replace(value, text=kind == "str") if isinstance(value, Dynamic) else value

    def _declared(self, slot: Slot | None, name: str, instance: Table) -> tuple[Abstract | None, str]:
        """The default of a field, and the variable that sets it."""
        prefix = instance.links.get("prefix")
        variable = (
            f"{prefix.value if isinstance(prefix, Constant) and isinstance(prefix.value, str) else ''}{name}".upper()
        )
        if slot is None:
            return None, variable
        value = self.force(slot.value)
        if isinstance(value, Table) and value.name == FIELD:
            for key in ("validation_alias", "alias", "env"):
                alias = value.links.get(f"argument {key}")
                if isinstance(alias, Constant) and isinstance(alias.value, str):
                    variable = alias.value
                    break
            return default_of_model_field(value), variable
        return value, variable


def default_of_model_field(field: Table) -> Abstract | None:
    """The default that ``pydantic.Field(...)`` gives; None where it gives none."""
    return field.links.get("argument 0", field.links.get("argument default"))
