"""Names of settings that never reach Celery, as rules see them, and whether the project reads them itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator

from flake8_celery_oom.celery.settings import NEW_TO_OLD, namespaced, prefix_of
from flake8_celery_oom.celery.versions import holds
from flake8_celery_oom.core.results import App, CeleryVersion, DeadSetting, MixedNames
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.apps.settings import AppDetails, WrittenKey
from flake8_celery_oom.syntax import python


def dead_settings(details: AppDetails, version: CeleryVersion) -> tuple[DeadSetting, ...]:
    """The dead keys that are meant for exactly one setting; what another place overrides is not among them."""
    found = []
    for key in details.dead:
        if key.setting is not None and key.reason is not None and key.reason != "overridden":
            right = _right_name(key, key.setting, details, version)
            prefix = prefix_of(details.namespace)
            found.append(DeadSetting(key.name, key.at, key.setting, key.reason, right, prefix, key.value))
    return tuple(found)


def _right_name(key: WrittenKey, setting: str, details: AppDetails, version: CeleryVersion) -> str | None:
    """How the setting has to be spelled where the key stands; None for an argument of ``Celery()``."""
    if key.reason == "keyword":
        return None
    old = NEW_TO_OLD.get(setting)
    if holds(version, "<4.0"):
        return old
    if not key.in_object:
        return setting
    if details.namespace:
        return namespaced(setting, details.namespace)
    if key.reason == "lower-case":
        return old
    return setting if not key.name.isupper() or (details.new_names and not details.old_names) else old


def writes_old_names(details: AppDetails, *, uses_django: bool) -> bool:
    """Whether the configuration of an app, as far as it is an object without a namespace, goes by the old names.

    Django's settings can hold no others there: they are in capitals.
    """
    if not details.reads_object or details.namespace:
        return False
    return bool(details.old_names) or (uses_django and not details.new_names)


def mixed_names(details: AppDetails) -> MixedNames | None:
    """The names of a configuration that Celery refuses; None where it is not refused, or a side is not seen."""
    if not details.refused or not details.old_names or not details.new_names:
        return None
    old = sorted((key.at, key.name) for key in details.old_names)
    new = sorted((key.at, key.name) for key in details.new_names)
    return MixedNames(tuple((name, at) for at, name in old), tuple((name, at) for at, name in new))


def names_used(
    apps: Iterable[App], mentioning: Iterable[str], read: Callable[[str], SourceText | None]
) -> frozenset[str]:
    """Those of the apps' dead names that Python code of the project reads: they serve something else then.

    A dead name that only another dead name is computed from serves nothing.
    """
    names = {dead.name for app in apps for dead in app.dead}
    if not names:
        return frozenset()
    anyone = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\b")
    used: set[str] = set()
    computed: dict[str, set[str]] = {}
    for path in mentioning:
        source = read(path) if path.endswith((".py", ".pyi")) else None
        tree = python.parse(source) if source is not None and source.mentions(anyone, *map(str.lower, names)) else None
        for statement in tree.body if tree is not None else ():
            found = names.intersection(_reads(statement))
            match statement:
                case ast.Assign(targets=[ast.Name(id=target)]) if target in names:
                    computed.setdefault(target, set()).update(found)
                case _:
                    used |= found
    while more := {name for target in used for name in computed.get(target, ())} - used:
        used |= more
    return frozenset(used)


def _reads(statement: ast.stmt) -> Iterator[str]:
    """Every name that a statement reads: variables, attributes, keys, imports; the environment is no settings."""
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name, ctx=ast.Load()):
                yield name
            case ast.alias(name=name):
                yield name
            case ast.Subscript(value=value, slice=ast.Constant(value=str(name)), ctx=ast.Load()):
                if not _is_environment(value):
                    yield name
            case ast.Call(func=ast.Name(id="getattr" | "hasattr"), args=[_, ast.Constant(value=str(name)), *_]):
                yield name
            case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[ast.Constant(value=str(name)), *_]):
                if not _is_environment(value):
                    yield name
            case _:
                pass


def _is_environment(node: ast.expr) -> bool:
    return ast.unparse(node).lower().endswith(("environ", "env", "environment", "secrets"))
