"""Files of tools that run several processes: Elastic Beanstalk, mprocs, process-compose, Tilt."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.facts import Launch
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known, Unknown
from flake8_celery_oom.frontends import cli
from flake8_celery_oom.sources import ebextensions, process_files, tiltfile
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files


def workers(root: Path, files: dict[str, str]) -> tuple[Worker, ...]:
    write_files(root, files)
    return Workspace(root, Config()).project().workers


def shown(worker: Worker) -> tuple[str, str, int, object]:
    found = worker.concurrency
    count = found.value if isinstance(found, Known) else (found.default if isinstance(found, Unknown) else "unset")
    return worker.kind, worker.name, worker.at.line, count


HOOK = """
files:
  "/opt/elasticbeanstalk/hooks/appdeploy/post/99_jobs.sh":
    mode: "000755"
    content: |
      #!/usr/bin/env bash
      jobs="[program:jobs]
      ; comment
      command=/opt/python/run/venv/bin/celery -A shop \\
        worker -c 3

      directory=/opt/python/current/app
      environment=A=1"
      echo "$jobs" | tee /opt/python/etc/jobs.conf
      supervisorctl update
"""


def test_programs_that_a_hook_of_elastic_beanstalk_holds_in_a_variable(tmp_path: Path) -> None:
    (worker,) = workers(tmp_path, {".ebextensions/01.config": HOOK.replace(" \\\n        worker", " worker")})
    assert shown(worker) == ("supervisor", "jobs", 8, 3)
    assert worker.at.column == 15


UNIT = """
option_settings:
  aws:elasticbeanstalk:application:environment:
    COUNT: 4
files:
  /etc/systemd/system/jobs.service:
    content: |
      [Service]
      ExecStart=/usr/bin/celery -A shop \\
          worker -c 5
      MemoryMax=1G
  "/tmp/go":
    content: |
      #!/bin/sh
      exec celery -A shop worker -c $COUNT
  /etc/notes: {content: "celery -A shop worker -c 9"}
container_commands:
  10_start:
    command: "celery -A shop worker -c ${COUNT} --detach"
    env: {COUNT: 6}
  20_list:
    command: [celery, -A, shop, worker, -c, "7"]
commands:
  30_other: {command: yum update}
"""


def test_units_scripts_and_commands_of_elastic_beanstalk(tmp_path: Path) -> None:
    found = workers(tmp_path, {"deploy/.ebextensions/jobs.config": UNIT})
    assert [shown(one) for one in found] == [
        ("systemd", "jobs", 8, 5),
        ("ebextensions", "go", 14, 4),
        ("ebextensions", "10_start", 18, 6),
        ("ebextensions", "20_list", 21, 7),
    ]
    assert isinstance(found[0].memory_limit, Known)


def test_a_fix_keeps_the_indentation_of_a_block(tmp_path: Path) -> None:
    write_files(tmp_path, {".ebextensions/jobs.config": UNIT.replace(" -c 5", "")})
    cli.main(["fix", "--unsafe-fixes", str(tmp_path)])
    changed = (tmp_path / ".ebextensions/jobs.config").read_text()
    assert "\n          worker --concurrency=2 --max-memory-per-child=" in changed


@pytest.mark.parametrize(
    ("path", "claimed"),
    [(".ebextensions/a.config", True), ("x/.ebextensions/a.config", True), (".ebextensions/a.yml", False)],
)
def test_which_files_elastic_beanstalk_reads(path: str, claimed: bool) -> None:
    assert ebextensions.claims(path, "") is claimed


MPROCS = """
procs:
  web:
    shell: "flask run"
  jobs:
    shell: "cd back && celery -A shop worker -c 3"
    env: {A: "1"}
  list:
    cmd: ["celery", "-A", "shop", "worker", "-c", "$COUNT"]
    autostart: false
"""


def test_processes_of_mprocs(tmp_path: Path) -> None:
    found = workers(tmp_path, {"mprocs.yaml": MPROCS})
    assert [shown(one) for one in found] == [("processes", "jobs", 5, 3), ("processes", "list", 8, None)]


PROCESS_COMPOSE = """
version: "0.5"
environment: ["COUNT=4"]
processes:
  jobs:
    command: celery -A shop worker -c $COUNT
    working_dir: back
  own:
    command: "celery -A shop worker -c $${N:-2}"
    environment: ["N=8"]
  list:
    entrypoint: [celery, -A, shop, worker]
    disabled: true
"""


def test_processes_of_process_compose(tmp_path: Path) -> None:
    found = workers(tmp_path, {"process-compose.yaml": PROCESS_COMPOSE})
    assert [shown(one)[1:] for one in found] == [("jobs", 5, 4), ("own", 8, 8), ("list", 11, "unset")]
    launches = process_files.read(SourceText("dev/process-compose.dev.yml", PROCESS_COMPOSE))
    assert [(one.workdir, one.autostart) for one in launches if isinstance(one, Launch)] == [
        ("dev/back", True),
        ("dev", True),
        ("dev", False),
    ]


TILTFILE = """
load('ext://uv', 'uv_run')
docker_compose('docker-compose.yml')
COUNT = '5'
local_resource('install', 'uv sync')
local_resource(
    'jobs',
    serve_cmd='celery -A shop worker -c 3',
    serve_dir='back',
    serve_env={'A': '1'},
)
local_resource('list', serve_cmd=['celery', '-A', 'shop', 'worker', '-c', COUNT])
local_resource('both', 'make', serve_cmd='celery -A shop worker -c %s' % COUNT)
local('celery -A shop worker -c 6 --detach')
local_resource('computed', serve_cmd=uv_run('celery'))
"""


def test_commands_of_a_tiltfile(tmp_path: Path) -> None:
    found = workers(tmp_path, {"Tiltfile": TILTFILE})
    assert [shown(one) for one in found] == [
        ("tiltfile", "jobs", 7, 3),
        ("tiltfile", "list", 11, 5),
        ("tiltfile", "both", 12, 5),
        ("tiltfile", "local", 13, 6),
    ]


@pytest.mark.parametrize(
    "text", ["", "local_resource(", "x = 1", "local()", "local_resource('a')", "local(command=f())"]
)
def test_other_tiltfiles_start_nothing(text: str) -> None:
    assert tiltfile.read(SourceText("Tiltfile", text)) == []
