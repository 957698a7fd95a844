"""A process that scans: jobs on standard input, outcomes on standard output, until the input ends.

It bounds itself: address space by ``RLIMIT_AS``, time by timers whose signals end it wherever it stands, also when
nobody waits for it any more: one of the processor's time, and one of the clock for what waits without working.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from queue import SimpleQueue
from threading import Event, Thread

READY = b"ready\n"
STALLED = 5.0
"""So many times the seconds of the processor that a job may take are what it may take by the clock."""
GRACE_SECONDS = 5.0
"""Who asks ends a stalled process first; this long after its time it ends itself."""


def main() -> int:
    """Answer until the input ends."""
    parser = argparse.ArgumentParser(prog="celery-oom fleet child")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--memory", type=int, required=True)
    parser.add_argument("--scratch", required=True)
    options = parser.parse_args()
    input_ended = False
    try:
        input_ended = _serve(options)
    finally:
        _remove(options.scratch, is_orphan=input_ended)
    return 0


def _serve(options: argparse.Namespace) -> bool:
    """Answer; whether that went on until the input ended, which it does when whoever asks is gone."""
    from flake8_celery_oom.fleet.jobs import Job, Outcome
    from flake8_celery_oom.fleet.performing import perform

    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whatever prints must not be taken for an answer
    _import_what_scans_need()
    _bound_memory(options.memory)
    output.write(READY)
    output.flush()
    for line in _jobs(options.scratch):
        job = Job.from_line(line)
        _alarm(options.seconds)
        try:
            outcome = perform(job, options.scratch)
        except MemoryError:
            outcome = Outcome.failed(job, "memory", "needs more memory than a scan may take")
        _alarm(0)
        output.write(outcome.lines().encode("utf-8", "backslashreplace"))
        output.flush()
        if outcome.result == "memory":
            return False
    return True


def _jobs(scratch: str) -> Iterator[bytes]:
    """The lines of standard input. It is read by a thread: when it ends amid a job, nobody waits for the answer."""
    waiting: SimpleQueue[bytes] = SimpleQueue()
    busy = Event()

    def read() -> None:
        for line in sys.stdin.buffer:
            waiting.put(line)
        waiting.put(b"")
        if busy.is_set():
            _remove(scratch, is_orphan=True)
            os.kill(os.getpid(), signal.SIGKILL)

    Thread(target=read, daemon=True).start()
    while line := waiting.get():
        busy.set()
        yield line
        busy.clear()


def _remove(scratch: str, *, is_orphan: bool) -> None:
    """Leave nothing behind; where nobody is there any more to do it, the folder around it too."""
    shutil.rmtree(scratch, ignore_errors=True)
    if is_orphan:
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(scratch))


def _import_what_scans_need() -> None:
    """Import all that a scan may need, and keep it out of the way of the garbage collector."""
    from flake8_celery_oom import rules
    from flake8_celery_oom.api import building, owners  # noqa: F401
    from flake8_celery_oom.changes import lower  # noqa: F401
    from flake8_celery_oom.fleet import performing  # noqa: F401
    from flake8_celery_oom.resolve import project  # noqa: F401
    from flake8_celery_oom.resolve.linking import prepare  # noqa: F401
    from flake8_celery_oom.sources.kinds import kinds_of
    from flake8_celery_oom.syntax import shell  # noqa: F401

    rules.rules()
    kinds_of("", "")
    gc.collect()
    gc.freeze()


def _bound_memory(most: int) -> None:
    try:
        import resource
    except ImportError:
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _alarm(seconds: float) -> None:
    """End this process when it has worked for so many seconds, whatever it does then; 0: not any more."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, seconds * STALLED + GRACE_SECONDS if seconds else 0)


if __name__ == "__main__":
    sys.exit(main())
