"""Deployments of a little shop: the files that a project would have, the load, and what becomes of the worker.

``command``, ``environment`` and ``limit`` are what a container runtime would make of the files; they are written down
a second time on purpose, so that a file that is misread does not go unnoticed.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

MIB = 1024**2

APP = """\
import os
import time

from celery import Celery

app = Celery("shop", broker=os.environ["SHOP_BROKER"])
app.conf.broker_connection_retry_on_startup = True
app.conf.task_ignore_result = True
{settings}
KEPT = []


def say(word):
    with open(os.environ["SHOP_LOG"], "a") as log:
        log.write(word + "\\n")


@app.task(name="shop.keep")
def keep(mebibytes, seconds):
    KEPT.append(b"x" * (mebibytes << 20))
    time.sleep(seconds)
    say("kept")
"""
DJANGO_APP = """\
import os

import django
from celery import Celery
from django.core.mail import send_mail

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop_settings")
"""
DJANGO_SETTINGS = """\
SECRET_KEY = "shop"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""


@dataclass(frozen=True)
class Load:
    """``count`` tasks that each keep ``mebibytes`` more for the rest of the child's life, for ``seconds`` at least."""

    count: int
    mebibytes: int
    seconds: float = 0.25


@dataclass(frozen=True)
class Deployment:
    """One project with one container. ``killed``: whether the OOM killer must come; ``codes``: what CO3 rules say."""

    name: str
    files: Mapping[str, str]
    command: tuple[str, ...]
    limit: int
    load: Load
    killed: bool
    codes: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def shop(settings: str = "", *, django: bool = False) -> dict[str, str]:
    """The project itself, with lines of settings."""
    files = {"shop.py": APP.format(settings=settings), "requirements.txt": "celery==5.7.0\nredis\n"}
    if django:
        files["shop.py"] = DJANGO_APP + files["shop.py"]
        files["shop_settings.py"] = DJANGO_SETTINGS
        files["requirements.txt"] += "Django>=4.2\n"
    return files


