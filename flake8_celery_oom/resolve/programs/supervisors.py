"""What ``supervisord`` and ``circusd`` start: the programs of their configuration and of files that this includes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import TypeAlias

from flake8_celery_oom.core.facts import Launch
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.containers.paths import Paths
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.invocation import Invocation
from flake8_celery_oom.syntax.ini import parse
from flake8_celery_oom.syntax.substitution import fill_holes

_OF_DISTRIBUTIONS = ("/etc/supervisord.conf", "/etc/supervisor/supervisord.conf")
"""Configurations that distributions install, so that an image has them though the project does not."""
_INCLUDED_BY_DEFAULT = ("/etc/supervisor/conf.d/*.conf", "/etc/supervisord.d/*.ini", "/etc/supervisor.d/*.ini")
"""What those include: Debian's, Fedora's and Alpine's packages."""
Places: TypeAlias = Callable[[str], tuple[str, ...]]
"""Where a file of the project is found, by its path."""
_HERE = re.compile(r"%\(here\)s/?")


def supervised(facts: Facts, paths: Paths, invocation: Invocation) -> list[Launch]:
    """The programs that ``supervisord`` starts: of the file given with ``-c``, else of the one that it would find."""
    texts = [word.text or "" for word in invocation.words]
    named = ""
    for index, text in enumerate(texts[1:], 1):
        if text in {"-c", "--configuration"} and index + 1 < len(texts):
            named = texts[index + 1]
        elif text.startswith("--configuration="):
            named = text.partition("=")[2]
        elif text.startswith("-c") and len(text) > 2:
            named = text[2:]
    programs = [launch for launch in facts.launches if launch.kind == "supervisor"]
    if not programs:
        return []
    places = cache(lambda path: paths.targets_for(path, invocation))
    for candidate in [named] if named else ["supervisord.conf", *_OF_DISTRIBUTIONS]:
        path = paths.copied_file(candidate, invocation) or paths.file(candidate, invocation.directory)
        if path is not None:
            return _programs_of(facts, places, path, programs)
    if not named or named in _OF_DISTRIBUTIONS:
        included = [launch for launch in programs if _is_included_by_default(places(launch.at.path))]
        if included:
            return included
    files = {launch.at.path for launch in programs}
    return programs if len(files) == 1 and not named else []


def _is_included_by_default(places: Iterable[str]) -> bool:
    return any(fnmatchcase(place, pattern) for place in places for pattern in _INCLUDED_BY_DEFAULT)


def with_environment(text: MappedText, environment: Mapping[str, Word]) -> MappedText:
    """A program's command with ``%(ENV_X)s`` filled in, as supervisord does before it splits the command into words."""
    return fill_holes(text, environment)


def watched(facts: Facts, paths: Paths, invocation: Invocation) -> list[Launch]:
    """The watchers that ``circusd circus.ini`` starts."""
    for word in invocation.words[1:]:
        text = word.text or ""
        path = paths.file(text, invocation.directory) if text and not text.startswith("-") else None
        found = [launch for launch in facts.launches_in(path) if launch.kind == "circus"] if path is not None else []
        if found:
            return found
    return []


def _programs_of(facts: Facts, places: Places, path: str, programs: list[Launch]) -> list[Launch]:
    """The programs of a configuration and of the files that ``[include] files=`` names.

    A configuration that holds none and includes none that can be found is taken to include what stands around it.
    """
    own = [launch for launch in programs if launch.at.path == path]
    patterns = list(_patterns(facts, path))
    included = [launch for launch in programs if launch.at.path != path and _matches(launch, patterns, path, places)]
    if own or included:
        return [*own, *included]
    folder = posixpath.dirname(path)
    prefix = f"{folder}/" if folder else ""
    return [launch for launch in programs if launch.at.path.startswith(prefix)]


def _patterns(facts: Facts, path: str) -> Iterator[str]:
    """The patterns of ``[include]``: blanks stand between them, and ``%(here)s`` is the file's own folder."""
    source = facts.read(path)
    for section in parse(source, inline_comments=True) if source is not None else ():
        files = section.get("files") if section.name == "include" else None
        if files is not None:
            yield from _HERE.sub("", files.text).split()


def _matches(launch: Launch, patterns: Iterable[str], path: str, places: Places) -> bool:
    """Whether a pattern means the file of a program, in the project or where the container has it."""
    own = launch.at.path
    found = places(own)
    includer = places(path)
    for pattern in patterns:
        if pattern.startswith("/"):
            wanted = [pattern]
        else:
            wanted = [posixpath.normpath(posixpath.join(posixpath.dirname(target), pattern)) for target in includer]
            if fnmatchcase(own, posixpath.normpath(posixpath.join(posixpath.dirname(path), pattern))):
                return True
        if any(fnmatchcase(place, one) for place in found for one in wanted):
            return True
        if not found and pattern.startswith("/") and _ends_alike(own, pattern):
            return True
    return False


def _ends_alike(path: str, pattern: str) -> bool:
    """Whether the folder and the name fit, for files that nothing is seen to copy."""
    folder, _, name = pattern.rpartition("/")
    return fnmatchcase(path, f"*{posixpath.basename(folder)}/{name}")
