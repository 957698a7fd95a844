"""What a project does with Celery beside starting workers that were read: found by words, nothing is followed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable

from flake8_celery_oom.core.facts import Image, Requirement
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.per_text import per_text
from flake8_celery_oom.core.results import Use
from flake8_celery_oom.core.source import SourceText

_PYTHON = (".py", ".pyi", ".pyw")
_NO_LAUNCHERS = re.compile(
    r"(?:^|/)(?:[^/]*(?:requirements?|constraints)[^/]*\.(?:txt|in)|[^/]*\.(?:lock|txt|toml|cfg|json5?)|Pipfile)\Z"
)
_STARTS = re.compile(
    r"^(?![ \t]*(?:#|//|;)).*?"
    r"(\bcelery(?:\.exe)?\b[^\n#]{0,2000}?[\s\"',](?:worker|beat|multi)\b|\bceleryd(?:-multi)?\b)",
    re.MULTILINE,
)
_STARTS_IN_PYTHON = re.compile(
    r"[\"']celery[\"'],[^\])]{0,200}[\"']worker[\"']|\bcelery\b[^\n\"'#]{0,120}\bworker\b[^\n\"'#]{0,2000}\s-|\.worker_main\("
    r"|\.(?:Worker|WorkController)\("
)
_MAY_START = re.compile(r"[wW]ork|beat|multi|celeryd")
"""What every place that starts a program of Celery contains."""
_MAY_START_LETTERS = ("work", "beat", "multi", "celeryd")
_CONTINUED = re.compile(r"\\\r?\n")
_FLOWER = re.compile(r"^(?![ \t]*#).*?\bcelery\b[^\n#]{0,2000}?\bflower\b", re.MULTILINE)


def launchers(paths: Iterable[str], read: Callable[[str], SourceText | None]) -> tuple[Location, ...]:
    """The first place of each file that starts a program of Celery, by its words; requirements and comments don't."""
    sources = (read(path) for path in paths if not _NO_LAUNCHERS.search(path))
    found = (_launcher(source) for source in sources if source is not None)
    return tuple(place for place in found if place is not None)


@per_text
def _launcher(source: SourceText) -> Location | None:
    if not source.mentions(_MAY_START, *_MAY_START_LETTERS):
        return None
    pattern = _STARTS_IN_PYTHON if source.path.endswith(_PYTHON) else _STARTS
    text = _CONTINUED.sub(lambda match: " " * len(match[0]), source.text)
    match = pattern.search(text)
    return source.location(*match.span(match.lastindex or 0)) if match is not None else None


def flowers(paths: Iterable[str], read: Callable[[str], SourceText | None]) -> tuple[Use, ...]:
    """The files with a command that starts Flower, by its words."""
    candidates = (path for path in paths if not path.endswith(_PYTHON) and not _NO_LAUNCHERS.search(path))
    found = ((path, read(path)) for path in candidates)
    return tuple(
        Use("flower", path) for path, source in found if source is not None and source.mentions(_FLOWER, "flower")
    )


def installed(requirements: Iterable[Requirement], images: Iterable[Image]) -> frozenset[str]:
    """The requirement files that a Dockerfile installs: it names them, or copies the whole project that has one."""
    paths = sorted({one.at.path for one in requirements})
    commands = [run.text.text for image in images for stage in image.stages for run in stage.runs]
    return frozenset(path for path in paths if any(_names(path, command) for command in commands))


def _names(path: str, command: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(posixpath.basename(path))}(?![\w-])", command) is not None