def compose(options: str, limit: str, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    lines = ["services:", "  worker:", "    image: shop"]
    if environment:
        lines += ["    environment:", *(f'      {name}: "{value}"' for name, value in environment.items())]
    lines += [f"    command: celery -A shop worker {options}".rstrip(), f"    mem_limit: {limit}"]
    return {"compose.yml": "\n".join(lines) + "\n"}


def kubernetes(options: str, limit: str) -> dict[str, str]:
    words = ", ".join(f'"{word}"' for word in worker(options))
    return {
        "deploy/worker.yaml": f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop-worker
spec:
  template:
    spec:
      containers:
        - name: worker
          image: shop
          command: [{words}]
          resources:
            limits:
              memory: {limit}
"""
    }


def systemd(options: str, limit: str) -> dict[str, str]:
    return {
        "deploy/shop.service": f"""\
[Unit]
Description=Workers of the shop

[Service]
ExecStart=/usr/bin/env celery -A shop worker {options}
MemoryMax={limit}
"""
    }


def worker(options: str) -> tuple[str, ...]:
    return ("celery", "-A", "shop", "worker", *shlex.split(options))


FOUR = "-c 4 --max-memory-per-child=153600"
TWO = "--concurrency=2 --max-memory-per-child 200000"
THREE = "app.conf.worker_concurrency = 3\napp.conf.worker_max_memory_per_child = 120 * 1024"
SCALED = "--autoscale=6,1 --max-memory-per-child=131072"
VARIABLES = {"CELERY_WORKER_CONCURRENCY": "4", "CELERY_WORKER_MAX_MEMORY_PER_CHILD": "110000"}
FLAT = Load(8, 1, 0.2)
PAIR = "celery -A shop worker -n one@%h -c 2 --max-memory-per-child=102400"
PAIRED = f"{PAIR} & exec {PAIR.replace('one', 'two')}"


def _pair(limit: str) -> dict[str, str]:
    return {
        "compose.yml": f"services:\n  worker:\n    image: shop\n    command: sh -c '{PAIRED}'\n    mem_limit: {limit}\n"
    }


DEPLOYMENTS = (
    Deployment(
        "four-children-too-much",
        shop() | compose(FOUR, "480m"),
        worker(FOUR),
        480 * MIB,
        Load(64, 10),
        True,
        ("CO301",),
    ),
    Deployment("four-children-enough", shop() | compose(FOUR, "640m"), worker(FOUR), 640 * MIB, Load(64, 10), False),
    Deployment(
        "two-children-too-much",
        shop() | kubernetes(TWO, "320Mi"),
        worker(TWO),
        320 * MIB,
        Load(30, 16),
        True,
        ("CO301",),
    ),
    Deployment("two-children-fit", shop() | kubernetes(TWO, "512Mi"), worker(TWO), 512 * MIB, Load(30, 16), False),
    Deployment(
        "settings-too-much",
        shop(THREE) | systemd("-l INFO", "280M"),
        ("/usr/bin/env", *worker("-l INFO")),
        280 * MIB,
        Load(36, 12),
        True,
        ("CO301",),
    ),
    Deployment(
        "settings-enough",
        shop(THREE) | systemd("-l INFO", "480M"),
        ("/usr/bin/env", *worker("-l INFO")),
        480 * MIB,
        Load(36, 12),
        False,
    ),
    Deployment(
        "bytes-taken-for-kib",
        shop() | compose("-c 2 --max-memory-per-child=120000000", "300m"),
        worker("-c 2 --max-memory-per-child=120000000"),
        300 * MIB,
        Load(40, 12),
        True,
    ),
    Deployment(
        "megabytes-taken-for-kib",
        shop() | compose("-c 2 --max-memory-per-child=120", "128m"),
        worker("-c 2 --max-memory-per-child=120"),
        128 * MIB,
        Load(8, 8),
        False,
    ),
    Deployment("idle-too-much", shop() | compose("-c 16", "280m"), worker("-c 16"), 280 * MIB, FLAT, True, ("CO302",)),
    Deployment(
        "twelve-idle-too-much", shop() | systemd("-c 12", "240M"), worker("-c 12"), 240 * MIB, FLAT, True, ("CO302",)
    ),
    Deployment(
        "sixteen-idle-too-much",
        shop() | kubernetes("-c 16", "310Mi"),
        worker("-c 16"),
        310 * MIB,
        FLAT,
        True,
        ("CO302",),
    ),
    Deployment(
        "many-children-enough",
        shop() | compose("-c 16 --max-tasks-per-child=2", "576m"),
        worker("-c 16 --max-tasks-per-child=2"),
        576 * MIB,
        Load(48, 4),
        False,
    ),
    Deployment(
        "tasks-too-many",
        shop() | compose("-c 2 --max-tasks-per-child=20", "190m"),
        worker("-c 2 --max-tasks-per-child=20"),
        190 * MIB,
        Load(60, 4, 0.1),
        True,
    ),
    Deployment(
        "tasks-enough",
        shop() | compose("-c 2 --max-tasks-per-child=20", "270m"),
        worker("-c 2 --max-tasks-per-child=20"),
        270 * MIB,
        Load(60, 4, 0.1),
        False,
    ),
    Deployment(
        "autoscale-too-much",
        shop() | kubernetes(SCALED, "560Mi"),
        worker(SCALED),
        560 * MIB,
        Load(72, 12, 0.4),
        True,
        ("CO301",),
    ),
    Deployment(
        "autoscale-enough", shop() | kubernetes(SCALED, "832Mi"), worker(SCALED), 832 * MIB, Load(72, 12, 0.4), False
    ),
    Deployment(
        "threads-too-much",
        shop() | compose("-P threads -c 4 --max-memory-per-child=20000", "30m"),
        worker("-P threads -c 4 --max-memory-per-child=20000"),
        30 * MIB,
        FLAT,
        True,
        ("CO302",),
    ),
    Deployment("solo-enough", shop() | compose("-P solo", "64m"), worker("-P solo"), 64 * MIB, FLAT, False),
    Deployment(
        "environment-too-much",
        shop() | compose("", "320m", VARIABLES),
        worker(""),
        320 * MIB,
        Load(48, 10),
        True,
        ("CO301",),
        VARIABLES,
    ),
    Deployment(
        "django-too-much",
        shop(django=True) | compose("-c 4 --max-memory-per-child=150000", "430m"),
        worker("-c 4 --max-memory-per-child=150000"),
        430 * MIB,
        Load(56, 10),
        True,
        ("CO301",),
    ),
    Deployment(
        "django-enough",
        shop(django=True) | compose("-c 4 --max-memory-per-child=150000", "640m"),
        worker("-c 4 --max-memory-per-child=150000"),
        640 * MIB,
        Load(56, 10),
        False,
    ),
    Deployment(
        "pair-too-much", shop() | _pair("320m"), ("sh", "-c", PAIRED), 320 * MIB, Load(40, 10), True, ("CO301",)
    ),
    Deployment("pair-enough", shop() | _pair("480m"), ("sh", "-c", PAIRED), 480 * MIB, Load(40, 10), False),
)
