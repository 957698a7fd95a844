"""Which variables an arithmetic expression of a shell gives other values: ``N = 2 * 3``, ``N++``, ``N += 1``."""

from __future__ import annotations

import re

_ASSIGNED = re.compile(
    r"([A-Za-z_]\w*)\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)"
    r"|([A-Za-z_]\w*)\s*(?:\+\+|--)"
    r"|(?:\+\+|--)\s*([A-Za-z_]\w*)"
)


def assigned_in(expression: str) -> tuple[str, ...]:
    """The names of the variables, each once, in the order of the expression."""
    return tuple(dict.fromkeys(next(filter(None, match.groups())) for match in _ASSIGNED.finditer(expression)))
