"""The names of Celery's settings: which spelling reaches which setting, in which release.

Since 4.0 every setting has a new name (``worker_concurrency``) and one old name (``CELERYD_CONCURRENCY``), and may be
written behind a namespace (``CELERY_WORKER_CONCURRENCY``). Read from ``celery/app/defaults.py``,
``celery/app/utils.py`` and ``celery/utils/collections.py`` of Celery 3.1 to 5.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from flake8_celery_oom.celery.close_names import CloseNames
from flake8_celery_oom.celery.settings_table import REMOVED_IN_5, ROWS
from flake8_celery_oom.celery.versions import holds
from flake8_celery_oom.core.results import CeleryVersion, Setting

UNSURE: Final = "unknown"
"""What :func:`canonical` says when the releases that a version admits disagree."""


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """One setting. ``type`` is what Celery documents (nothing is converted), ``default`` that of 5.7.

    ``since`` is the first release line that has it; ``in_3`` says whether 3.1 knows the old name.
    """

    name: str
    old: str
    since: str
    type: str
    default: Setting
    in_3: bool


SETTINGS: Final[Mapping[str, SettingInfo]] = {row[0]: SettingInfo(*row) for row in ROWS}
NEW_NAMES: Final[frozenset[str]] = frozenset(SETTINGS) | {name for name, _, _ in REMOVED_IN_5}
OLD_TO_NEW: Final[Mapping[str, str]] = {info.old: info.name for info in SETTINGS.values()} | {
    old: name for name, old, _ in REMOVED_IN_5
}
_IN_3: Final[frozenset[str]] = frozenset(
    {name for name, info in SETTINGS.items() if info.in_3} | {name for name, _, in_3 in REMOVED_IN_5 if in_3}
)
NEW_TO_OLD: Final[Mapping[str, str]] = {new: old for old, new in OLD_TO_NEW.items()}

Flavour: TypeAlias = Literal["3.1", "4.0", "5.1", "5.7"]
"""Release lines that read a configuration alike: 3.x, 4.0 to 5.0, 5.1 to 5.6, and 5.7 on."""

_BOUNDS: Final[tuple[tuple[Flavour, str, str], ...]] = (
    ("4.0", ">=4.0", ">=5.1"),
    ("5.1", ">=5.1", ">=5.7"),
    ("5.7", ">=5.7", ">=99"),
)


def flavours(version: CeleryVersion) -> tuple[Flavour, ...]:
    """The ways of reading a configuration that ``version`` admits, oldest first; 3.x only when nothing else can be."""
    if holds(version, "<4.0") is True:
        return ("3.1",)
    return tuple(
        flavour
        for flavour, first, beyond in _BOUNDS
        if holds(version, first) is not False and holds(version, beyond) is not True
    )


def exists(name: str, version: CeleryVersion) -> bool | None:
    """Whether ``version`` has the setting called ``name`` (new name) at all; None: some of its releases do."""
    if name not in NEW_NAMES:
        return False
    if holds(version, "<4.0") is True:
        return name in _IN_3
    info = SETTINGS.get(name)
    if info is None:
        return holds(version, "<5.0")
    return info.since == "4.0" or holds(version, f">={info.since}")


def current_name(name: str, version: CeleryVersion) -> str:
    """The name by which ``version`` calls the setting ``name`` (new name): the old one where it is surely 3.x."""
    return NEW_TO_OLD.get(name, name) if holds(version, "<4.0") is True else name


def prefix_of(namespace: str | None) -> str:
    """What stands before every name in a namespace: ``CELERY`` and ``CELERY_`` both give ``CELERY_``."""
    return namespace.rstrip("_") + "_" if namespace else ""


def namespaced(name: str, namespace: str | None) -> str:
    """How the setting ``name`` is spelled in a namespace; letters take the case of the namespace."""
    prefix = prefix_of(namespace)
    if not prefix:
        return name
    key = name if name.startswith(prefix) else prefix + name
    return key.upper() if prefix.isupper() else key.lower()


def written_name(name: str, version: CeleryVersion, namespace: str, *, old_names: bool) -> str:
    """How an app of this version, with this namespace or with old names, has to write the setting ``name``."""
    if holds(version, "<4.0") is True or (old_names and not namespace):
        return NEW_TO_OLD.get(name, name)
    return namespaced(name, namespace)


def lookup_keys(name: str, namespace: str | None, flavour: Flavour) -> tuple[str, ...]:
    """The keys under which Celery looks for the setting ``name``, first the one that wins."""
    old = NEW_TO_OLD.get(name, name)
    if flavour == "3.1":
        return (old,)
    if not namespace:
        return (name, old)
    spelled = namespaced(name, namespace)
    bare = (spelled, name) if spelled != name else (name,)
    return (*bare, old) if flavour == "5.7" else bare


def canonical(key: str, namespace: str | None, version: CeleryVersion) -> str | None:
    """The setting (new name) that ``key`` of a configuration object sets.

    None when Celery never reads the key, :data:`UNSURE` when that depends on the release. Whether the release has the
    setting at all is asked of :func:`exists`.
    """
    answers = {_canonical(key, namespace, flavour) for flavour in flavours(version)}
    return answers.pop() if len(answers) == 1 else UNSURE


def _canonical(key: str, namespace: str | None, flavour: Flavour) -> str | None:
    for name in (key, OLD_TO_NEW.get(key), _without_prefix(key, namespace)):
        if name in NEW_NAMES and key in lookup_keys(name, namespace, flavour):
            if flavour == "3.1" and name not in _IN_3:
                return None
            return name
    return None


def _without_prefix(key: str, namespace: str | None) -> str | None:
    prefix = prefix_of(namespace)
    lowered = key.lower()
    if prefix and lowered.startswith(prefix.lower()):
        bare = lowered[len(prefix) :]
        return bare if bare in NEW_NAMES else lowered
    return None


def meant(key: str) -> tuple[str, ...]:
    """The settings that somebody may have meant by a key that Celery never reads, likeliest first.

    ``CELERY_MAX_TASKS_PER_CHILD``, ``max_memory_per_child`` and ``CELERYD_WORKER_CONCURRENCY`` mean one setting each.
    """
    if key in OLD_TO_NEW:
        return (OLD_TO_NEW[key],)
    lowered = key.lower()
    for lead in ("celeryd_", "celerybeat_", "celery_"):
        if lowered.startswith(lead):
            lowered = lowered[len(lead) :]
            break
    if lowered in NEW_NAMES:
        return (lowered,)
    by_tail = [f"{part}_{lowered}" for part in ("worker", "task", "result", "broker", "beat")]
    found = [name for name in by_tail if name in NEW_NAMES]
    return tuple(found) or _similar(lowered)


_CLOSE = CloseNames(NEW_NAMES, cutoff=0.88)


def _similar(name: str) -> tuple[str, ...]:
    close = _CLOSE.like(name, 2)
    return close if close or name.startswith("worker_") else _CLOSE.like(f"worker_{name}", 2)
