"""Starts the worker of an app, sends it tasks when it is told to, and reports what became of them.

Run by the Python of the app that is weighed (3.7 or later, with Celery 4 or 5), never imported. Its argument is a JSON
object: ``app`` as ``-A`` names it, ``project`` (the folder that modules are imported from), ``options`` of the worker,
``report`` (the file that gets one JSON object a line). On standard input it gets one JSON object a line: ``{"task":
NAME, "args": [], "kwargs": {}, "count": N}``; without a name the task does nothing. The N children do one each: who has
done a task stays busy until the others have, since a pool hands a task to the first child that is free.

The app keeps its settings but for those that would replace children or speak to a server. The modules of its real
broker and result backend are imported, as a worker would: they weigh something.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

NOTHING = "celery_oom.nothing"
BROKER = "celeryoom"
POLL = 0.05
GATHERING = 20.0
"""Seconds that a child which has done its task stays busy at most, until the other children have done theirs."""


class Report:
    """The lines of the report; children that were forked later write to the same file."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)

    def say(self, **values: Any) -> None:
        """Add one line, in one step."""
        os.write(self._file, (json.dumps(values) + "\n").encode())

    def all_have_done_theirs(self) -> bool:
        """Whether as many processes have done a task as were asked to do the latest ones."""
        wanted = 0
        done: set[int] = set()
        with Path(self._path).open() as file:
            for line in file:
                said = json.loads(line)
                if "wanted" in said:
                    wanted, done = said["wanted"], set()
                elif "task" in said:
                    done.add(said["pid"])
        return len(done) >= wanted


def main() -> None:
    """Start the worker and stay until it is ended."""
    given = json.loads(sys.argv[1])
    commands = os.fdopen(os.dup(0))
    sys.argv[:] = ["celery"]
    sys.path[0] = given["project"]
    report = Report(given["report"])
    app = prepared(given["app"])
    from celery import signals

    def ready(**_: Any) -> None:
        report.say(ready=os.getpid())
        threading.Thread(target=serve, args=(app, commands, report), daemon=True).start()

    def done(sender: Any = None, state: str = "", **_: Any) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        report.say(task=getattr(sender, "name", ""), pid=os.getpid(), state=state, peak=peak)
        end = time.monotonic() + GATHERING
        while not report.all_have_done_theirs() and time.monotonic() < end:
            time.sleep(POLL)

    signals.worker_ready.connect(ready, weak=False)
    signals.task_postrun.connect(done, weak=False)
    app.worker_main(["worker", *given["options"]])


def prepared(name: str) -> Any:
    """The app, with what keeps its worker to itself."""
    from celery.app.utils import find_app

    app = find_app(name)
    import_transport(app)
    import_backend(app)
    use_own_broker()
    for variable in ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL"):
        os.environ[variable] = f"{BROKER}://"
    os.environ["CELERY_RESULT_BACKEND"] = "cache+memory://"
    for variable in [variable for variable in os.environ if variable.startswith("CELERY_WORKER_")]:
        del os.environ[variable]
    app.conf.update(
        worker_max_tasks_per_child=None,
        worker_max_memory_per_child=None,
        worker_pool_restarts=False,
        task_always_eager=False,
    )

    def nothing() -> None:
        return

    app.task(name=NOTHING, ignore_result=True)(nothing)
    return app


def use_own_broker() -> None:
    """Make Kombu know a broker in the memory of the main process that works with an event loop, as Redis and AMQP do.

    With Kombu's own ``memory`` Celery has no event loop, and then forks another pool, whose children share much more.
    """
    import kombu.transport
    from kombu.transport import memory

    class Transport(memory.Transport):
        """Messages are fetched by a timer of the event loop."""

        implements = memory.Transport.implements.extend(asynchronous=True)

        def register_with_event_loop(self, connection: Any, loop: Any) -> None:
            """Start to fetch."""
            loop.call_repeatedly(POLL, self.fetch, connection)

        def fetch(self, connection: Any) -> None:
            """Hand on what is there, without waiting."""
            try:
                self.drain_events(connection, timeout=0)  # type: ignore[no-untyped-call]
            except OSError:
                return

    sys.modules[BROKER] = type(sys)(BROKER)
    sys.modules[BROKER].Transport = Transport  # type: ignore[attr-defined]
    kombu.transport.TRANSPORT_ALIASES[BROKER] = f"{BROKER}:Transport"


def import_transport(app: Any) -> None:
    """Import what the app speaks to its real broker with; it is not connected to."""
    from kombu.transport import get_transport_cls

    url = app.conf.broker_url or app.conf.broker_read_url
    first = url[0] if isinstance(url, (list, tuple)) else str(url or "amqp://").split(";")[0]
    try:
        get_transport_cls(str(first).partition("://")[0].partition("+")[0])
    except Exception as error:
        print("the transport of the broker cannot be imported:", error, file=sys.stderr)


def import_backend(app: Any) -> None:
    """Import what the app stores results with; it is not connected to."""
    from celery.app.backends import by_url

    if not app.conf.result_backend:
        return
    try:
        by_url(app.conf.result_backend, app.loader)
    except Exception as error:
        print("the result backend cannot be imported:", error, file=sys.stderr)


def serve(app: Any, commands: Any, report: Report) -> None:
    """Send the tasks that are asked for; end with whoever asks."""
    for line in commands:
        asked = json.loads(line)
        queue = next(iter(app.amqp.queues.consume_from))
        report.say(wanted=asked["count"])
        try:
            for _ in range(asked["count"]):
                app.send_task(asked["task"] or NOTHING, asked["args"], asked["kwargs"], queue=queue, ignore_result=True)
        except Exception as error:
            report.say(failed=f"{type(error).__name__}: {error}")
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
