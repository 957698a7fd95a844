"""Small whole projects whose answer takes several packages of resolve."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.value import Known, Unknown, or_default
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files


def workers(root: Path, files: dict[str, str]) -> tuple[Worker, ...]:
    write_files(root, files)
    return Workspace(root, Config()).project().workers


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('int(os.environ.get("A", 1)) * int(os.environ.get("B", 2))', 8),
        ('int(os.environ.get("B", 2)) * int(os.environ.get("A", 1))', 8),
        ('int(os.environ["B"]) if os.environ.get("A") else int(os.environ.get("B", 2)) + 1', 9),
        ('max(int(os.environ.get("A", 1)), int(os.environ.get("B", 2)))', 8),
        ('[int(os.environ.get("A", 1)), int(os.environ.get("B", 2))][1]', 8),
        ('int("%d" % int(os.environ.get("A", 1)) + os.environ.get("B", "2"))', 18),
    ],
)
def test_every_variable_of_a_setting_counts(written: str, expected: int, tmp_path: Path) -> None:
    (worker,) = workers(
        tmp_path,
        {
            "docker-compose.yml": """
                services:
                  worker:
                    image: shop
                    command: celery -A proj worker
                    environment:
                      B: "8"
                """,
            "proj/celery.py": f"""
                import os
                from celery import Celery

                app = Celery("proj")
                app.conf.worker_concurrency = {written}
                """,
        },
    )
    assert or_default(worker.concurrency) == expected


@pytest.mark.parametrize("services", [["a"], ["a", "b"], ["a", "b", "c"]])
@pytest.mark.parametrize("module", ["proj/worker.py", "proj/worker/__main__.py"])
def test_services_with_modules_of_the_same_name(services: list[str], module: str, tmp_path: Path) -> None:
    files: dict[str, str] = {}
    for number, service in enumerate(services, start=2):
        files |= {
            f"services/{service}/docker-compose.yml": """
                services:
                  worker:
                    build: .
                    command: python -m proj.worker
                    mem_limit: 1g
                """,
            f"services/{service}/Dockerfile": """
                FROM python:3.12
                WORKDIR /app
                COPY . /app
                """,
            f"services/{service}/{module}": f"""
                from celery import Celery

                app = Celery("proj")

                if __name__ == "__main__":
                    app.worker_main(["worker", "-c", "{number}"])
                """,
        }
    called = [one for one in workers(tmp_path, files) if one.kind == "compose"]
    assert [(one.at.path, or_default(one.concurrency)) for one in called] == [
        (f"services/{service}/docker-compose.yml", number) for number, service in enumerate(services, start=2)
    ]
    assert all(isinstance(one.memory_limit, Known) and one.memory_limit.value == 1 << 30 for one in called)


def test_services_with_django_commands_of_the_same_name(tmp_path: Path) -> None:
    files: dict[str, str] = {}
    for service in ("a", "b"):
        files |= {
            f"{service}/docker-compose.yml": """
                services:
                  worker:
                    build: .
                    command: python manage.py start_worker
                """,
            f"{service}/Dockerfile": """
                FROM python:3.12
                WORKDIR /app
                COPY . /app
                """,
            f"{service}/manage.py": "import django\n",
            f"{service}/jobs/management/commands/start_worker.py": """
                import subprocess

                subprocess.run(["celery", "-A", "jobs", "worker", "-c", "2"])
                """,
        }
    called = [one for one in workers(tmp_path, files) if one.kind == "compose"]
    assert [one.at.path for one in called] == ["a/docker-compose.yml", "b/docker-compose.yml"]


@pytest.mark.parametrize("app", [{}, {"shop/celery.py": 'from celery import Celery\n\napp = Celery("shop")\n'}])
@pytest.mark.parametrize("path", ["shop/util.py", "lib/util.py", "util.py"])
def test_an_unused_comment_is_reported_whatever_else_is_read(path: str, app: dict[str, str], tmp_path: Path) -> None:
    procfile = "worker: celery -A shop worker -c 2 --max-memory-per-child=200000 --max-tasks-per-child=100\n"
    write_files(tmp_path, {"Procfile": procfile, path: "x = 1  # noqa: CO101\n", **app})
    found = Workspace(tmp_path, Config()).findings()
    assert [(one.code, one.at.path) for one in found] == [("CO002", path)]


def test_a_file_that_never_says_celery_starts_an_imported_app(tmp_path: Path) -> None:
    (worker,) = workers(
        tmp_path,
        {
            "shop.py": "from celery import Celery\n\napp = Celery('shop')\n",
            "run.py": "from shop import app\n\njobs = app.Worker(concurrency=2)\njobs.start()\n",
        },
    )
    assert worker.at.path == "run.py"
    assert isinstance(worker.concurrency, Known)
    assert worker.concurrency.value == 2


def test_a_service_runs_the_image_that_another_service_of_its_project_builds(tmp_path: Path) -> None:
    found = workers(
        tmp_path,
        {
            "Dockerfile": """
                FROM python:3.12 AS release
                COPY start.sh /start.sh
                FROM release AS development
                COPY start-dev.sh /start-dev.sh
            """,
            "start.sh": "exec celery -A proj worker -c 2\n",
            "start-dev.sh": "exec celery -A proj worker -c 3\n",
            "docker-compose.yml": """
                services:
                  web:
                    build: {context: ., target: release}
                    image: shop/app:latest
                    command: gunicorn proj
                  worker:
                    image: shop/app:latest
                    entrypoint: ["/start.sh"]
            """,
            "docker-compose.tests.yml": """
                services:
                  web:
                    build: {context: ., target: development}
                  worker:
                    entrypoint: ["/start-dev.sh"]
            """,
            "run-tests.sh": "docker compose -f docker-compose.yml -f docker-compose.tests.yml up\n",
        },
    )
    places = {(one.at.path, one.concurrency.value) for one in found if isinstance(one.concurrency, Known)}
    assert ("docker-compose.yml", 2) in places
    assert ("docker-compose.tests.yml", 3) in places


def test_an_entry_script_may_put_airflow_before_its_arguments(tmp_path: Path) -> None:
    (worker,) = workers(
        tmp_path,
        {
            "Dockerfile": """
                FROM apache/airflow:2.7.3
                COPY start.sh /opt/start.sh
                ENTRYPOINT ["/opt/start.sh"]
            """,
            "start.sh": 'echo "starting $1"\nexec "airflow" "${@}"\n',
            "compose.yml": """
                services:
                  jobs:
                    build: .
                    command: celery worker
                    environment:
                      AIRFLOW__CELERY__WORKER_CONCURRENCY: 2
            """,
        },
    )
    assert isinstance(worker.concurrency, Known)
    assert worker.concurrency.value == 2


@pytest.mark.parametrize(
    "written", ["{{ ansible_processor_vcpus }}", "{{ ansible_facts['processor_nproc'] | int * 2 }}", "{{ procs }}"]
)
def test_a_fact_of_ansible_is_the_number_of_cpus_of_the_host(tmp_path: Path, written: str) -> None:
    write_files(
        tmp_path,
        {
            "roles/jobs/templates/jobs.service.j2": f"[Service]\nExecStart=/bin/celery -A shop worker -c {written}\n",
            "roles/jobs/defaults/main.yml": "procs: '{{ ansible_processor_cores }}'\n",
        },
    )
    codes = {finding.code for finding in Workspace(tmp_path, Config()).findings()}
    assert "CO102" in codes


def test_a_template_may_put_the_program_into_a_variable(tmp_path: Path) -> None:
    (worker,) = workers(
        tmp_path,
        {
            "roles/jobs/templates/jobs.sh.j2": """
                #!/usr/bin/env bash
                {% set program = venv + '/bin/celery' %}
                {% if traced %}
                {% set program = venv + '/bin/ddtrace-run ' + program %}
                {% endif %}
                exec {{ program }} -A shop worker --concurrency={{ procs }}
            """,
            "roles/jobs/defaults/main.yml": "procs: 4\n",
        },
    )
    assert or_default(worker.concurrency) == 4


STARTED = "from jobs import celery\n\nif __name__ == '__main__':\n    celery.start()\n"
OLD_MAIN = STARTED.replace("start()", "worker_main()")


@pytest.mark.parametrize(
    ("version", "program", "words"),
    [
        ("3.1.26", STARTED, "worker -c 3"),
        ("4.4.7", STARTED, "worker -c 3"),
        ("5.4.0", STARTED, "worker -c 3"),
        ("", STARTED, "worker -c 3"),
        ("4.4.7", OLD_MAIN, "-c 3"),
    ],
)
def test_a_program_that_leaves_its_arguments_to_celery(version: str, program: str, words: str, tmp_path: Path) -> None:
    """``app.start()`` reads ``sys.argv`` from its second word on, whatever the release."""
    found = workers(
        tmp_path,
        {
            "jobs.py": "from celery import Celery\n\ncelery = Celery()\n",
            "run_celery.py": program,
            "requirements.txt": f"celery=={version}\n" if version else "",
            "jobs.conf": f"[program:jobs]\ncommand=/srv/jobs/run_celery.py {words}\n",
        },
    )
    site = next(one for one in found if one.kind == "supervisor")
    assert (or_default(site.concurrency), site.via[0].path, site.via[0].line) == (3, "run_celery.py", 4)


def test_a_program_that_leaves_other_arguments_to_celery(tmp_path: Path) -> None:
    files = {
        "jobs.py": "from celery import Celery\n\ncelery = Celery()\n",
        "run_celery.py": STARTED,
        "requirements.txt": "celery==4.4.7\n",
        "jobs.conf": "[program:jobs]\ncommand=/srv/jobs/run_celery.py beat\n",
    }
    assert workers(tmp_path, files) == ()


def test_a_task_of_another_image_is_none_of_the_project(tmp_path: Path) -> None:
    """An image that holds no file of the project has tasks of its own, whatever they are called."""
    found = workers(
        tmp_path,
        {
            "tasks.py": """
                from invoke import task

                @task
                def celery(ctx):
                    ctx.run("celery -A shop worker -c 3 --max-memory-per-child=200000")
                """,
            "docker-compose.yml": """
                services:
                  own:
                    image: r.example/shop:1
                    command: invoke celery
                    volumes: [".:/code"]
                  built:
                    build: .
                    command: invoke celery
                  other:
                    image: r.example/mail:1
                    command: invoke celery
                """,
            "Dockerfile": "FROM python:3.12\nCOPY . /code\nWORKDIR /code\n",
        },
    )
    values = {one.name: (one.concurrency, one.max_memory_per_child) for one in found if one.kind == "compose"}
    assert [isinstance(value, Known) for value in (*values["own"], *values["built"])] == [True] * 4
    assert [isinstance(value, Unknown) for value in values["other"]] == [True, True]


@pytest.mark.parametrize(
    "program",
    ['"${HERE}/jobs/run_celery.py"', '"$(dirname "$0")/jobs/run_celery.py"', "${ROOT:-/srv/shop}/jobs/run_celery.py"],
)
def test_a_python_program_behind_a_folder_that_is_not_known(program: str, tmp_path: Path) -> None:
    found = workers(
        tmp_path,
        {
            "shop/jobs/run_celery.py": "from celery import Celery\n\ncelery = Celery()\ncelery.start()\n",
            "shop/bin/jobs": f"#!/bin/sh\nQUEUE=$1\nshift\nexec {program} $@ -Q $QUEUE\n",
            "jobs.service": "[Service]\nExecStart=/srv/shop/bin/jobs mail worker -c 3\n",
        },
    )
    (unit,) = [one for one in found if one.kind == "systemd"]
    assert (or_default(unit.concurrency), [at.path for at in unit.via]) == (
        3,
        ["shop/bin/jobs", "shop/jobs/run_celery.py"],
    )


@pytest.mark.parametrize(
    ("program", "starts"),
    [
        ("os.execvp(sys.argv[1], sys.argv[1:])", True),
        ("sys.exit(subprocess.call(sys.argv[1:]))", True),
        ("def enter(argv):\n    os.execvp(argv[1], argv[1:])\n\nenter(sys.argv)", True),
        ("def enter(argv):\n    os.execvp(argv[0], argv)\n\nenter(sys.argv[1:])", True),
        ("command = sys.argv[1:]\nos.execvp(command[0], command)", True),
        ("os.execvp(sys.argv[2], sys.argv[2:])", False),
        ("print(sys.argv[1:])\nsubprocess.call(['ls'])", False),
        ("app.run(sys.argv[1:])\nos.execvp('ls', ['ls'])", False),
    ],
)
def test_a_python_entrypoint_that_becomes_its_arguments(program: str, starts: bool, tmp_path: Path) -> None:
    found = workers(
        tmp_path,
        {
            "entry.py": f"import os, subprocess, sys\n\n{program}\n",
            "compose.yml": """
                services:
                  jobs:
                    image: shop
                    volumes: [".:/app"]
                    working_dir: /app
                    entrypoint: ["python", "/app/entry.py"]
                    command: celery -A shop worker -c 3
                """,
        },
    )
    assert [(one.name, or_default(one.concurrency)) for one in found] == ([("jobs", 3)] if starts else [])


@pytest.mark.parametrize(
    ("command", "starts"),
    [
        ("/start-celeryworker", True),
        ("celery-worker", True),
        ("/app/run_celery_worker.sh --beat", True),
        ("/start-celery-mail-worker", True),
        ("sh /app/scripts/run_celery_mail.sh", True),
        ("sh -c 'sh /app/start-celery.sh'", True),
        ("sh /app/scripts/run_celery_beat.sh", False),
        ("sh /app/celery.sh", False),
        ("/app/stop-celery-worker.sh", False),
        ("/start-celerybeat", False),
        ("/start-worker", False),
        ("check-celery-worker-health", False),
        ("wait celery-worker", False),
    ],
)
def test_a_program_of_an_image_that_is_called_after_a_worker(command: str, starts: bool, tmp_path: Path) -> None:
    compose = f"services:\n  jobs:\n    image: r.example/other:1\n    command: {command}\n    mem_limit: 1g\n"
    found = workers(tmp_path, {"compose.yml": compose})
    assert [isinstance(one.concurrency, Unknown) for one in found] == ([True] if starts else [])
    assert all(isinstance(one.memory_limit, Known) for one in found)
    name = next(word for word in re.findall(r"[\w.-]+", command) if "celery" in word or "worker" in word)
    assert not workers(tmp_path, {"compose.yml": compose, f"jobs/{name}": "#!/bin/sh\necho nothing\n"})


def test_a_program_of_the_project_that_is_called_after_a_worker(tmp_path: Path) -> None:
    script = "#!/bin/sh\nexec celery -A shop worker -c 3\n"
    own = workers(tmp_path, {"start-celeryworker": script, "Procfile": "jobs: ./start-celeryworker\n"})
    assert [or_default(one.concurrency) for one in own if one.kind == "procfile"] == [3]


def test_what_docker_compose_runs_in_a_service_is_under_its_limit(tmp_path: Path) -> None:
    files = {
        "compose.yml": "services:\n  jobs:\n    image: r.example/other:1\n    mem_limit: 1g\n",
        "Makefile": "jobs:\n\tdocker compose run --rm jobs celery -A shop worker -c 3\n",
    }
    (found,) = workers(tmp_path, files)
    assert or_default(found.concurrency) == 3
    assert isinstance(found.memory_limit, Known)
    assert found.memory_limit.value == 1 << 30
