"""How many inputs a comparison with a real program makes: a few hundred, more with ORACLE_INPUTS=20000."""

from __future__ import annotations

import os

BATCH = 8
"""Inputs of one example of hypothesis: the real program is started once for all of them."""


def examples(inputs: int = 512) -> int:
    """The number of examples that make at least so many inputs, or as many as ORACLE_INPUTS asks for."""
    wanted = int(os.environ.get("ORACLE_INPUTS") or inputs)
    return max(-(-wanted // BATCH), 1)


def derandomized() -> bool:
    """Whether each run makes the same inputs; a longer run makes new ones."""
    return "ORACLE_INPUTS" not in os.environ
