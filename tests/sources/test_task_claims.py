"""Which files the modules for compose files, task runners and platforms take for theirs."""

from __future__ import annotations

import importlib

import pytest

COMPOSE = "services:\n  worker:\n    image: shop\n"


@pytest.mark.parametrize(
    ("module", "path", "head"),
    [
        ("compose", "docker-compose.yml", ""),
        ("compose", "deploy/docker-compose.prod.yaml", ""),
        ("compose", "compose.override.yml", ""),
        ("compose", "dev.compose.yml", ""),
        ("compose", "docker-compose.yml.j2", "{% if x %}\n"),
        ("compose", "docker/default.yml", f"x-app: &app\n  restart: always\n\n{COMPOSE}"),
        ("compose", "docker/crlf.yml", COMPOSE.replace("\n", "\r\n")),
        ("compose", "docker/limits.override.yml", "services:\n\n  # more\n  worker:\n    deploy:\n      replicas: 2\n"),
        ("procfile", "Procfile", ""),
        ("procfile", "app/Procfile.dev", ""),
        ("procfile", "dev.Procfile", ""),
        ("app_desc", "src/app_desc.yml", ""),
        ("app_desc", "app_desc.yaml.tmpl", ""),
        ("makefile", "Makefile", ""),
        ("makefile", "docs/makefile", ""),
        ("makefile", "GNUmakefile", ""),
        ("makefile", "Makefile.dev", ""),
        ("makefile", "build/common.mk", ""),
        ("shell", "run.sh", ""),
        ("shell", "run.sh", "#!/bin/bash\n"),
        ("shell", "files/run.sh.j2", "{# header #}\n#!/bin/sh\n"),
        ("shell", "run.bash.tpl", ""),
        ("shell", "start", "#!/bin/sh\n"),
        ("shell", "svc/run", "#!/usr/bin/with-contenv bash\n"),
        ("shell", "svc/run", "#!/command/with-contenv sh -e\n"),
        ("shell", "bin/x", "#! /usr/bin/env -S FOO=1 bash -e\n"),
        ("shell", "bin/x", "\ufeff#!/usr/bin/env zsh\n"),
        ("shell", "bin/x", "#!/bin/busybox sh\r\n"),
        ("package_json", "web/package.json", ""),
        ("vscode", ".vscode/launch.json", ""),
        ("vscode", "x/.devcontainer/vscode/tasks.json", ""),
        ("vscode", ".devcontainer/devcontainer.json", ""),
        ("vscode", ".devcontainer.json", ""),
        ("vscode", "shop.code-workspace", ""),
        ("supervisor_json", "conf/supervisord-dev.conf.json", '{"programs": {\n "web": {"command"'),
        ("heroku", "app.json", '{"formation": {}}'),
        ("fly", "fly.toml", ""),
        ("fly", "fly.staging.toml", ""),
        ("railway", "railway.json", ""),
        ("railway", "nixpacks.toml", ""),
        ("pyproject_tasks", "api/pyproject.toml", ""),
        ("pyproject_tasks", ".mise.toml", ""),
        ("tox", "tox.ini", ""),
        ("justfile", "Justfile", ""),
        ("justfile", ".justfile", ""),
        ("justfile", "tools/dev.just", ""),
        ("taskfile", "Taskfile.yml", ""),
        ("taskfile", "taskfile.dist.yaml", ""),
    ],
)
def test_claims(module: str, path: str, head: str) -> None:
    assert importlib.import_module(f"flake8_celery_oom.sources.{module}").claims(path, head)


@pytest.mark.parametrize(
    ("module", "path", "head"),
    [
        ("compose", ".github/workflows/compose-tests.txt", COMPOSE),
        (
            "compose",
            ".github/workflows/test-compose-files.yml",
            "jobs:\n  x:\n    services:\n      db:\n        image: x\n",
        ),
        ("compose", ".travis.yml", "services:\n  - docker\nimage: x\n"),
        ("compose", "render.yaml", "services:\n- type: worker\n  image: x\n  env: python\n"),
        ("compose", "config/services.yaml", "services:\n  _defaults:\n    autowire: true\n"),
        ("compose", "docker/later.yml", "services:\n  a:\n    x: 1\nother:\n  b:\n    image: shop\n"),
        ("compose", "composer.json", COMPOSE),
        ("procfile", "Procfile.py", ""),
        ("procfile", "utils/procfile.py", ""),
        ("procfile", "Procfile", "a\0b"),
        ("app_desc", "app_desc.py", ""),
        ("makefile", "Makefile.am", ""),
        ("makefile", "Makefile.in", ""),
        ("makefile", "makefiles.md", ""),
        ("shell", "README.md", ""),
        ("shell", "bin/tool", "#!/usr/bin/env python3\n"),
        ("shell", "tool.sh", "#!/usr/bin/env python3\n"),
        ("shell", "bin/tool", "echo\n"),
        ("shell", "finish", "#!/usr/bin/execlineb -S1\n"),
        ("shell", "_tool.zsh", "#compdef tool\n"),
        ("shell", "x.bats", "#!/usr/bin/env bats\n"),
        ("shell", "x.yaml.j2", "{% if x %}\n"),
        ("package_json", "package-lock.json", ""),
        ("vscode", "games/launch.json", ""),
        ("vscode", ".vscode/settings.json", ""),
        ("supervisor_json", "conf/supervisord.conf.json", '{"programs": []}'),
        ("supervisor_json", "tv.json", '{"programs": {"news": {"at": 8}}}'),
        ("heroku", "app.json", '{"expo": {"scripts": {}}}'),
        ("heroku", "app.json", '{"name": "x"}'),
        ("fly", "firefly.toml", ""),
        ("railway", "railways.json", ""),
        ("pyproject_tasks", "Cargo.toml", ""),
        ("tox", "nottox.ini", ""),
        ("justfile", "justice", ""),
        ("taskfile", "task.yml", ""),
    ],
)
def test_leaves_alone(module: str, path: str, head: str) -> None:
    assert not importlib.import_module(f"flake8_celery_oom.sources.{module}").claims(path, head)
