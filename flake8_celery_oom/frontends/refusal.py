"""What the user asked for and what cannot be done."""

from __future__ import annotations


class RefusedError(Exception):
    """Something that the user asked for and that cannot be done; the text is one line."""
