"""The engine of one machine: some processes that scan, each replaced when it dies, is overdue or has grown."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from typing import IO

import flake8_celery_oom
from flake8_celery_oom.fleet.child import READY, STALLED
from flake8_celery_oom.fleet.feed import Feed
from flake8_celery_oom.fleet.jobs import Job, Limits, Outcome

GROWN = 230 * 1024 * 1024
"""A process that holds more bytes than this is replaced by a new one."""
QUEUED = 4
QUICK_SECONDS = 0.05
"""So many jobs are on their way to a process whose last one was that quick; else one, so that none waits in vain."""
MOST_ATTEMPTS = 3
MOST_KILLED = 12
"""So many processes may die of one repository, and so many may be killed during it: that does somebody else mostly."""
START_SECONDS = 120.0
_TIMERS = {getattr(signal, name) for name in ("SIGALRM", "SIGPROF") if hasattr(signal, name)}
MOST_FAILED_STARTS = 10


class EngineError(Exception):
    """Processes cannot be started; the text says why."""


class Child:
    """One process. ``queued`` are the jobs that it has been sent; it works on the first."""

    def __init__(self, limits: Limits, scratch: str) -> None:
        self.queued: deque[Job] = deque()
        self.is_ready = self.is_alone = False
        self.served = 0
        self.is_quick = False
        self.since = time.monotonic()
        self._head = b""
        self._rest = b""
        self._limits = limits
        self._scratch = tempfile.mkdtemp(dir=scratch)
        words = ["--seconds", str(limits.seconds), "--memory", str(limits.memory), "--scratch", self._scratch]
        home = os.path.dirname(os.path.dirname(os.path.abspath(flake8_celery_oom.__file__)))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "flake8_celery_oom.fleet.child", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=home,  # `-m` looks for modules there first
            start_new_session=True,  # Ctrl-C is for who started this
        )
        os.set_blocking(self.output.fileno(), False)

    @property
    def output(self) -> IO[bytes]:
        """Where its answers come from."""
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def send(self, job: Job) -> None:
        """Ask for a job. That the process is dead is seen when its answers are read."""
        assert self._process.stdin is not None
        if not self.queued:
            self.since = time.monotonic()
        self.queued.append(job)
        try:
            self._process.stdin.write(job.line().encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            return

    def overdue(self, now: float) -> bool:
        """Whether it takes longer by the clock than it may; that it works longer it sees itself."""
        if not self.is_ready:
            return now - self.since > START_SECONDS
        return bool(self.queued) and now - self.since > self._limits.seconds * STALLED

    def read(self) -> list[tuple[Job, Outcome]] | None:
        """The outcomes that have come, each with its job; None when no more will."""
        try:
            data = os.read(self.output.fileno(), 1 << 20)
        except BlockingIOError:
            return []
        if not data:
            return None
        self._rest += data
        *lines, self._rest = self._rest.split(b"\n")
        found = []
        for line in lines:
            if not self.is_ready:
                self.is_ready = line + b"\n" == READY
                self.since = time.monotonic()
            elif not self._head:
                self._head = line
            else:
                found.append((self.queued.popleft(), Outcome.from_lines(self._head, line.decode())))
                self._head = b""
                self.served += 1
                self.is_quick = found[-1][1].seconds < QUICK_SECONDS
                self.since = time.monotonic()
        return found

    def end(self) -> int:
        """Kill it, and give its exit status, below 0 that of a signal."""
        if self._process.poll() is None:
            self._process.kill()
        status = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue
        shutil.rmtree(self._scratch, ignore_errors=True)
        return status


class Children:
    """So many processes on this machine; they live until it is closed."""

    def __init__(self, count: int, limits: Limits) -> None:
        self._count = count
        self._limits = limits
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._attempts: dict[int, int] = {}
        self._again: deque[Job] = deque()
        """Jobs that went to a process that died before it began with them."""
        self._suspects: deque[Job] = deque()
        """Jobs during which a process died: each is tried in a new process, alone."""
        self._failed_starts = 0
        self._scratch = tempfile.TemporaryDirectory(prefix="celery-oom-fleet-", ignore_cleanup_errors=True)

    def __enter__(self) -> Children:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all processes."""
        for child in self._children:
            child.end()
        self._children.clear()
        self._selector.close()
        self._scratch.cleanup()

    @property
    def pids(self) -> list[int]:
        """The processes that run now."""
        return [child.pid for child in self._children]

    def run(self, feed: Feed) -> Iterator[Outcome]:
        """Do all jobs; the outcomes come in the order of the jobs. Raises EngineError."""
        while len(self._children) < min(self._count, feed.count):
            self._start()
        while not feed.is_finished:
            for child in list(self._children):
                self._give_work(child, feed)
            for outcome in self._wait():
                yield from feed.done(outcome)

    def _start(self) -> Child:
        child = Child(self._limits, self._scratch.name)
        self._children.append(child)
        self._selector.register(child.output, selectors.EVENT_READ, child)
        return child

    def _give_work(self, child: Child, feed: Feed) -> None:
        if not child.is_ready:
            return
        if not child.queued and self._suspects:
            if child.served:
                self._replace(child)
                return
            child.is_alone = True
            child.send(self._suspects.popleft())
        most = QUEUED if child.is_quick else 1
        while not child.is_alone and len(child.queued) < most and not self._suspects:
            job = self._again.popleft() if self._again else feed.take()
            if job is None:
                return
            child.send(job)

    def _wait(self) -> Iterator[Outcome]:
        """What comes from the processes within a short time."""
        now = time.monotonic()
        for child in [one for one in self._children if one.overdue(now)]:
            yield from self._ended(child, is_overdue=True)
        for key, _ in self._selector.select(timeout=0.2):
            child = key.data
            outcomes = child.read()
            if outcomes is None:
                yield from self._ended(child)
                continue
            if child.is_ready:
                self._failed_starts = 0
            for job, outcome in outcomes:
                if outcome.result == "memory" and not child.is_alone:  # it counts in a new process only
                    self._suspects.append(job)
                else:
                    yield outcome
            last = outcomes[-1][1] if outcomes else None
            if last is not None and (last.resident > GROWN or last.result == "memory" or child.is_alone):
                self._replace(child)

    def _replace(self, child: Child) -> None:
        """A new process in place of one that has grown, or was for one job alone; what it has not begun goes on."""
        self._again.extend(child.queued)
        self._end(child)
        self._start()

    def _ended(self, child: Child, *, is_overdue: bool = False) -> Iterator[Outcome]:
        """A process that is dead, or has to be: the job that it worked on is judged, the others go on."""
        seconds = time.monotonic() - child.since
        status = self._end(child)
        if not child.is_ready:
            self._failed_starts += 1
            if self._failed_starts >= MOST_FAILED_STARTS:
                raise EngineError(f"processes that scan cannot be started ({_status(status)}): give them more memory")
            self._again.extend(child.queued)
        elif child.queued:
            job = child.queued.popleft()
            self._again.extend(child.queued)
            yield from self._blamed(job, status, seconds, is_overdue=is_overdue)
        self._start()

    def _blamed(self, job: Job, status: int, seconds: float, *, is_overdue: bool) -> Iterator[Outcome]:
        if is_overdue or -status in _TIMERS:
            kind = "of the processor" if -status == getattr(signal, "SIGPROF", 0) else "by the clock, mostly waiting"
            most = self._limits.seconds if kind.startswith("of") else self._limits.seconds * STALLED
            yield Outcome.failed(job, "timeout", f"took more than {most:g} seconds {kind}", seconds)
            return
        attempts = self._attempts[job.number] = self._attempts.get(job.number, 0) + 1
        if attempts < (MOST_KILLED if -status == getattr(signal, "SIGKILL", 0) else MOST_ATTEMPTS):
            self._suspects.append(job)
        else:
            reason = f"{attempts} processes died of it, the last by {_status(status)}"
            yield Outcome.failed(job, "died", reason, seconds)

    def _end(self, child: Child) -> int:
        self._selector.unregister(child.output)
        self._children.remove(child)
        return child.end()


def _status(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
