"""One project for each kind of file: every front end says the same of it, and the lists for people name it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TypeAlias

import pytest
import yaml
from flake8.main.cli import main as flake8_main  # type: ignore[import-untyped]

from flake8_celery_oom import discover
from flake8_celery_oom.frontends import cli, pre_commit
from flake8_celery_oom.sources import kinds
from tests.files import write_files

ROOT = Path(__file__).parents[2]
WORKER = "celery -A shop worker"
SCRIPT = f"#!/bin/sh\nexec {WORKER}\n"
TASK = json.dumps([{"name": "w", "image": "shop", "command": WORKER.split()}])
# The first file of each is of the kind.
PROJECTS: dict[str, dict[str, str]] = {
    "ansible": {"site.yml": f"- hosts: all\n  tasks:\n    - name: start\n      ansible.builtin.command: {WORKER}\n"},
    "app_desc": {
        "app_desc.yaml": f"spec_version: 2\nmodule:\n  language: python\n  processes:\n    w: {{command: {WORKER}}}\n"
    },
    "batch": {"start.bat": f"@echo off\r\n{WORKER}\r\n"},
    "celeryd_defaults": {
        "etc/default/celeryd": 'CELERYD_NODES="w1"\nCELERY_APP="shop"\nCELERY_BIN="celery"\nCELERYD_OPTS="-E"\n'
    },
    "ci_workflow": {".gitlab-ci.yml": f"test:\n  script:\n    - {WORKER}\n"},
    "uwsgi": {"uwsgi.ini": f"[uwsgi]\nattach-daemon = {WORKER}\n"},
    "circus": {"circus.ini": f"[watcher:jobs]\ncmd = {WORKER}\n"},
    "cloud_foundry": {"manifest.yml": f"applications:\n  - name: shop\n    command: {WORKER}\n    memory: 512M\n"},
    "compose": {"compose.yml": f"services:\n  w:\n    image: shop\n    command: {WORKER}\n"},
    "dockerfile": {"Dockerfile": f"FROM python:3.12\nCMD {WORKER}\n"},
    "dotenv": {
        ".env": "CELERYD_CONCURRENCY=2\n",
        "compose.yml": f"services:\n  w:\n    image: shop\n    env_file: .env\n    command: {WORKER}\n",
        "shop/celery.py": "from celery import Celery\n\napp = Celery('shop')\n",
    },
    "ebextensions": {".ebextensions/jobs.config": f"container_commands:\n  10_jobs:\n    command: {WORKER}\n"},
    "ecs": {"task-definition.json": json.dumps({"family": "shop", "containerDefinitions": json.loads(TASK)}, indent=2)},
    "execline": {"services/jobs/run": f"#!/usr/bin/execlineb -P\n{WORKER}\n"},
    "fly": {"fly.toml": f'app = "shop"\n[processes]\nworker = "{WORKER}"\n'},
    "helm": {
        "chart/templates/worker.yaml": (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec:\n  template:\n    spec:\n"
            "      containers:\n        - name: w\n          image: {{ .Values.image }}\n"
            f"          command: [{', '.join(WORKER.split())}]\n"
        ),
        "chart/Chart.yaml": "name: shop\nversion: 1.0.0\n",
        "chart/values.yaml": "image: shop\n",
    },
    "heroku": {"app.json": json.dumps({"scripts": {"postdeploy": WORKER}, "formation": {"web": {"quantity": 1}}})},
    "jenkinsfile": {
        "Jenkinsfile": f"pipeline {{\n  agent any\n  stages {{ stage('x') {{ steps {{ sh '{WORKER}' }} }} }}\n}}\n"
    },
    "justfile": {"justfile": f"worker:\n    {WORKER}\n"},
    "kubernetes": {
        "deploy/pod.yaml": (
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: w\nspec:\n  containers:\n    - name: w\n      image: shop\n"
            f"      command: [{', '.join(WORKER.split())}]\n"
        )
    },
    "launchd": {
        "etc/shop.plist": (
            '<?xml version="1.0"?>\n<plist version="1.0"><dict>\n<key>Label</key><string>w</string>\n'
            "<key>ProgramArguments</key>\n<array>\n"
            + "".join(f"<string>{word}</string>\n" for word in WORKER.split())
            + "</array>\n</dict></plist>\n"
        )
    },
    "makefile": {"Makefile": f"worker:\n\t{WORKER}\n"},
    "monit": {"monit/jobs.conf": f'check process jobs with pidfile /run/jobs.pid\n  start program = "{WORKER}"\n'},
    "nomad": {
        "shop.nomad.hcl": (
            'job "shop" {\n  group "g" {\n    task "w" {\n      driver = "docker"\n      config {\n'
            '        image = "shop"\n'
            '        command = "celery"\n        args = ["-A", "shop", "worker"]\n      }\n    }\n  }\n}\n'
        )
    },
    "package_json": {"package.json": json.dumps({"scripts": {"worker": WORKER}})},
    "pm2": {
        "ecosystem.config.js": (
            "module.exports = {\n  apps: [{ name: 'w', script: 'celery', args: '-A shop worker' }],\n};\n"
        )
    },
    "powershell": {"start.ps1": f"{WORKER}\n"},
    "process_files": {"mprocs.yaml": f"procs:\n  jobs:\n    shell: {WORKER}\n"},
    "procfile": {"Procfile": f"worker: {WORKER}\n"},
    "pycharm": {
        ".run/w.run.xml": (
            '<component>\n  <configuration name="w" type="PythonConfigurationType">\n'
            '    <option name="SCRIPT_NAME" value="celery" />\n'
            '    <option name="PARAMETERS" value="-A shop worker" />\n'
            '    <option name="MODULE_MODE" value="true" />\n  </configuration>\n</component>\n'
        )
    },
    "pyproject_tasks": {"pyproject.toml": f'[tool.poe.tasks]\nworker = "{WORKER}"\n'},
    "python": {"serve.py": "import subprocess\n\nsubprocess.run(['celery', '-A', 'shop', 'worker'], check=True)\n"},
    "railway": {"railway.toml": f'[deploy]\nstartCommand = "{WORKER}"\n'},
    "render": {
        "render.yaml": f"services:\n  - type: worker\n    name: w\n    runtime: python\n    startCommand: {WORKER}\n"
    },
    "requirements": {
        "requirements.txt": "celery==4.2.0\n",
        "shop/celery.py": "from celery import Celery\n\napp = Celery('shop')\napp.conf.worker_concurrency = 2\n",
    },
    "shell": {"bin/go": SCRIPT},
    "supervisor": {"etc/supervisor/jobs.conf": f"[program:jobs]\ncommand={WORKER}\n"},
    "supervisor_json": {"supervisord.conf.json": json.dumps({"programs": {"jobs": {"command": WORKER}}})},
    "systemd": {"deploy/celery.service": f"[Service]\nExecStart=/usr/bin/{WORKER}\n"},
    "taskfile": {"Taskfile.yml": f"version: '3'\ntasks:\n  worker:\n    cmds:\n      - {WORKER}\n"},
    "terraform": {
        "main.tf": (
            'resource "aws_ecs_task_definition" "w" {\n  container_definitions = jsonencode([{\n    name = "w"\n'
            '    image = "shop"\n    command = ["celery", "-A", "shop", "worker"]\n  }])\n}\n'
        )
    },
    "tiltfile": {"Tiltfile": f"local_resource('jobs', serve_cmd='{WORKER}')\n"},
    "tox": {"tox.ini": f"[testenv:worker]\ncommands = {WORKER}\n"},
    "tox_toml": {"tox.toml": '[env.worker]\ncommands = [["celery", "-A", "shop", "worker"]]\n'},
    "vscode": {
        ".vscode/launch.json": json.dumps(
            {"configurations": [{"name": "w", "type": "debugpy", "module": "celery", "args": ["-A", "shop", "worker"]}]}
        )
    },
    "written_files": {
        "install.sh": (
            "#!/bin/sh\ncat > /etc/systemd/system/celery.service <<'UNIT'\n[Service]\n"
            f"ExecStart=/usr/bin/{WORKER}\nUNIT\n"
        )
    },
}
READ_FOR_OTHERS = {"kustomize"}
"""Kinds in which no rule ever points: they say what the files of other kinds get."""


def names() -> list[str]:
    return [kind.__name__.rpartition(".")[2] for kind in kinds.kinds()]


Found: TypeAlias = set[tuple[str, str, str]]


def by_check(path: str, capsys: pytest.CaptureFixture[str]) -> Found:
    capsys.readouterr()
    assert cli.main(["check", "--format", "json", path]) in {0, 1}
    document = json.loads(capsys.readouterr().out)
    return {(one["path"], f"{one['line']}:{one['column']}", one["code"]) for one in document["findings"]}


def by_flake8(path: str, capsys: pytest.CaptureFixture[str]) -> Found:
    capsys.readouterr()
    assert flake8_main(["-j1", "--select=CO", path]) in {0, 1}
    found = [re.match(r"(?:\./)?(.+?):(\d+:\d+): (CO\d+) ", line) for line in capsys.readouterr().out.splitlines()]
    return {(one[1], one[2], one[3]) for one in found if one}


def test_every_kind_has_a_project() -> None:
    assert set(PROJECTS) | READ_FOR_OTHERS == set(names())


@pytest.mark.parametrize("name", sorted(PROJECTS))
def test_every_front_end_says_the_same(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path, PROJECTS[name])
    path = next(iter(PROJECTS[name]))
    found = by_check(".", capsys)
    assert path in {one[0] for one in found}
    assert by_flake8(".", capsys) == found
    of_file = {one for one in found if one[0] == path}
    assert by_check(path, capsys) == of_file
    assert by_flake8(path, capsys) == of_file


@pytest.mark.parametrize("name", sorted(PROJECTS))
def test_the_hooks_start_for_every_kind(name: str) -> None:
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")):
        for path in PROJECTS[name]:
            assert re.search(hook["files"], path), (hook["id"], path)


def test_the_pattern_of_the_hooks_is_the_one_that_is_made_from_what_is_read() -> None:
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")):
        assert hook["files"] == pre_commit.files_pattern()
        assert "types" not in hook


@pytest.mark.parametrize("name", [*PROJECTS, *READ_FOR_OTHERS])
def test_usual_names_of_every_kind_are_read(name: str) -> None:
    kind = next(one for one in kinds.kinds() if one.__name__.endswith(f".{name}"))
    assert kind.TITLE
    assert kind.NAMES
    for pattern in kind.NAMES:
        path = pattern.replace("**/", "a/").replace("*", "x")
        assert discover.is_candidate(path), path
        assert re.search(pre_commit.files_pattern(), path), path


def test_the_documentation_names_every_kind() -> None:
    page = (ROOT / "docs" / "files.md").read_text("utf-8")
    listed = page.partition("<!-- kinds -->\n")[2].partition("\n<!-- end of kinds -->")[0]
    assert " ".join(listed.split()) == f"{', '.join(kinds.titles())}."
