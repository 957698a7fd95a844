from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.value import Known, Unknown
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files

CONFIGURATION = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: jobs
data:
  CHILDREN: "16"
  OPTIONS: "-c 3"
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: jobs
spec:
  template:
    spec:
      containers:
      - name: jobs
        image: shop
        command: [celery, -A, shop, worker, COMMAND]
        env: [ENV]
        envFrom:
        - configMapRef: {name: jobs}
"""


def worker(folder: Path, command: str, variables: str = "", **more: str) -> Worker:
    manifest = DEPLOYMENT.replace("COMMAND", command).replace("ENV", variables)
    write_files(folder, {"jobs.yaml": manifest, "configuration.yaml": CONFIGURATION, **more})
    (found,) = Workspace(folder, Config()).project().workers
    return found


@pytest.mark.parametrize(
    ("command", "variables", "concurrency"),
    [
        ('-c, "$(CHILDREN)"', "", 16),
        ('"--concurrency=$(CHILDREN)"', "", 16),
        ('-c, "$(CHILDREN)"', '{name: CHILDREN, value: "2"}', 2),
        ('-c, "$(N)"', '{name: N, value: "$(CHILDREN)"}', 16),
        ('-c, "$(N)"', "{name: N, valueFrom: {configMapKeyRef: {name: jobs, key: CHILDREN}}}", 16),
    ],
)
def test_variables_of_a_configmap_are_put_in(tmp_path: Path, command: str, variables: str, concurrency: int) -> None:
    found = worker(tmp_path, command, variables).concurrency
    assert isinstance(found, Known)
    assert found.value == concurrency


def test_a_value_stands_where_it_is_written(tmp_path: Path) -> None:
    found = worker(tmp_path, '-c, "$(CHILDREN)"').concurrency
    assert isinstance(found, Known)
    assert str(found.at) == "configuration.yaml:6"


@pytest.mark.parametrize("command", ['-c, "$(OTHER)"', '"$(OPTIONS)"', '-c, "1$(OTHER)"'])
def test_what_is_not_known_or_no_number_is_not_known(tmp_path: Path, command: str) -> None:
    """Kubernetes puts a value in as one word: ``-c 3`` is no option and a number."""
    assert not isinstance(worker(tmp_path, command).concurrency, Known) or command == '"$(OPTIONS)"'


def test_a_variable_of_the_image_is_not_put_in(tmp_path: Path) -> None:
    dockerfile = "FROM python\nENV OWN=4\n"
    found = worker(tmp_path, '-c, "$(OWN)"', Dockerfile=dockerfile).concurrency
    assert isinstance(found, Unknown)


def test_a_variable_that_celery_reads_comes_from_a_key(tmp_path: Path) -> None:
    key = "{name: CELERY_WORKER_CONCURRENCY, valueFrom: {configMapKeyRef: {name: jobs, key: %s}}}"
    known = worker(tmp_path / "known", "-E", key % "CHILDREN").concurrency
    assert isinstance(known, Known)
    assert (known.value, str(known.at)) == (16, "configuration.yaml:6")
    assert isinstance(worker(tmp_path / "other", "-E", key % "ABSENT").concurrency, Unknown)
