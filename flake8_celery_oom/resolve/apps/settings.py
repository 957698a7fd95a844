"""The settings of one application as one release line of Celery sees them, and what was written in vain."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from flake8_celery_oom.celery.settings import (
    NEW_NAMES,
    OLD_TO_NEW,
    SETTINGS,
    Flavour,
    meant,
    prefix_of,
)
from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import DeadReason, Setting
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value, same
from flake8_celery_oom.resolve.apps.app_configs import run_ready, start_worker
from flake8_celery_oom.resolve.apps.app_configuration import CONFIG, IGNORED, SOURCE, TOUCHED
from flake8_celery_oom.resolve.apps.configuration_objects import LOWER_CASE
from flake8_celery_oom.resolve.apps.key_lookup import names_of, reachable
from flake8_celery_oom.resolve.apps.world import World
from flake8_celery_oom.resolve.python.values import Dynamic, Slot, Table, as_setting, default_of
from flake8_celery_oom.syntax import python

MOST_GUESSED = 500
"""For so many keys that are no settings it is worked out which settings may be meant: more are no slips."""
_LAST_NAME = re.compile(r"(\w+)\W*\Z")

Reason: TypeAlias = DeadReason | Literal["overridden"]
"""Why a written key never reaches Celery.

"namespace": it lacks the namespace's prefix; "no-namespace": it has a prefix though there is no namespace;
"old-name-in-namespace": an old name where only 5.7 reads old names; "no-setting": Celery has no such setting;
"keyword": an argument of ``Celery()`` before 5.1; "lower-case": Django takes no small letters;
"overridden": another place wins.
"""


@dataclass(frozen=True, slots=True)
class WrittenKey:
    """A key of a configuration: its name as written, the place of the name, the value and its place."""

    name: str
    at: Location
    value: Value[Setting]
    setting: str | None = None
    """The setting (new name) that it sets or was meant to set."""
    reason: Reason | None = None
    candidates: tuple[str, ...] = ()
    """The settings that may be meant, likeliest first."""
    in_object: bool = False
    """Whether it stands in the configuration object rather than in ``app.conf`` or ``Celery()``."""


@dataclass(frozen=True, slots=True)
class AppDetails:
    """What else is known of an application, for rules about settings."""

    namespace: str | None = None
    reads_object: bool = False
    dead: tuple[WrittenKey, ...] = ()
    """Keys that never reach Celery."""
    keys: Mapping[str, WrittenKey] | None = None
    """By setting (new name): the key that sets it."""
    refused: bool = False
    """Old and new names are mixed so that Celery refuses to start (ImproperlyConfigured)."""
    old_names: tuple[WrittenKey, ...] = ()
    new_names: tuple[WrittenKey, ...] = ()
    comments: Mapping[str, tuple[str, Location]] | None = None
    """By setting: the comment behind its value on the same line."""
    uncast: Mapping[str, Location] | None = None
    """By setting: where it is read from the environment as text, without ``int()`` or the like."""
    debug: Value[Setting] = Unset()
    """``DEBUG`` of the settings of Django; a text that the environment may set counts with its default."""


@dataclass(frozen=True, slots=True)
class AppState:
    """An application as one release line sees it; ``settings`` holds what is set only."""

    at: Location
    configured_at: Location
    settings: Mapping[str, Known[Setting] | Unknown[Setting]]
    looked_at: tuple[str, ...]
    details: AppDetails
    uses_django: bool


def describe(world: World, app: Table, flavour: Flavour) -> AppState:
    """Read the settings of an application; makes its configuration if that has not happened yet."""
    run_ready(world)
    world.finish_calls_that_matter()
    world.finalize(app)
    start_worker(world, app)
    at = app.at or Location("", 0, 0, 1, 1, 1, 1)
    settings: dict[str, Known[Setting] | Unknown[Setting]] = {}
    keys: dict[str, WrittenKey] = {}
    comments: dict[str, tuple[str, Location]] = {}
    uncast: dict[str, Location] = {}
    for name in SETTINGS:
        found = world.setting(app, name)
        if isinstance(found, Dynamic):
            settings[name] = Unknown(found.cause, found.at or at, _default(found), origin="settings")
        elif found is not None:
            value = _value(world, found.slot, at)
            settings[name] = value
            keys[name] = WrittenKey(found.key, found.slot.key_at or found.slot.at or at, value, name)
            comment = _comment(world, found.slot)
            if comment is not None:
                comments[name] = comment
            forced = world.force(found.slot.value)
            if isinstance(forced, Dynamic) and forced.text and forced.at is not None:
                uncast[name] = forced.at
    details = _details(world, app, flavour, keys, comments, uncast)
    return AppState(at, _configured_at(app, at), settings, _looked_at(world, app, at), details, _uses_django(world))


def merged(values: Sequence[Known[Setting] | Unknown[Setting] | None], looked_at: tuple[str, ...]) -> Value[Setting]:
    """What several release lines agree on; None among them: not set there."""
    first = values[-1]
    if all(value is None for value in values):
        return Unset(looked_at)
    unknown = next((value for value in values if isinstance(value, Unknown)), None)
    if unknown is not None:
        return unknown
    known = [value for value in values if isinstance(value, Known)]
    alike = all(same(value, known[0]) for value in known)
    if first is not None and len(known) == len(values) and alike:
        return first
    return Unknown(Cause("depends on the release of Celery"), known[-1].at, origin="settings")


def agreed(details: Sequence[AppDetails]) -> AppDetails:
    """What several release lines agree on: a key is dead, names are refused, only where all say so."""
    newest = details[-1]
    places = [{key.at for key in one.dead} for one in details]
    dead = tuple(key for key in newest.dead if all(key.at in one for one in places))
    return replace(newest, dead=dead, refused=all(one.refused for one in details))


def _value(world: World, slot: Slot, at: Location) -> Known[Setting] | Unknown[Setting]:
    place = slot.at or slot.key_at or at
    return as_setting(world.plain(slot.value), place)


def _default(found: Dynamic) -> Setting:
    default = default_of(found)
    value = as_setting(default, None) if default is not None else None
    return value.value if isinstance(value, Known) else None


def _comment(world: World, slot: Slot) -> tuple[str, Location] | None:
    source = world.modules.text(slot.at.path) if slot.at is not None else None
    if source is None or slot.at is None:
        return None
    return python.comment_after(source, slot.at.end)


def _configured_at(app: Table, at: Location) -> Location:
    source = app.slots.get(SOURCE)
    if source is not None and source.key_at is not None:
        return source.key_at
    touched = app.slots.get(TOUCHED)
    return touched.at if touched is not None and touched.at is not None else at


def _uses_django(world: World) -> bool:
    return "DJANGO_SETTINGS_MODULE" in world.environ.slots or "DJANGO_SETTINGS_MODULE" in world.environment


def _looked_at(world: World, app: Table, at: Location) -> tuple[str, ...]:
    files = {at.path: None}
    config = app.slots.get(CONFIG)
    if config is not None and isinstance(config.value, Table):
        if config.value.name.endswith(".py"):
            files[config.value.name] = None
        for slot in config.value.slots.values():
            if slot.at is not None:
                files[slot.at.path] = None
    files |= world.missing
    return tuple(path for path in files if path)


# --- keys that never arrive -------------------------------------------------------------------------------------------


def _details(
    world: World,
    app: Table,
    flavour: Flavour,
    keys: dict[str, WrittenKey],
    comments: dict[str, tuple[str, Location]],
    uncast: dict[str, Location],
) -> AppDetails:
    namespace = world.namespace(app)
    style = world.style(app)
    mappings = world.mappings(app)
    config = app.slots.get(CONFIG)
    in_object = config.value if config is not None and isinstance(config.value, Table) else None
    read = reachable(flavour, namespace, style)
    dead = _dead_keys(world, app, in_object, read, keys)
    deciding = dict(in_object.slots) if in_object is not None else _as_written(world, mappings[0])
    names = names_of((key for key in deciding if isinstance(key, str)), flavour, namespace)
    old = [written for key in names.old if (written := _written(world, key, deciding[key], in_object=True))]
    new = [written for key in names.new if (written := _written(world, key, deciding[key], in_object=True))]
    return AppDetails(
        namespace=namespace,
        reads_object=in_object is not None,
        dead=tuple(sorted(dead, key=lambda written: written.at)),
        keys=keys,
        refused=world.is_refused(app),
        old_names=tuple(old),
        new_names=tuple(new),
        comments=comments,
        uncast=uncast,
        debug=_debug(world, in_object) if in_object is not None and _uses_django(world) else Unset(),
    )


def _debug(world: World, settings: Table) -> Value[Setting]:
    """Whether Django is in its debug mode. A text is true unless it is empty, whatever it says: ``"False"``."""
    slot = settings.slots.get("DEBUG")
    if slot is None:
        return Unset()
    value = _value(world, slot, slot.key_at or Location("", 0, 0, 1, 1, 1, 1))
    forced = world.force(slot.value)
    if isinstance(value, Unknown) and isinstance(forced, Dynamic) and forced.text and value.default:
        return Known(value.default, value.at, "settings")
    return value


def _dead_keys(
    world: World, app: Table, in_object: Table | None, read: Container[str], keys: dict[str, WrittenKey]
) -> list[WrittenKey]:
    """The settings that are written for an app and that it does not use, each with the reason."""
    namespace = world.namespace(app)
    dead: list[WrittenKey] = []
    guessed = 0
    for mapping in world.mappings(app):
        for key, slot in mapping.slots.items():
            if not isinstance(key, str) or not _written_for_celery(key, mapping is in_object, namespace):
                continue
            if key not in NEW_NAMES and key not in OLD_TO_NEW:
                guessed += 1
                if guessed > MOST_GUESSED:
                    continue
            written = _written(world, key, slot, in_object=mapping is in_object, namespace=namespace)
            if written is None:
                continue
            if key not in read:
                dead.append(_dead(written, namespace))
            elif written.setting in keys and keys[written.setting].at != written.at:
                dead.append(_because(written, "overridden"))
    lower = in_object.links.get(LOWER_CASE) if in_object is not None else None
    for key, slot in lower.slots.items() if isinstance(lower, Table) else ():
        written = _written(world, key, slot, in_object=True) if isinstance(key, str) and key in NEW_NAMES else None
        if written is not None:
            dead.append(_because(written, "lower-case"))
    ignored = app.slots.get(IGNORED)
    if ignored is not None and isinstance(ignored.value, Table):
        for key, slot in ignored.value.slots.items():
            written = _written(world, str(key), slot, in_object=False)
            if written is not None and written.setting is not None:
                dead.append(_because(written, "keyword"))
    return dead


def _as_written(world: World, changes: Table) -> dict[object, Slot]:
    """The keys assigned to ``app.conf``, by the names written in the code (old or new)."""
    found: dict[object, Slot] = {}
    for slot in changes.slots.values():
        source = world.modules.text(slot.key_at.path) if slot.key_at is not None else None
        if source is not None and slot.key_at is not None:
            name = _LAST_NAME.search(source.text[slot.key_at.start : slot.key_at.end])
            if name is not None:
                found[name[1]] = slot
    return found


def _written(world: World, key: str, slot: Slot, *, in_object: bool, namespace: str | None = None) -> WrittenKey | None:
    at = slot.key_at
    if at is None:
        return None
    setting = key if key in NEW_NAMES else OLD_TO_NEW.get(key)
    prefix = prefix_of(namespace)
    bare = key[len(prefix) :] if prefix and key.lower().startswith(prefix.lower()) else key
    candidates = (setting,) if setting is not None else meant(bare)
    value = _value(world, slot, at)
    return WrittenKey(key, at, value, candidates[0] if len(candidates) == 1 else None, None, candidates, in_object)


def _written_for_celery(key: str, in_object: bool, namespace: str | None) -> bool:
    """Whether a key was written for Celery: all that ``app.conf`` gets, and what is called so in an object.

    A module or the settings of Django hold names of other things too, so there a key has to look the part.
    """
    if key.startswith("_"):
        return False
    if not in_object:
        return True
    if key in OLD_TO_NEW or key in NEW_NAMES:
        return True
    lead = prefix_of(namespace).lower() or "celery"
    lowered = key.lower()
    if lowered.startswith((lead, "celery")):
        return True
    return key.isupper() and lowered in NEW_NAMES and lowered.startswith(("worker_", "task_", "result_"))


def _because(written: WrittenKey, reason: Reason) -> WrittenKey:
    return replace(written, reason=reason)


def _dead(written: WrittenKey, namespace: str | None) -> WrittenKey:
    if written.name in OLD_TO_NEW:
        return _because(written, "old-name-in-namespace")
    if not written.candidates:
        return _because(written, "no-setting")
    if namespace is None and written.name.upper().startswith("CELERY"):
        return _because(written, "no-namespace")
    return _because(written, "namespace" if namespace is not None and written.in_object else "no-setting")
