"""From workers with one, two and four children to what each child adds."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flake8_celery_oom.core.weights import Weights
from flake8_celery_oom.weighing.running import RunningWorker, Sample, Subject, Task

COUNTS = (1, 2, 4)
NOTHING = Task()


@dataclass(frozen=True, slots=True)
class Weighed:
    """What was found, in bytes: the worker after a task that does nothing, and after the task of the user.

    ``first_child`` is what a worker with one child needs more than one without; ``imported`` are the weights before any
    task.
    ``peak`` is the most that a child had in memory at any time while it did the user's task.
    """

    imported: Weights
    idle: Weights
    first_child: int
    used: Weights | None = None
    peak: int | None = None

    @property
    def lasting(self) -> Weights:
        """What counts for a worker that has been at work."""
        return self.used if self.used is not None else self.idle


def weigh(subject: Subject, task: Task | None = None, say: Callable[[str], object] = lambda _: None) -> Weighed:
    """Start the worker of an app several times and weigh it. Raises WeighingError."""
    stages: dict[str, dict[int, Sample]] = {"imported": {}, "idle": {}, "used": {}}
    peak = None
    for count in (*COUNTS, 0):
        say(f"a worker with {count} {'child' if count == 1 else 'children'}" if count else "a worker without children")
        with RunningWorker(subject, count) as worker:
            stages["imported"][count] = worker.weighed()
            worker.do(NOTHING)
            stages["idle"][count] = worker.weighed()
            if task is not None:
                peak = max(peak or 0, worker.do(task)) if count else peak
                stages["used"][count] = worker.weighed()
    idle = stages["idle"]
    return Weighed(
        weights_of(stages["imported"]),
        weights_of(idle),
        max(0, idle[1].whole - idle[0].whole),
        weights_of(stages["used"]) if task is not None else None,
        peak,
    )


def weights_of(samples: Mapping[int, Sample]) -> Weights:
    """The weights behind workers with different numbers of children; 0 is the pool without any."""
    fewest, most = min(COUNTS), max(COUNTS)
    each = max(0, samples[most].whole - samples[fewest].whole) // (most - fewest)
    return Weights(
        main_rss=max(samples[count].main.rss for count in COUNTS),
        main_alone=samples[most].whole - most * each,
        child_rss=round(statistics.median(child.rss for count in COUNTS for child in samples[count].children)),
        child_own=each,
        one_process=samples[0].whole,
    )
