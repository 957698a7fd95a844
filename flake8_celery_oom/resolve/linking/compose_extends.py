"""Launches that take what they don't say themselves from another: compose's ``extends`` over two files.

Source: the Compose specification, "extends": mappings are merged, the launch's own values win.
"""

from __future__ import annotations

from collections.abc import Sequence

from flake8_celery_oom.core.facts import Launch

MAX_STEPS = 10


def extended(launches: Sequence[Launch]) -> list[Launch]:
    """The launches with everything that they extend."""
    by_name = {(launch.at.path, launch.name): launch for launch in launches if launch.kind == "compose"}
    return [_extended(launch, by_name) if launch.extends is not None else launch for launch in launches]


def _extended(launch: Launch, by_name: dict[tuple[str, str], Launch]) -> Launch:
    made = launch
    following = launch.extends
    for _ in range(MAX_STEPS):
        base = by_name.get((following.path, following.name)) if following is not None else None
        if base is None:
            break
        made = made.over(base)
        following = base.extends
    return made
