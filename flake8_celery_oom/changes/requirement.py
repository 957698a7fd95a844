"""Requirements: one more extra."""

from __future__ import annotations

import re

from flake8_celery_oom.changes.scene import CannotEditError, Scene
from flake8_celery_oom.core.findings import Edit
from flake8_celery_oom.core.wishes import AddExtra

_LINES = (".txt", ".in", ".pip")
_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<extras>\s*\[[^\]\r\n]*\])?(?P<rest>[^\r\n\"']*)")


def add_extra(wish: AddExtra, scene: Scene) -> list[Edit]:
    """The edit that adds an extra to a requirement. Raises CannotEditError where it is not written as one (PEP 508)."""
    requirement = wish.requirement
    if requirement.locked:
        raise CannotEditError("a lock file is written by its tool")
    at = requirement.at
    source = scene.source(at)
    start = at.start + (source.text[at.start] in "\"'")
    match = _REQUIREMENT.match(source.text, start)
    if match is None or re.sub(r"[-_.]+", "-", match["name"]).lower() != requirement.name:
        raise CannotEditError("the requirement is not written as `name[extra]`")
    before = source.text[start - 1 : start]
    in_lines = at.path.endswith(_LINES) and before in {"", "\n", " ", "\t"}
    if not in_lines and not (before in {'"', "'"} and not _is_key(source.text, match.end(), before)):
        raise CannotEditError("the requirement is not written as `name[extra]`")
    if "--hash" in match["rest"] or match["rest"].rstrip().endswith("\\"):
        raise CannotEditError("the requirement has hashes, and the extra would need its own")
    if match["extras"]:
        place = match.end("extras") - 1
        inner = match["extras"].strip()[1:-1].strip()
        return [Edit(source.location(place, place), f",{wish.extra}" if inner else wish.extra)]
    place = match.end("name")
    return [Edit(source.location(place, place), f"[{wish.extra}]")]


def _is_key(text: str, end: int, quote: str) -> bool:
    """Whether the text in quotes that ends at ``end`` is a key: ``"celery" = "^5.4"``, ``"celery": "..."``."""
    return re.match(rf"{quote}\s*[=:]", text[end : end + 20]) is not None
