"""Workers of public images, which start them under words of their own, and containers that ``docker run`` starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flake8_celery_oom.celery.multi import MOST_NODES
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.resolve.apps.lookup import MOST_APPS
from flake8_celery_oom.resolve.trace.following import MOST_WORKERS
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files


def workers(folder: Path, files: dict[str, str]) -> list[Worker]:
    write_files(folder, files)
    return list(Workspace(folder, Config()).project().workers)


def shown(value: Value[Any]) -> object:
    match value:
        case Known(known):
            return known
        case Unset():
            return "unset"
        case Unknown(_, _, default):
            return f"unknown, {default}"


def service(folder: Path, *lines: str, **files: str) -> list[Worker]:
    written = "".join(f"    {line}\n" for line in lines)
    return workers(folder, {"compose.yml": f"services:\n  jobs:\n{written}", **files})


NONE = "unknown, None"


@pytest.mark.parametrize(
    ("lines", "pool", "concurrency", "max_tasks"),
    [
        (["image: getsentry/sentry:23.1", "command: run worker"], "prefork", "unset", "unknown, 10000"),
        (["image: sentry:9.1", "command: run worker -c 3"], "prefork", 3, "unknown, 10000"),
        (["image: acme/errors", "command: /opt/bin/sentry run worker -c 3"], "prefork", 3, "unknown, 10000"),
        (["image: baserow/backend:1.2", "command: celery-worker"], "unknown, prefork", NONE, NONE),
        (
            ["image: baserow/backend", "command: [celery-exportworker]", "environment: [BASEROW_AMOUNT_OF_WORKERS=3]"],
            "unknown, prefork",
            3,
            NONE,
        ),
        (["image: ghcr.io/paperless-ngx/paperless-ngx:2.7"], "unknown, prefork", "unknown, 1", "unknown, 1"),
        (
            ["image: paperlessngx/paperless-ngx", "environment: {PAPERLESS_TASK_WORKERS: 2}"],
            "unknown, prefork",
            2,
            "unknown, 1",
        ),
        (
            ["image: mayanedms/mayanedms:4", 'command: [run_worker, d, "--concurrency=1 --prefetch-multiplier=1"]'],
            "unknown, prefork",
            1,
            NONE,
        ),
        (
            ["image: langgenius/dify-api:1.0", "environment: {MODE: worker, CELERY_WORKER_AMOUNT: 4}"],
            "unknown, gevent",
            4,
            NONE,
        ),
        (["image: ghcr.io/goauthentik/server:2024.2", "command: worker"], "unknown, prefork", NONE, NONE),
        (
            ["image: defectdojo/defectdojo-django", 'entrypoint: ["/wait.sh", "--", "/entrypoint-celery-worker.sh"]'],
            "unknown, solo",
            "unknown, 1",
            NONE,
        ),
        (["image: redash/redash:8.0.0.b32245", "command: worker"], "unknown, None", "unknown, 2", "unknown, 10"),
        (
            ["image: redash/redash:7.0.0", "command: scheduler", "environment: {WORKERS_COUNT: 1}"],
            NONE,
            1,
            "unknown, 10",
        ),
        (["image: apache/superset", 'command: ["/app/docker/docker-bootstrap.sh", "worker"]'], NONE, NONE, NONE),
    ],
)
def test_what_images_start(tmp_path: Path, lines: list[str], pool: object, concurrency: object, max_tasks: str) -> None:
    (found,) = service(tmp_path, *lines)
    assert shown(found.pool) == pool
    assert shown(found.concurrency) == concurrency
    assert shown(found.max_tasks_per_child) == max_tasks
    assert shown(found.max_memory_per_child) == NONE
    assert found.at.path == "compose.yml"


@pytest.mark.parametrize(
    "lines",
    [
        ["image: ghcr.io/goauthentik/server:2025.12", "command: worker"],
        ["image: ghcr.io/goauthentik/server", "command: worker"],
        ["image: ghcr.io/goauthentik/server:2024.2", "command: server"],
        ["image: paperless-ngx/paperless-ngx:1.9.2"],
        ["image: paperless-ngx/paperless-ngx:2.7", "command: document_exporter"],
        ["image: paperless-ngx/paperless-ngx:2.7", "entrypoint: /bin/true"],
        ["image: langgenius/dify-api:1.0", "environment: {MODE: api}"],
        ["image: langgenius/dify-api:1.0"],
        ["image: getsentry/sentry:23.1", "command: run web"],
        ["image: acme/tool", "command: run worker"],
        ["image: acme/paperless-ngx"],
    ],
)
def test_what_they_do_not_start(tmp_path: Path, lines: list[str]) -> None:
    assert not service(tmp_path, *lines)


def test_a_project_that_has_the_app_makes_the_image(tmp_path: Path) -> None:
    package = {"src/paperless/__init__.py": "", "src/paperless/settings.py": "X = 1\n"}
    assert not service(tmp_path, "image: ghcr.io/paperless-ngx/paperless-ngx:2.7", **package)


def test_an_image_of_the_project_that_stands_on_one(tmp_path: Path) -> None:
    found = service(tmp_path, "build: .", "command: run worker -c 2", Dockerfile="FROM getsentry/sentry:9.1\n")
    assert [shown(worker.concurrency) for worker in found] == [2]


@pytest.mark.parametrize(
    ("command", "concurrency", "limit"),
    [
        ("docker run -d --memory 512m shop:1 celery -A shop worker -c 4", 4, 512 << 20),
        ("docker run -itm 512m shop:1 celery -A shop worker -c 4", 4, 512 << 20),
        ("podman run -m=1g -dit shop:1 celery -A shop worker -c 4", 4, 1 << 30),
        ("docker run --memory=1g --env CELERY_WORKER_CONCURRENCY=8 shop celery -A shop worker", 8, 1 << 30),
        ("docker run -eCELERY_WORKER_CONCURRENCY=8 shop celery -A shop worker", 8, "unset"),
        ("docker run --env-file=worker.env shop celery -A shop worker", 6, "unset"),
        ("export CELERY_WORKER_CONCURRENCY=8\ndocker run shop celery -A shop worker", "unset", "unset"),
        ("export CELERY_WORKER_CONCURRENCY=8\ndocker run -e CELERY_WORKER_CONCURRENCY shop celery worker", 8, "unset"),
        ("docker run --memory 0 shop celery -A shop worker -c 4", 4, "unset"),
        ('docker run --memory "$LIMIT" shop celery -A shop worker -c 4', 4, NONE),
        ('docker run --memory "${LIMIT:-1g}" shop celery -A shop worker -c 4', 4, f"unknown, {1 << 30}"),
        ("docker run --name w -m 1g getsentry/sentry:9 run worker -c 3", 3, 1 << 30),
        ("docker run -m 1g -e PAPERLESS_TASK_WORKERS=2 paperlessngx/paperless-ngx:2", 2, 1 << 30),
    ],
)
def test_docker_run(tmp_path: Path, command: str, concurrency: object, limit: object) -> None:
    files = {"run.sh": f"#!/bin/sh\n{command}\n", "worker.env": "CELERY_WORKER_CONCURRENCY=6\n"}
    (found,) = workers(tmp_path, files | {"requirements.txt": "celery==5.4.0\n"})
    assert shown(found.concurrency) == concurrency
    assert shown(found.memory_limit) == limit


def test_each_docker_run_is_a_container_of_its_own(tmp_path: Path) -> None:
    line = "docker run -m 1g shop celery -A shop worker -c 4\n"
    found = workers(tmp_path, {"run.sh": f"#!/bin/sh\n{line}{line}celery -A shop worker -c 1\n"})
    assert len({worker.container for worker in found}) == len(found) == 3


def test_the_limit_of_an_image_of_the_project(tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM python:3.12\nENV CELERY_WORKER_CONCURRENCY=3\nCMD celery -A shop worker\n",
        "run.sh": "#!/bin/sh\ndocker build -t shop .\ndocker run -d -m 300m shop\n",
        "requirements.txt": "celery==5.4.0\n",
    }
    (found,) = [worker for worker in workers(tmp_path, files) if worker.at.path == "run.sh"]
    assert (shown(found.concurrency), shown(found.memory_limit)) == (3, 300 << 20)


def test_a_call_without_words_is_the_program_that_something_runs(tmp_path: Path) -> None:
    files = {
        "app.py": "from celery import Celery\napp = Celery('shop')\napp.worker_main()\n",
        "compose.yml": "services:\n  jobs:\n    build: .\n    command: python app.py worker -c 2\n",
        "Dockerfile": "FROM python:3.12\nCOPY . /app\nWORKDIR /app\n",
    }
    assert [(worker.at.path, shown(worker.concurrency)) for worker in workers(tmp_path, files)] == [("compose.yml", 2)]


def test_nodes_that_are_not_looked_at_are_said(tmp_path: Path) -> None:
    nodes = " ".join(f"w{number}" for number in range(MOST_NODES + 1))
    write_files(tmp_path, {"run.sh": f"#!/bin/sh\ncelery multi start {nodes} -A shop -c 2\n"})
    project = Workspace(tmp_path, Config()).project()
    assert [one.message for one in project.problems] == [
        f"only the first {MOST_NODES} nodes of celery multi are looked at"
    ]
    assert len(project.workers) == MOST_NODES


@pytest.mark.parametrize(
    ("path", "line"), [("Procfile", "w{0}: celery -A shop worker -c 2"), ("run.sh", "celery -A shop worker -n w{0} &")]
)
def test_workers_that_are_not_looked_at_are_said(tmp_path: Path, path: str, line: str) -> None:
    lines = "\n".join(line.format(number) for number in range(MOST_WORKERS + 2))
    write_files(
        tmp_path, {path: f"{lines}\n", "compose.yml": "services:\n  w:\n    command: celery -A shop worker -c 3\n"}
    )
    project = Workspace(tmp_path, Config()).project()
    assert [(one.at.path, one.message) for one in project.problems] == [
        (path, f"only the first {MOST_WORKERS} workers that this file starts are looked at")
    ]
    assert len(project.workers) == MOST_WORKERS + 1


def test_apps_that_are_not_looked_at_are_said(tmp_path: Path) -> None:
    apps = "".join(f"a{number} = Celery('a{number}')\n" for number in range(MOST_APPS + 2))
    write_files(tmp_path, {"shop.py": f"from celery import Celery\n{apps}", "compose.yml": "services: {}\n"})
    project = Workspace(tmp_path, Config()).project()
    assert [(one.at.path, one.at.line, one.message) for one in project.problems] == [
        ("shop.py", MOST_APPS + 2, f"only the first {MOST_APPS} apps of this file are looked at")
    ]
    assert len(project.apps) == MOST_APPS
