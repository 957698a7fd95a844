"""What messages weigh that the main process of a real worker holds: prefetched, or waiting for their time."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from flake8_celery_oom.analysis import budget
from tests.lab import servers
from tests.lab.cgroup import MemoryCgroup

APP = """
import os
import time

from celery import Celery

app = Celery("held", broker=os.environ["LAB_BROKER"], broker_connection_retry_on_startup=True)
app.conf.worker_prefetch_multiplier = 5000


@app.task(name="held.wait")
def wait(text):
    time.sleep(600)
"""
MESSAGES = 1500


def held_bytes(folder: Path, message_size: int, **options: object) -> float:
    """How much more each message makes the main process."""
    from celery import Celery

    (folder / "held.py").write_text(APP)
    command = [sys.executable, "-m", "celery", "-A", "held", "worker", "-l", "INFO", "-c", "1"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with (
        servers.redis() as broker,
        MemoryCgroup() as cgroup,
        Celery("sender", broker=broker, set_as_current=False) as sender,
        servers.worker(command, cgroup, folder, {"LAB_BROKER": broker}),
    ):
        servers.until(lambda: servers.ready(folder), servers.STARTING, "the worker")
        time.sleep(1)
        before = cgroup.anonymous_bytes()
        with sender.connection_for_write() as connection, sender.amqp.Producer(connection) as producer:
            for _ in range(MESSAGES):
                sender.send_task("held.wait", args=("x" * message_size,), producer=producer, **options)
        log = folder / "worker.log"
        servers.until(lambda: log.read_bytes().count(b" received") >= MESSAGES, 60.0, "the messages")
        time.sleep(0.5)
        return (cgroup.anonymous_bytes() - before) / MESSAGES


@pytest.mark.lab
@pytest.mark.usefixtures("turn")
@pytest.mark.parametrize("message_size", [0, 10_240])
@pytest.mark.parametrize("options", [{}, {"countdown": 3600}], ids=["prefetched", "eta"])
def test_a_held_message_weighs_what_is_counted(message_size: int, options: dict[str, object], tmp_path: Path) -> None:
    weighed = held_bytes(tmp_path, message_size, **options)
    counted = budget.held_message(message_size)
    assert counted <= weighed <= 1.2 * counted
