"""Findings that a project lives with for now: only what is not among them is reported.

The file lies in the root of the project and is meant to be committed. It holds fingerprints, which survive moved lines,
and with each what a person needs to recognise it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from flake8_celery_oom.config import ConfigError
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.fingerprint import fingerprints
from flake8_celery_oom.listing.regular_file import read_regular_file

VERSION = 1
MAX_BYTES = 16_000_000
"""A larger file is no baseline."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One finding of a baseline; ``path`` is relative to the root of the project."""

    path: str
    code: str
    message: str
    fingerprint: str


def read(root: Path, name: str) -> list[Entry]:
    """The entries of a baseline; none where there is no such file. Raises ConfigError when it can't be read."""
    file = root / name
    data = read_regular_file(str(file), MAX_BYTES) if name else None
    if data is None:
        if name and (file.exists() or file.is_symlink()):
            raise ConfigError(f"{file}: cannot be read as a baseline")
        return []
    try:
        document = json.loads(data)
        if document["version"] != VERSION:
            raise ConfigError(f"{file}: is a baseline of another version ({document['version']!r})")
        return [Entry(**{key: str(one[key]) for key in Entry.__slots__}) for one in document["findings"]]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"{file}: is no baseline; 'celery-oom baseline write' makes one") from error


def entries(findings: Sequence[Finding]) -> list[Entry]:
    """The findings of a project as entries, sorted."""
    pairs = zip(findings, fingerprints(findings), strict=True)
    return sorted(Entry(one.at.path, one.code, one.message, fingerprint) for one, fingerprint in pairs)


def text(held: Iterable[Entry]) -> str:
    """The file that holds these entries; the same entries give the same bytes."""
    document = {"version": VERSION, "findings": [asdict(one) for one in sorted(held)]}
    return json.dumps(document, indent=2) + "\n"


def new(findings: Sequence[Finding], held: Sequence[Entry]) -> list[Finding]:
    """The findings that the baseline does not hold."""
    if not held:
        return list(findings)
    known = {one.fingerprint for one in held}
    pairs = zip(findings, fingerprints(findings), strict=True)
    return [one for one, fingerprint in pairs if fingerprint not in known]


def stale(findings: Sequence[Finding], held: Sequence[Entry]) -> list[Entry]:
    """The entries of the baseline that are found no more."""
    found = Counter(fingerprints(findings))
    return [one for one in held if one.fingerprint not in found]
