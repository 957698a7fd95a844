"""Variables of compose files that the ``.env`` file beside them sets: what is likely when nobody sets another value.

Source: Docker, "Set, use, and manage variables in a Compose file with interpolation": the shell wins over ``.env``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import replace

from flake8_celery_oom.core.facts import Launch, Variables
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.value import Unknown, Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.quantity import docker_bytes
from flake8_celery_oom.resolve.linking.hole_defaults import Defaults, with_defaults, word_with_defaults
from flake8_celery_oom.syntax.compose_variables import likely


def with_env_files(launches: Iterable[Launch], variables: Iterable[Variables]) -> list[Launch]:
    """The launches, those of compose files with the defaults that ``.env`` gives to their variables."""
    found = {one.path: one.values for one in variables if posixpath.basename(one.path) == ".env"}
    return [_filled(launch, found) for launch in launches] if found else list(launches)


def _filled(launch: Launch, files: Mapping[str, Mapping[str, Word]]) -> Launch:
    values = files.get(posixpath.join(posixpath.dirname(launch.at.path), ".env"))
    if launch.kind != "compose" or not values:
        return launch
    known = {name: text for name, word in values.items() if (text := word.text) is not None}

    def default(hole: Hole) -> str | None:
        return known.get(hole.name or "") if hole.source.startswith("$") else None

    return replace(with_defaults(launch, default), memory_limit=_limit(launch.memory_limit, default))


def _limit(limit: Value[int], defaults: Defaults) -> Value[int]:
    """A limit that depends on variables, read once more with what the file gives them."""
    if not isinstance(limit, Unknown) or limit.cause.word is None:
        return limit
    text = likely(word_with_defaults(limit.cause.word, defaults))
    amount = docker_bytes(text) if text is not None else None
    return replace(limit, default=amount) if amount is not None else limit
