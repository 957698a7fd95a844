"""Init scripts: what ``service celeryd start`` and ``/etc/init.d/celeryd restart`` ask for.

``stop``, ``status`` and the like start nothing. What a start runs is for the init script of the project to say, or for
the defaults file from which the init scripts of distributions and of Celery's own sources take it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flake8_celery_oom.core.facts import Launch
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.programs.wrappers import program_name

_INIT_SCRIPT = re.compile(r"(?:.*/)?(?:init\.d|rc\.d)/(?P<name>[\w.@-]+)\Z")
_BY_NAME = frozenset({"service", "invoke-rc.d", "rc-service"})
_STARTING = frozenset({"start", "restart", "try-restart", "condrestart", "force-reload", "create-paths"})
_DEFAULTS_FOLDERS = ("default", "conf.d", "sysconfig")


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """What somebody wants of a service: its name, where its init script is, and whether it runs afterwards."""

    name: str
    script: str
    starts: bool


def requested(words: Sequence[Word]) -> ServiceRequest | None:
    """The request that a command makes; None when it makes none."""
    path = words[0].text or ""
    match = _INIT_SCRIPT.match(path)
    if match is not None:
        verb = words[1].text if len(words) > 1 else ""
        return ServiceRequest(match["name"], path, verb in _STARTING)
    texts = [word.text or "" for word in words[1:] if not (word.text or "").startswith("-")]
    if program_name(words[0]) in _BY_NAME and len(texts) > 1:
        return ServiceRequest(texts[0], f"/etc/init.d/{texts[0]}", texts[1] in _STARTING)
    return None


def defaults_of(name: str, facts: Facts) -> list[Launch]:
    """What the defaults file of a service starts, when the project has exactly one of that name."""
    endings = tuple(f"{folder}/{name}" for folder in _DEFAULTS_FOLDERS)
    found = [launch for launch in facts.launches if launch.kind == "celeryd" and f"/{launch.at.path}".endswith(endings)]
    return found if len({launch.at.path for launch in found}) == 1 else []
