"""Which Celery, and which other packages, an app of the project is installed with.

A requirement file speaks for its folder and what lies below; ``backend/requirements/base.txt`` speaks for ``backend``.
The nearest folder that names Celery decides, so that the apps of a monorepo don't see each other's versions.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from flake8_celery_oom.core.facts import Requirement
from flake8_celery_oom.core.results import CeleryVersion

_BESIDE = frozenset(
    {"requirements", "reqs", "constraints", "deps", "dependencies", "pip", "conda"}
    | {"docker", ".docker", "dockerfiles", "containers"}
)
"""Folders that hold the requirements or images of the folder around them."""
_NOT_FOR_RUNNING = re.compile(
    r"(?:^|[/._-])(?:dev|devel|(?:unit|func|e2e)?tests?|testing|lint|docs?|ci|checks?|typing|examples?)(?:$|[/._-])"
)
_EXACT = re.compile(r"===?[^*,|]+\Z")


DJANGO_CELERY = CeleryVersion("<4.0")
"""What django-celery asks for: ``celery>=3.1.15,<4.0`` (``requirements/default.txt`` of its last release, 3.3.1)."""


class CeleryVersions:
    """The answers for one project. ``default`` is the specifier that counts where no requirement names a version."""

    def __init__(self, requirements: Sequence[Requirement], default: str) -> None:
        self.asked = (sorted(set(requirements), key=lambda one: one.at), default)
        """What the answers follow from: where it is the same, so are they."""
        self._default = default
        self._by_folder: dict[str, list[Requirement]] = defaultdict(list)
        self._celery: dict[str, list[Requirement]] = defaultdict(list)
        self._django_celery: dict[str, list[Requirement]] = defaultdict(list)
        for requirement in self.asked[0]:
            folder = folder_of(requirement.at.path)
            self._by_folder[folder].append(requirement)
            if requirement.name == "celery":
                self._celery[folder].append(requirement)
            elif requirement.name == "django-celery":
                self._django_celery[folder].append(requirement)
        self._answers: dict[str, CeleryVersion] = {}
        self._packages: dict[str, frozenset[str]] = {}

    def of(self, path: str) -> CeleryVersion:
        """The version for the app or file at ``path``.

        A lock beats a pin, a pin beats a range. Files that disagree give alternatives (``==5.2.7||==5.4.0``).
        """
        folder = folder_of(path)
        if folder not in self._answers:
            self._answers[folder] = self._found(folder)
        return self._answers[folder]

    def _found(self, folder: str) -> CeleryVersion:
        above = [self._celery[one] for one in upwards(folder) if one in self._celery]
        if above:
            version = _decided(above[0])
            if _EXACT.match(version.specifier):
                return version
            return _locked_within(version, above[1:]) or self._or_default(version)
        for one in upwards(folder):
            below = [
                requirement for other, found in self._celery.items() if is_below(other, one) for requirement in found
            ]
            if below:
                version = _decided(below)
                return self._or_default(version if "||" not in version.specifier else CeleryVersion())
        for one in upwards(folder):
            if one in self._django_celery and not self._default:
                return replace(DJANGO_CELERY, at=self._django_celery[one][0].at)
        return self._or_default(CeleryVersion())

    def _or_default(self, version: CeleryVersion) -> CeleryVersion:
        return version if version.specifier or not self._default else CeleryVersion(self._default)

    def packages(self, path: str) -> frozenset[str]:
        """The packages that requirements ask for where ``path`` stands; ``celery[gevent]`` too for an extra.

        Those of the whole project where the folders above say nothing of Celery. Empty: no requirement file at all.
        """
        folder = folder_of(path)
        if folder not in self._packages:
            above = [one for over in upwards(folder) for one in self._by_folder.get(over, ())]
            if not any(requirement.name == "celery" for requirement in above):
                above = [requirement for found in self._by_folder.values() for requirement in found]
            self._packages[folder] = frozenset(name for requirement in above for name in _names(requirement))
        return self._packages[folder]


def folder_of(path: str) -> str:
    """The folder that a file speaks for."""
    folder = posixpath.dirname(path)
    while posixpath.basename(folder) in _BESIDE:
        folder = posixpath.dirname(folder)
    return folder


def upwards(folder: str) -> Iterator[str]:
    """A folder and those above it, the root (``""``) last."""
    yield folder
    while folder:
        folder = posixpath.dirname(folder)
        yield folder


def is_below(folder: str, root: str) -> bool:
    """Whether a folder is another one or lies in it."""
    return not root or folder == root or folder.startswith(f"{root}/")


def _names(requirement: Requirement) -> Iterator[str]:
    yield requirement.name
    for extra in requirement.extras:
        yield f"{requirement.name}[{extra}]"


def _decided(requirements: Iterable[Requirement]) -> CeleryVersion:
    """The version that requirements of one place ask for together."""
    found = list(requirements)
    found = [one for one in found if not _NOT_FOR_RUNNING.search(one.at.path)] or found
    exact = [one for one in found if _EXACT.match(one.specifier)]
    best = [one for one in exact if one.locked] or exact or [one for one in found if one.specifier] or found
    specifiers = list(dict.fromkeys(one.specifier for one in best))
    return CeleryVersion("||".join(sorted(specifiers)), best[0].at)


def _locked_within(version: CeleryVersion, above: Iterable[list[Requirement]]) -> CeleryVersion | None:
    """The version that a lock further up fixes, as the members of a workspace share one."""
    for found in above:
        locked = _decided(one for one in found if one.locked) if any(one.locked for one in found) else CeleryVersion()
        if _EXACT.match(locked.specifier) and _admits(version.specifier, locked.specifier.lstrip("=")):
            return locked
    return None


def _admits(specifier: str, release: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return any(SpecifierSet(one).contains(release, prereleases=True) for one in specifier.split("||"))
    except (InvalidSpecifier, InvalidVersion):
        return False
