"""Amounts of memory as the file formats write them, in bytes, and bytes as people read them.

Every function returns None for text that is not an amount in its format. Celery's own unit, KiB, is only met in
:func:`human_kib`: ``max_memory_per_child`` counts KiB.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal, InvalidOperation

KIB = 1024
MIB = 1024**2
GIB = 1024**3

_KUBERNETES = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:([numkMGTPE])|([KMGTPE])i|[eE]([+-]?\d{1,3}))?")
_DECIMAL_POWERS = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY_POWERS = {"K": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}
_DOCKER = re.compile(r"(\d+(?:\.\d*)?|\.\d+) ?(?:([kmgtp])(?:i?b)?|b)?", re.IGNORECASE)
_SYSTEMD = re.compile(r"(\d+(?:\.\d*)?)\s*(?:([KMGTPE])B?|B)?", re.IGNORECASE)
_CLOUD_FOUNDRY = re.compile(r"(\d+(?:\.\d*)?)\s*([KMGT])i?B?|(\d+)B", re.IGNORECASE)
_LONGEST = 40


def kubernetes_bytes(text: str) -> int | None:
    """A Kubernetes quantity of memory: ``512Mi`` and ``1.5Gi`` count in 1024s, ``1G`` and ``129e6`` in 1000s.

    ``500m`` is half a byte; fractions of a byte are rounded up, as the API server does. ``512mi`` and ``512MB`` are
    no quantities.
    """
    found = _KUBERNETES.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if found is None:
        return None
    number, decimal, binary, exponent = found.groups()
    factor = Decimal(1)
    if decimal:
        factor = Decimal(10) ** _DECIMAL_POWERS[decimal]
    elif binary:
        factor = Decimal(1024) ** _BINARY_POWERS[binary]
    elif exponent:
        factor = Decimal(10) ** int(exponent)
    return _whole(number, factor)


def docker_bytes(text: str) -> int | None:
    """A size of Docker and compose: ``1.5g``, ``512m``, ``300k``, ``1073741824``, ``1073741824b``; always 1024s.

    Fractions of a byte are cut off (``RAMInBytes`` of docker/go-units). More than Docker can count is no size.
    """
    found = _DOCKER.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if found is None:
        return None
    unit = found.group(2)
    amount = int(float(found.group(1)) * 1024 ** (_BINARY_POWERS[unit.upper()] if unit else 0))
    return amount if amount < 2**63 else None


def systemd_bytes(text: str) -> int | None:
    """A size of systemd (``MemoryMax=1G``): 1024s; ``infinity`` and percentages are no amounts."""
    return _binary(_SYSTEMD, text)


def cloud_foundry_bytes(text: str) -> int | None:
    """A size of a Cloud Foundry manifest: ``1G``, ``512M``, ``1.5GB``; 1024s, the unit is required."""
    found = _CLOUD_FOUNDRY.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if found is None:
        return None
    if found.group(3):
        return int(found.group(3))
    return _whole(found.group(1), Decimal(1024) ** _BINARY_POWERS[found.group(2).upper()])


def _binary(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if found is None:
        return None
    unit = found.group(2)
    return _whole(found.group(1), Decimal(1024) ** (_BINARY_POWERS[unit.upper()] if unit else 0))


def _whole(number: str, factor: Decimal) -> int | None:
    try:
        value = (Decimal(number) * factor).to_integral_value(ROUND_CEILING)
    except InvalidOperation:
        return None
    return int(value) if value >= 0 else None


def human_bytes(count: int) -> str:
    """Bytes for people, in the largest 1024s unit that gives at least one: ``1.5 GiB``, ``512 MiB``, ``0 bytes``."""
    for unit, size in (("TiB", 1024**4), ("GiB", GIB), ("MiB", MIB), ("KiB", KIB)):
        if abs(count) >= size * 0.9995:
            return f"{_short(count / size)} {unit}"
    return f"{count} byte" if abs(count) == 1 else f"{count} bytes"


def human_kib(count: int) -> str:
    """KiB (Celery's unit) for people."""
    return human_bytes(count * KIB)


def _short(number: float) -> str:
    """Two decimals below ten, one below a hundred, else none; no trailing zeros."""
    digits = 2 if abs(number) < 10 else 1 if abs(number) < 100 else 0
    text = f"{number:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
