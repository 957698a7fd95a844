"""Amounts of memory as deployment formats write them, in bytes."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal

_BINARY = {letter: 1024**power for power, letter in enumerate("kmgtpe", start=1)}
_DECIMAL = {letter: 1000**power for power, letter in enumerate("kMGTPE", start=1)}
_KUBERNETES = re.compile(
    r"\+?(\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d{1,2}))?\Z", re.ASCII
)
_DOCKER = re.compile(r"(\d{1,30}(?:\.\d{1,30})?) ?(?:([kmgtp])?i?b?)\Z", re.IGNORECASE | re.ASCII)
_SYSTEMD = re.compile(r"(\d{1,30}(?:\.\d{1,30})?)\s*([KMGTPE]?)B?\Z", re.ASCII)
_SMALL = {"n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3")}


def kubernetes_bytes(text: str) -> int | None:
    """A Kubernetes quantity (``512Mi``, ``1G``, ``1.5e9``): ``Mi`` counts by 1024, ``M`` by 1000. None: no quantity."""
    match = _KUBERNETES.match(text.strip())
    if match is None:
        return None
    number, binary, decimal, exponent = match.groups()
    factor = Decimal(1)
    if binary:
        factor = Decimal(_BINARY[binary[0].lower()])
    elif decimal:
        factor = _SMALL[decimal] if decimal in _SMALL else Decimal(_DECIMAL[decimal])
    elif exponent:
        factor = Decimal(10) ** int(exponent)
    return int((Decimal(number) * factor).to_integral_value(ROUND_CEILING))


def docker_bytes(text: str) -> int | None:
    """A size of Docker and compose (``512m``, ``1.5g``, ``1gb``): every unit counts by 1024. None: no size."""
    match = _DOCKER.match(text.strip())
    return _times_1024(match[1], match[2]) if match else None


def systemd_bytes(text: str) -> int | None:
    """A size of systemd (``512M``, ``1G``, plain bytes), by 1024. None for ``infinity``, ``50%`` and nonsense."""
    match = _SYSTEMD.match(text.strip())
    return _times_1024(match[1], match[2]) if match else None


def _times_1024(number: str, letter: str | None) -> int:
    return int(Decimal(number) * (_BINARY[letter.lower()] if letter else 1))
