"""What the processes of an idle worker weigh."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weights:
    """One idle worker that was weighed, in bytes.

    ``main_rss`` is what its main process has in memory, ``main_alone`` what is left of the whole worker without
    ``child_own`` for each child; ``child_rss`` is what a child has in memory, ``child_own`` what one more child adds.
    ``one_process`` is the memory of a worker whose pool has no children; None where that was not weighed.
    """

    main_rss: int
    main_alone: int
    child_rss: int
    child_own: int
    one_process: int | None = None
