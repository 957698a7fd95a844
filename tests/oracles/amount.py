"""How many inputs a comparison with a real program makes.

A few hundred, twice as many with ``CELERY_OOM_LONG=1``, any number with ``ORACLE_INPUTS=20000``.
"""

from __future__ import annotations

import os

BATCH = 8
"""Inputs of one example of hypothesis: the real program is started once for all of them."""


def inputs(number: int) -> int:
    """So many inputs, twice as many in a long run, or as many as ORACLE_INPUTS asks for."""
    return int(os.environ.get("ORACLE_INPUTS") or number * (2 if "CELERY_OOM_LONG" in os.environ else 1))


def examples(number: int = 256) -> int:
    """The number of examples that make at least so many inputs."""
    return max(-(-inputs(number) // BATCH), 1)


def derandomized() -> bool:
    """Whether each run makes the same inputs; a longer run makes new ones."""
    return "ORACLE_INPUTS" not in os.environ
