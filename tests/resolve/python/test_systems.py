"""What a program asks of its operating system: the names of CPython, and where each kind of launch runs."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import App
from flake8_celery_oom.resolve.python.systems import System, attribute, called
from flake8_celery_oom.resolve.python.values import Constant
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files
from tests.resolve.python_project import V57, apps, evaluate, setting, shown

APP = """
import os, platform, sys
from sys import platform as system_name
from celery import Celery
app = Celery('x')
if {test}:
    app.conf.worker_pool = 'solo'
    app.conf.worker_concurrency = 1
else:
    app.conf.worker_concurrency = 4
"""
WINDOWS = (
    "sys.platform == 'win32'",
    "sys.platform.startswith('win')",
    "sys.platform in ('win32', 'cygwin')",
    "system_name == 'win32'",
    "os.name == 'nt'",
    "platform.system() == 'Windows'",
    "platform.system().lower() == 'windows'",
)


def looked_up(test: str, system: System) -> App:
    found = apps({"app.py": APP.format(test=test)}).lookup("app", "", "run", {}, V57, system=system)
    assert isinstance(found, App)
    return found


@pytest.mark.parametrize("test", WINDOWS)
@pytest.mark.parametrize(
    ("system", "pool", "count"), [("linux", "unset", 4), ("unix", "unset", 4), ("windows", "solo", 1)]
)
def test_settings_for_windows(test: str, system: System, pool: str, count: int) -> None:
    app = looked_up(test, system)
    assert (setting(app, "worker_pool"), setting(app)) == (pool, count)


@pytest.mark.parametrize("test", WINDOWS)
def test_where_nothing_says_the_system_linux_is_only_likely(test: str) -> None:
    app = looked_up(test, "any")
    assert (setting(app, "worker_pool"), setting(app)) == (("unknown", None), ("unknown", 4))


def test_linux_and_macos_are_told_apart_only_in_a_container() -> None:
    test = "sys.platform == 'darwin'"
    assert setting(looked_up(test, "linux")) == 4
    assert setting(looked_up(test, "unix")) == ("unknown", 4)


@pytest.mark.skipif(sys.platform not in {"linux", "win32"}, reason="the names of Linux and Windows are asked of it")
def test_the_names_are_those_of_this_python() -> None:
    system: System = "windows" if os.name == "nt" else "linux"
    assert attribute("sys.platform", system, None) == Constant(sys.platform)
    assert attribute("os.name", system, None) == Constant(os.name)
    assert called("platform.system", system, None) == Constant(platform.system())


def test_the_answer_of_one_system_is_not_that_of_another() -> None:
    found = apps({"app.py": APP.format(test=WINDOWS[0])})
    counts = []
    for system in ("linux", "windows", "linux"):
        app = found.lookup("app", "", "run", {}, V57, system=system)
        assert isinstance(app, App)
        counts.append(setting(app))
    assert counts == [4, 1, 4]


def test_of_no_system() -> None:
    assert evaluate("import sys\nX = sys.byteorder") == ("unknown", None)


FILES = {"proj/__init__.py": "", "proj/celery.py": APP.format(test=WINDOWS[0])}


@pytest.mark.parametrize(
    ("path", "text", "pool"),
    [
        ("docker-compose.yml", "services:\n  w:\n    build: .\n    command: celery -A proj worker\n", "prefork"),
        ("Procfile", "worker: celery -A proj worker\n", "prefork"),
        ("run.sh", "#!/bin/sh\ncelery -A proj worker\n", "prefork"),
        ("run.bat", "@echo off\r\ncelery -A proj worker\r\n", "solo"),
        ("package.json", '{"scripts": {"work": "celery -A proj worker"}}', ("unknown", None)),
        ("Makefile", "work:\n\tcelery -A proj worker\n", "prefork"),
        ("run.py", "import subprocess\nsubprocess.run(['celery', '-A', 'proj', 'worker'])\n", ("unknown", None)),
    ],
)
def test_where_launches_run(path: str, text: str, pool: object, tmp_path: Path) -> None:
    write_files(tmp_path, {**FILES, path: text})
    (worker,) = Workspace(tmp_path, Config()).project().workers
    assert shown(worker.pool) == pool
