"""One worker of the app, started in a temporary folder, weighed and ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from flake8_celery_oom.weighing.processes import Held, children_of, held_by

SETTLING = 0.7
"""Seconds after which a worker that is ready has nothing more to do."""
ENDING = 10.0
POLL = 0.05
SCRIPT = Path(__file__).with_name("script.py")
QUIET = ("-l", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat")
_LINES_SHOWN = 6


class WeighingError(Exception):
    """The worker could not be weighed; the text says why, in one line or with the end of its log."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is weighed: an app as ``-A`` names it, in the folder that its modules are imported from.

    ``folder`` gets the files of the weighing, ``start_in`` is where the worker is started; ``seconds`` is how long it
    may take to be ready, and to do its tasks.
    """

    app: str
    project: Path
    python: str
    folder: Path
    start_in: Path
    seconds: float
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Task:
    """A task that every child does; the empty name does nothing."""

    name: str = ""
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A worker at one moment."""

    main: Held
    children: tuple[Held, ...]

    @property
    def whole(self) -> int:
        """What counts against a memory limit, in bytes."""
        return self.main.share + sum(child.share for child in self.children)


class RunningWorker:
    """The worker, from its start to its end; ``children`` is how many it forks, 0 for the pool without any."""

    def __init__(self, subject: Subject, children: int) -> None:
        self._subject = subject
        self._children = children
        self._report = subject.folder / f"report-{children}.jsonl"
        self._log = subject.folder / f"worker-{children}.log"
        self._report.write_text("")

    def __enter__(self) -> RunningWorker:
        pool = ("-P", "prefork", "-c", str(self._children)) if self._children else ("-P", "solo")
        subject = self._subject
        given = {"app": subject.app, "project": str(subject.project), "report": str(self._report)}
        words = [subject.python, str(SCRIPT), json.dumps({**given, "options": [*pool, *QUIET]})]
        with self._log.open("wb") as log:
            try:
                self._process = subprocess.Popen(
                    words,
                    cwd=subject.start_in,
                    env={**subject.environment, "C_FORCE_ROOT": "1"},
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            except OSError as error:
                raise WeighingError(f"{subject.python} cannot be started ({error.strerror})") from error
        try:
            self._until(lambda: any("ready" in line for line in self._lines()), "was not ready")
            time.sleep(SETTLING)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=ENDING)
        self._signal(signal.SIGKILL)
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _signal(self, number: signal.Signals) -> None:
        """Tell the worker or, to kill, all that it has started."""
        with suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)

    def weighed(self) -> Sample:
        """What the processes have now."""
        children = children_of(self._process.pid)
        if len(children) != self._children:
            raise WeighingError(f"the worker has {len(children)} children instead of {self._children}")
        return Sample(held_by(self._process.pid), tuple(held_by(child) for child in children))

    def do(self, task: Task) -> int:
        """Let every child do a task, and give the most that one of them had in memory at any time, in bytes."""
        count = max(1, self._children)
        begun = len(self._lines())
        self._send(task, count)
        self._until(lambda: len(self._done(begun)) >= count, "did not do its tasks")
        done = self._done(begun)
        wrong = next((line for line in done if line["state"] != "SUCCESS"), None)
        if wrong is not None:
            raise self._error(f"the task ended as {wrong['state']}")
        busy = len({line["pid"] for line in done})
        if busy < count:
            raise self._error(f"only {busy} of {count} children did the task")
        time.sleep(SETTLING)
        return max(int(line["peak"]) for line in done) * 1024

    def _send(self, task: Task, count: int) -> None:
        asked = {"task": task.name, "args": list(task.args), "kwargs": dict(task.kwargs or {}), "count": count}
        assert self._process.stdin is not None
        self._process.stdin.write((json.dumps(asked) + "\n").encode())
        self._process.stdin.flush()

    def _lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._report.read_text().splitlines()]

    def _done(self, begun: int) -> list[dict[str, Any]]:
        lines = self._lines()[begun:]
        failed = next((line["failed"] for line in lines if "failed" in line), None)
        if failed is not None:
            raise WeighingError(f"the task cannot be sent ({failed})")
        return [line for line in lines if "task" in line]

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + self._subject.seconds
        while not holds():
            if self._process.poll() is not None:
                raise self._error(f"the worker ended by itself (status {self._process.returncode})")
            if time.monotonic() > end:
                raise self._error(f"the worker {what} within {self._subject.seconds:g} seconds")
            time.sleep(POLL)

    def _error(self, what: str) -> WeighingError:
        said = self._log.read_text(errors="replace").strip().splitlines()[-_LINES_SHOWN:]
        return WeighingError("\n".join([what, *(f"    {line}" for line in said)]))
