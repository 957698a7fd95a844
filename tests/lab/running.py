"""Runs a deployment: its real command, under its real limit, with its load, until it is done or the OOM killer came."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab import servers
from tests.lab.cgroup import MemoryCgroup
from tests.lab.deployments import Deployment

LONGEST = 60.0
"""Seconds after which a run is given up."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended. ``done`` counts finished tasks; ``peak`` is the most bytes that were counted."""

    oom_kills: int
    ended: bool
    done: int
    peak: int
    seconds: float
    log: str

    @property
    def killed(self) -> bool:
        return self.oom_kills > 0


def write(deployment: Deployment, folder: Path) -> None:
    for name, text in deployment.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def predicted(folder: Path) -> list[dict[str, Any]]:
    """What the command says of the workers whose files stand in ``folder``."""
    command = [sys.executable, "-m", "flake8_celery_oom", "workers", "--format=json", "--no-cache", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    workers: list[dict[str, Any]] = json.loads(done.stdout)["workers"]
    return workers


def run(deployment: Deployment, folder: Path) -> Outcome:
    """Run the deployment whose files stand in ``folder``."""
    done = folder / "done.log"
    done.touch()
    with servers.redis() as broker, MemoryCgroup(deployment.limit) as cgroup:
        environment = {
            **deployment.environment,
            "SHOP_BROKER": broker,
            "SHOP_LOG": str(done),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        send(deployment, broker)
        started = time.monotonic()
        with servers.worker(deployment.command, cgroup, folder, environment) as process:
            while time.monotonic() < started + LONGEST:
                time.sleep(0.05)
                ended = process.poll() is not None
                finished = len(done.read_text().split())
                kills = cgroup.oom_kills()
                if kills or ended or finished >= deployment.load.count:
                    break
            peak = cgroup.peak_bytes()
    return Outcome(kills, ended, finished, peak, time.monotonic() - started, (folder / "worker.log").read_text())


def send(deployment: Deployment, broker: str) -> None:
    """Put all tasks of the load into the queue."""
    from celery import Celery

    load = deployment.load
    with (
        Celery("sender", broker=broker, set_as_current=False) as app,
        app.connection_for_write() as connection,
        app.amqp.Producer(connection) as producer,
    ):
        for _ in range(load.count):
            app.send_task("shop.keep", args=(load.mebibytes, load.seconds), producer=producer)
