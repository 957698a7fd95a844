"""Comments that say how much a child may have, beside a number of KiB that says something else."""

from __future__ import annotations

import re

from flake8_celery_oom.core.results import App

_AMOUNT = re.compile(
    r"(?<![\w.,])(?P<number>\d{1,9}(?:[.,]\d{1,3})?)"
    r"(?:\s*(?P<unit>[mg])(?:(?P<binary>i)b|b|ega\s?bytes?|iga\s?bytes?)|(?P<short>[MG])(?P<short_binary>i)?)(?!\w)",
    re.IGNORECASE,
)
_NOTHING_ELSE = re.compile(
    r"#?[\s~=(<-]*(?:about|approx\.?|approximately|ca\.?|max\.?|at most|up to)?\s*\0\s*(?:max\.?|limit)?\s*"
    r"(?:(?:per|each|for (?:each|every|a)|a|/)\s*(?:child|worker|process|child process|worker process))?[\s).!]*",
    re.IGNORECASE,
)
_POWERS = {"m": 1, "g": 2}
_SLACK = 0.024
"""A million bytes and a mebibyte differ by 4.9 %: half of that on either side of the middle."""


def said_instead(kib: int, app: App | None) -> int | None:
    """The number of KiB that a comment beside worker_max_memory_per_child says, where it contradicts ``kib``.

    A comment counts that says one amount and nothing else, or one amount that is the number in another unit.
    """
    comment = app.comments.get("worker_max_memory_per_child") if app is not None else None
    amounts = list(_AMOUNT.finditer(comment)) if comment else []
    if comment is None or len(amounts) != 1 or kib <= 0:
        return None
    said = amounts[0]
    amount = float(said["number"].replace(",", "."))
    power = _POWERS[(said["unit"] or said["short"]).lower()]
    decimal, binary = amount * 1000.0**power, amount * 1024.0**power
    if decimal * (1 - _SLACK) <= kib <= binary * (1 + _SLACK):
        return None
    alone = _NOTHING_ELSE.fullmatch(f"{comment[: said.start()]}\0{comment[said.end() :]}")
    if alone or any(_close(kib, amount * factor) for factor in _OTHER_UNITS[power]):
        return round(binary if said["binary"] or said["short_binary"] else decimal)
    return None


_OTHER_UNITS = {1: (1, 1e6, 1024**2), 2: (1, 1000, 1024, 1e9, 1024**3)}
"""By what the number of an amount is multiplied when it is written in megabytes, gigabytes or bytes instead of KiB."""


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= _SLACK * other
