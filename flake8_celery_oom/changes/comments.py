"""Comments that silence findings: a code taken out of one, or the whole comment."""

from __future__ import annotations

import re
from bisect import bisect_right

from flake8_celery_oom.changes.scene import CannotEditError, Scene
from flake8_celery_oom.core.findings import Edit
from flake8_celery_oom.core.once import once
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.wishes import RemoveSuppression

_IGNORE = re.compile(
    r"(?P<opener>#|//|;|/\*|<!--)[\s-]*celery-oom:\s*ignore\b(?:\s?\[(?P<codes>[^\]\r\n]*)\])?", re.IGNORECASE
)
_NOQA = re.compile(r"(?P<opener>#)\s*noqa:\s?(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)", re.IGNORECASE)
_CODE = re.compile(r"[^\s,]+")
_OTHER_TOOL = re.compile(
    r"#\s*(?:noqa|nosec|type:|pragma|pylint|ruff|mypy|pyright|fmt|hadolint|shellcheck|yamllint|kics|celery-oom)"
)
_CLOSERS = {"/*": "*/", "<!--": "-->"}


def remove_suppression(wish: RemoveSuppression, scene: Scene) -> list[Edit]:
    """The edit that takes the code at ``wish.at`` out of its comment. Raises CannotEditError when none is there.

    Behind the codes of the comment stands the reason for them: it goes with the last of them. A remark that stands in
    the same comment before them, or an instruction to another tool behind them, stays.
    """
    source = scene.source(wish.at)
    for pattern in (_IGNORE, _NOQA):
        starts, matches = _matches(pattern, source)
        number = bisect_right(starts, wish.at.start) - 1
        if number >= 0 and wish.at.end <= matches[number].end():
            return [_without_code(matches[number], wish.at.start, source, noqa=pattern is _NOQA)]
    raise CannotEditError("the comment is not found")


@once(latest=2)
def _matches(pattern: re.Pattern[str], source: SourceText) -> tuple[list[int], list[re.Match[str]]]:
    """All comments of a file, and where they start."""
    matches = list(pattern.finditer(source.text))
    return [match.start() for match in matches], matches


def _without_code(match: re.Match[str], at: int, source: SourceText, *, noqa: bool) -> Edit:
    codes = match["codes"] or ""
    base = match.start("codes")
    others = [code[0] for code in _CODE.finditer(codes) if base + code.start() != at]
    if others and base <= at:
        between = ", " if ", " in codes else "," if "," in codes else " "
        return Edit(source.location(base, match.end("codes")), between.join(others))
    start, end = _comment(match, source, noqa=noqa)
    return Edit(source.location(start, end), "")


def _comment(match: re.Match[str], source: SourceText, *, noqa: bool) -> tuple[int, int]:
    """The stretch to delete: the comment with the blanks before it, or its line where nothing else stands there."""
    text = source.text
    first, stop = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
    stop = len(text) if stop < 0 else stop
    end = stop - 1 if text[stop - 1 : stop] == "\r" else stop
    closer = _CLOSERS.get(match["opener"])
    if closer is not None:
        closing = text.find(closer, match.end(), end)
        if closing < 0:
            raise CannotEditError("the comment ends on another line")
        end = closing + len(closer)
    elif noqa:
        following = text.find("#", match.end(), end)
        if following >= 0:
            return match.start(), following
        if text[match.end() : end].strip():
            raise CannotEditError("other words follow in the comment")
    else:
        other = _OTHER_TOOL.search(text, match.end(), end)
        if other is not None:
            return match.start(), other.start()
    start = match.start()
    if not text[first:start].strip() and not text[end:stop].strip():
        if stop < len(text):
            return first, stop + 1
        return max(first - (2 if text[first - 2 : first] == "\r\n" else 1), 0), stop
    while start > first and text[start - 1] in " \t":
        start -= 1
    return start, end
