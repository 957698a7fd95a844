"""Processes of a Procfile with the size of dyno that the ``formation`` of Heroku's app.json beside it gives them.

Source: Heroku Dev Center, "app.json Schema", ``formation``; each process of a Procfile runs in a dyno of its own.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import replace

from flake8_celery_oom.core.facts import Launch
from flake8_celery_oom.core.value import Unset


def with_formation(launches: Iterable[Launch]) -> list[Launch]:
    """The launches, those of Procfiles with the memory limit of their dynos."""
    every = list(launches)
    sizes = {
        (posixpath.dirname(one.at.path), one.name): one.memory_limit
        for one in every
        if one.kind == "heroku" and one.command is None and not isinstance(one.memory_limit, Unset)
    }
    if not sizes:
        return every
    return [
        replace(one, memory_limit=sizes.get((posixpath.dirname(one.at.path), one.name), one.memory_limit))
        if one.kind == "procfile"
        else one
        for one in every
    ]
