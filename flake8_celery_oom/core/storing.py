"""What data classes say about being stored (`remembered`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NOT_STORED: Final[Mapping[str, bool]] = {"stored": False}
"""Metadata of a field that holds what can be worked out again, or what lives in one process only."""
