"""Containers of Kubernetes that have no memory limit of their own get that of a LimitRange of their namespace.

Source: Kubernetes, "Configure Default Memory Requests and Limits for a Namespace".
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import replace

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.facts import DefaultMemoryLimit, Launch
from flake8_celery_oom.core.value import Unset, join

_DIFFER = Cause("several LimitRanges differ", "several")


def with_limit_ranges(launches: Iterable[Launch], defaults: Sequence[DefaultMemoryLimit]) -> list[Launch]:
    """The launches, each with the limit that the nearest LimitRange of its namespace gives it."""
    return [_limited(launch, defaults) for launch in launches] if defaults else list(launches)


def _limited(launch: Launch, defaults: Sequence[DefaultMemoryLimit]) -> Launch:
    if launch.namespace is None or not isinstance(launch.memory_limit, Unset):
        return launch
    ours = [one for one in defaults if one.namespace == launch.namespace and _applied_together(one, launch)]
    nearest = max((_nearness(one, launch) for one in ours), default=0)
    limits = [one.limit for one in ours if _nearness(one, launch) == nearest]
    if not limits:
        return launch
    return replace(launch, memory_limit=join(limits, [False] * len(limits), _DIFFER))


def _applied_together(default: DefaultMemoryLimit, launch: Launch) -> bool:
    """Whether a manifest goes to the same namespace as a launch; without a name that is a matter of their folders."""
    if launch.namespace and "{{" not in launch.namespace:
        return True
    one, other = posixpath.dirname(default.at.path), posixpath.dirname(launch.at.path)
    return (
        one == other or not one or not other or f"{other}/".startswith(f"{one}/") or f"{one}/".startswith(f"{other}/")
    )


def _nearness(default: DefaultMemoryLimit, launch: Launch) -> int:
    """How many folders the two files share, from the root."""
    pairs = zip(default.at.path.split("/")[:-1], launch.at.path.split("/")[:-1], strict=False)
    shared = 0
    for one, other in pairs:
        if one != other:
            break
        shared += 1
    return shared
