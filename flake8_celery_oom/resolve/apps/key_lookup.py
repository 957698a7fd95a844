"""How Celery makes one configuration of what was written in several places and under two kinds of names.

After ``detect_settings`` of ``celery/app/utils.py`` and ``ConfigurationView`` of ``celery/utils/collections.py``: up to
5.6 a setting is looked for under each of its keys in turn, through all mappings; from 5.7 on in each mapping in turn,
under all its keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from flake8_celery_oom.celery.settings import (
    NEW_NAMES,
    NEW_TO_OLD,
    OLD_TO_NEW,
    SETTINGS,
    Flavour,
    lookup_keys,
    prefix_of,
)
from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.resolve.python.values import Dynamic, Slot, Table

Style: TypeAlias = Literal["new", "old", "refused"]
"""The names that a configuration uses; "refused": old and new ones, so that Celery does not start."""

SIGNATURE = frozenset(
    {
        "main",
        "loader",
        "backend",
        "amqp",
        "events",
        "log",
        "control",
        "set_as_current",
        "tasks",
        "broker",
        "include",
        "changes",
        "config_source",
        "config_source_silent",
        "fixups",
        "task_cls",
        "autofinalize",
        "namespace",
        "strict_typing",
    }
)
"""The arguments of ``Celery()`` that are no settings."""

CONF_METHODS = frozenset(
    {
        "update",
        "setdefault",
        "add_defaults",
        "get",
        "items",
        "keys",
        "values",
        "copy",
        "table",
        "humanize",
        "first",
        "finalize",
        "clear",
        "pop",
        "find_option",
        "without_defaults",
        "value_set_for",
    }
)
"""The methods of ``app.conf``; its other attributes are settings."""
POSITIONAL = (
    "main",
    "loader",
    "backend",
    "amqp",
    "events",
    "log",
    "control",
    "set_as_current",
    "tasks",
    "broker",
    "include",
)


def keyword_sets(key: str, flavour: Flavour) -> bool:
    """Whether ``Celery(key=value)`` sets the setting ``key``: nearly none did before 5.1."""
    if key in SIGNATURE:
        return False
    return flavour in {"5.1", "5.7"} or key in {"broker_use_ssl", "redis_backend_use_ssl"}


@dataclass(frozen=True, slots=True)
class Names:
    """Which names a configuration uses, and the written names of either kind."""

    style: Style
    old: tuple[str, ...]
    new: tuple[str, ...]


def names_of(keys: Iterable[str], flavour: Flavour, prefix: str | None) -> Names:
    """Which names the written ``keys`` of the deciding mapping are, as ``detect_settings`` sees it."""
    have = set(keys)
    old, new = tuple(sorted(have & set(OLD_TO_NEW))), tuple(sorted(have & NEW_NAMES))
    if flavour == "3.1":
        return Names("old", old, new)
    if prefix_of(prefix):
        return Names("new", old, new)
    if not old:
        return Names("new", old, new)
    style: Style = "old" if len(old) > len(new) else "new"
    left = [OLD_TO_NEW[key] for key in old] if style == "new" else [NEW_TO_OLD[key] for key in new]
    return Names("refused" if any(key not in have for key in left) else style, old, new)


def converted(key: str, style: Style) -> str:
    """The name under which ``app.conf[key] = value`` is kept when the configuration is made."""
    return NEW_TO_OLD.get(key, key) if style == "old" else OLD_TO_NEW.get(key, key)


def keys_of(key: str, namespace: str | None, flavour: Flavour) -> tuple[str, ...]:
    """The keys that ``key in app.conf`` tries: the key itself, in the namespace, from 5.7 on its other name too."""
    prefix = prefix_of(namespace)
    spelled = key if not prefix or key.startswith(prefix) else prefix + key
    keys = (spelled.upper() if prefix.isupper() else spelled.lower(), key) if prefix else (key,)
    return (*keys, OLD_TO_NEW.get(key, key), NEW_TO_OLD.get(key, key)) if flavour == "5.7" else keys


@dataclass(frozen=True, slots=True)
class Found:
    """Where a setting was found: under which key, in which mapping (by its place in the order)."""

    key: str
    mapping: int
    slot: Slot


def look_up(
    name: str, mappings: Sequence[Table], style: Style, flavour: Flavour, namespace: str | None
) -> Found | Dynamic | None:
    """What a setting is: where it stands, a Dynamic when that cannot be told, None when nothing sets it."""
    return search(name, _keys_tried(name, style, flavour, namespace), mappings, by_key=flavour not in {"3.1", "5.7"})


def search(name: str, keys: Sequence[str], mappings: Sequence[Table], *, by_key: bool) -> Found | Dynamic | None:
    """The first of ``keys`` that a mapping has; ``by_key`` goes through all mappings with each key in turn."""
    places = range(len(mappings))
    order = (
        [(key, place) for key in keys for place in places]
        if by_key
        else [(key, place) for place in places for key in keys]
    )
    doubt: Dynamic | None = None
    for key, place in order:
        mapping = mappings[place]
        slot = mapping.slots.get(key)
        if slot is not None and doubt is not None:
            return Found(key, place, replace(slot, value=replace(doubt, default=slot.value)))
        if slot is not None:
            return Found(key, place, slot)
        doubt = doubt or mapping.open
    if doubt is None:
        return None
    return doubt if doubt.cause.text else replace(doubt, cause=Cause(f"{name} may be set"))


def _keys_tried(name: str, style: Style, flavour: Flavour, namespace: str | None) -> tuple[str, ...]:
    keys = lookup_keys(name, namespace, flavour)
    if flavour in {"3.1", "5.7"} or style == "old" or name not in SETTINGS:
        return keys
    return tuple(key for key in keys if key != NEW_TO_OLD.get(name) or key == keys[0])


def reachable(flavour: Flavour, namespace: str | None, style: Style) -> frozenset[str]:
    """Every key that Celery looks for in a configuration object."""
    return frozenset(key for name in NEW_NAMES for key in _keys_tried(name, style, flavour, namespace))
