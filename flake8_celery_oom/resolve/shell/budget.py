"""How much work one launch may cause in the shell interpreter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

MAX_STEPS = 20_000
MAX_DEPTH = 40


@dataclass(slots=True)
class Budget:
    """How much work is left; shared by everything that one launch leads to."""

    steps: int = MAX_STEPS
    depth: int = 0

    exhausted: bool = False
    """Whether there was a step too few."""

    def spend(self) -> bool:
        """Take one step; false when none is left."""
        self.steps -= 1
        self.exhausted = self.exhausted or self.steps <= 0
        return self.steps > 0

    def part(self, *, whole: bool) -> int:
        """How many steps a script inside is given."""
        return self.steps if whole else self.steps // 2

    @contextmanager
    def share(self, *, whole: bool) -> Iterator[Budget]:
        """Half of what is left, or all of it, for a script inside: it can't use up what comes after it."""
        before, had_enough = self.steps, not self.exhausted
        given = self.part(whole=whole)
        self.steps, self.exhausted = given, False
        inner = Budget(given, self.depth)
        try:
            yield inner
        finally:
            inner.exhausted = self.exhausted
            self.steps = before - (given - self.steps)
            self.exhausted = not had_enough or (whole and inner.exhausted)
