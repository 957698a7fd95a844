"""Who owns a path: CODEOWNERS as GitHub and GitLab read it.

Source: docs.github.com, "About code owners" (order of the places, last match wins, ``docs/*`` is not recursive), and
docs.gitlab.com, "Code Owners file syntax" (sections with owners of their own; each section has its say).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flake8_celery_oom.listing.regular_file import read_regular_file

if TYPE_CHECKING:
    from pathspec import PathSpec

PLACES = (".github/CODEOWNERS", ".gitlab/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
MOST_BYTES = 3_000_000
"""GitHub reads no larger file."""
MOST_LINES = 20_000
_SECTION = re.compile(r"\^?\[(?P<name>[^\]]+)\](?:\[\d+\])?(?P<owners>(?:\s+\S+)*)\s*$")
_WORDS = re.compile(r"(?:\\.|[^\\\s])+")


@dataclass(frozen=True)
class _Line:
    pattern: str
    owners: tuple[str, ...]

    @cached_property
    def _spec(self) -> PathSpec[Any] | None:
        from pathspec import PathSpec

        try:
            return PathSpec.from_lines("gitignore", [self.pattern])
        except ValueError:
            return None

    def matches(self, path: str) -> bool:
        """Whether the line speaks of a path."""
        if self._spec is None or not self._spec.match_file(path):
            return False
        stripped = self.pattern.lstrip("/")
        return not stripped.endswith("/*") or "**" in stripped or path.count("/") == stripped.count("/")


class Owners:
    """The owners of paths; of none where there is no file."""

    def __init__(self, text: str = "") -> None:
        self._sections = _sections(text)
        self._known: dict[str, tuple[str, ...]] = {}

    @classmethod
    def of(cls, root: Path) -> Owners:
        """Those of a repository, from the first file at one of the usual places."""
        for place in PLACES:
            data = read_regular_file(str(root / place), MOST_BYTES)
            if data is not None:
                return cls(data.decode("utf-8-sig", "replace"))
        return cls()

    def __call__(self, path: str) -> tuple[str, ...]:
        """The owners of a path, in the order of the file."""
        if path not in self._known:
            found = (_last(lines, path) for lines in self._sections.values())
            self._known[path] = tuple(dict.fromkeys(owner for owners in found for owner in owners))
        return self._known[path]


def _last(lines: list[_Line], path: str) -> tuple[str, ...]:
    return next((line.owners for line in reversed(lines) if line.matches(path)), ())


def _sections(text: str) -> dict[str, list[_Line]]:
    """The lines of each section, by its name in small letters; "" holds those above the first."""
    sections: dict[str, list[_Line]] = {}
    name, usual = "", ()
    for words, section in _entries(text):
        if section is not None:
            name, usual = section["name"].casefold(), tuple(section["owners"].split())
            continue
        pattern, *owners = words
        sections.setdefault(name, []).append(_Line(pattern.replace("\\ ", " "), tuple(owners) or usual))
    return sections


def _entries(text: str) -> Iterator[tuple[list[str], re.Match[str] | None]]:
    for line in text.splitlines()[:MOST_LINES]:
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        section = _SECTION.match(stripped)
        words = _WORDS.findall(stripped.split(" #", 1)[0])
        if section is not None or words:
            yield words, section
