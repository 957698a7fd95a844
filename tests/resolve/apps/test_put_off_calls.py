"""Calls whose results nothing needs, which configure an application all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import HostCpus
from flake8_celery_oom.core.value import Known, Value
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files

OWN_CLASS = """\
from celery import Celery
class Jobs(Celery):
    def init_app(self):
        super().__init__("shop")
        self.conf.update(worker_concurrency=3)
jobs = Jobs()
def create_app():
    jobs.init_app()
    return object()
"""
FUNCTION = """\
from celery import Celery
jobs = Celery("shop")
def create_app():
    _celery()
    return object()
def _celery():
    jobs.conf.worker_concurrency = 3
"""


def concurrency(folder: Path, factory: str, run: str) -> Value[int | HostCpus]:
    files = {"shop/__init__.py": factory, "run.py": run, "Procfile": "jobs: celery -A run.jobs worker\n"}
    write_files(folder, files)
    (found,) = Workspace(folder, Config()).project().workers
    return found.concurrency


@pytest.mark.parametrize("factory", [OWN_CLASS, FUNCTION])
@pytest.mark.parametrize("call", ["wsgi = create_app()", "wsgi: object = create_app()", "create_app()"])
def test_a_factory_whose_result_is_kept_configures_the_application(factory: str, call: str, tmp_path: Path) -> None:
    found = concurrency(tmp_path, factory, f"from shop import create_app, jobs\n{call}\n")
    assert isinstance(found, Known)
    assert found.value == 3


def test_what_is_set_behind_the_call_wins(tmp_path: Path) -> None:
    run = "from shop import create_app, jobs\nwsgi = create_app()\njobs.conf.worker_concurrency = 5\n"
    found = concurrency(tmp_path, FUNCTION, run)
    assert isinstance(found, Known)
    assert found.value == 5
