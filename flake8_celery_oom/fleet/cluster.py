"""The engine of many machines: the workers of a scheduler of dask.distributed, which see the same paths as this one.

Importing this module needs distributed. Encryption and trust are what dask's own configuration says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from distributed import Client, as_completed
from distributed.comm.core import CommClosedError
from distributed.scheduler import KilledWorker

from flake8_celery_oom.fleet.children import MOST_KILLED, EngineError
from flake8_celery_oom.fleet.cluster_task import OtherProgramError, perform_on_worker
from flake8_celery_oom.fleet.feed import Feed
from flake8_celery_oom.fleet.jobs import Job, Limits, Outcome
from flake8_celery_oom.fleet.program import program

if TYPE_CHECKING:
    from distributed import Future

WAIT_SECONDS = 30.0
SUBMITTED = 1000
"""So many jobs are with the scheduler at the same time."""
RETRIES = 3
"""How often dask itself tries a job again that failed for a reason that is not its own."""


class Cluster:
    """The workers of one scheduler. Raises EngineError where it cannot be reached or has no workers."""

    def __init__(self, address: str, limits: Limits) -> None:
        self._limits = limits
        try:
            self._client = Client(address, timeout=WAIT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise EngineError(f"{address}: no scheduler answers ({error})") from error
        try:
            self._client.wait_for_workers(1, timeout=WAIT_SECONDS)
        except TimeoutError as error:
            self._client.close()
            raise EngineError(f"{address}: the scheduler has no workers") from error

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def run(self, feed: Feed) -> Iterator[Outcome]:
        """Do all jobs; the outcomes come in the order of the jobs. Raises EngineError."""
        try:
            yield from self._run(feed)
        except (CommClosedError, OSError) as error:
            raise EngineError(f"the scheduler is lost ({error})") from error

    def _run(self, feed: Feed) -> Iterator[Outcome]:
        jobs: dict[str, Job] = {}
        killed: dict[int, int] = {}
        done: Any = as_completed([], loop=self._client.loop)
        while not feed.is_finished:
            while len(jobs) < SUBMITTED and (job := feed.take()) is not None:
                self._submit(job, jobs, done)
            future: Future = next(done)
            job = jobs.pop(future.key)
            if future.status == "error" and isinstance(future.exception(), KilledWorker):
                killed[job.number] = killed.get(job.number, 0) + 1
                if killed[job.number] < MOST_KILLED:
                    self._submit(job, jobs, done)
                    continue
                outcome = Outcome.failed(job, "died", "workers of the scheduler died of it, again and again")
            else:
                outcome = _outcome(future)
            future.release()
            yield from feed.done(outcome)

    def _submit(self, job: Job, jobs: dict[str, Job], done: Any) -> None:
        bounds = (self._limits.seconds, self._limits.memory, program())
        future = self._client.submit(perform_on_worker, job.line(), *bounds, pure=False, retries=RETRIES)
        jobs[future.key] = job
        done.add(future)


def _outcome(future: Future) -> Outcome:
    try:
        head, body, _ = future.result().split("\n")
    except OtherProgramError as error:
        raise EngineError(f"{error}: install the same on all") from error
    except (ModuleNotFoundError, AttributeError) as error:
        raise EngineError(f"a worker lacks this program: install flake8-celery-oom there ({error})") from error
    return Outcome.from_lines(head, body)
