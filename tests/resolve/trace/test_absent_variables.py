"""Variables that other services of the same image have, and files that are sourced for what they export."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.value import Unknown, Unset
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files

ENTRY = """\
#!/bin/bash
if [[ "$JOBS" == "yes" ]]; then
    CMD="celery -A shop worker -c 2"
else
    CMD="gunicorn shop.wsgi"
fi
$CMD
"""
COMPOSE = """\
services:
  web:
    build: .
    {more}
  jobs:
    build: .
    environment: {{JOBS: "yes"}}
"""
DOCKERFILE = 'FROM python:3.13\nWORKDIR /app\nCOPY . .\nENTRYPOINT ["./entry.sh"]\n'


def workers(folder: Path, files: dict[str, str]) -> list[Worker]:
    write_files(folder, {"shop.py": "from celery import Celery\napp = Celery('shop')\n", **files})
    return list(Workspace(folder, Config()).project().workers)


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ("ports: ['80:80']", ["jobs"]),
        ("environment: {OTHER: x}", ["jobs"]),
        ('environment: {JOBS: "no"}', ["jobs"]),
        ("environment: [JOBS]", ["jobs", "web"]),
        ("env_file: elsewhere.env", ["jobs", "web"]),
        ("image: another", ["jobs", "web"]),
    ],
)
def test_a_service_without_the_variable_of_another_is_not_that_other(
    more: str, names: list[str], tmp_path: Path
) -> None:
    files = {"entry.sh": ENTRY, "compose.yml": COMPOSE.format(more=more), "Dockerfile": DOCKERFILE}
    assert sorted(one.name for one in workers(tmp_path, files) if one.kind == "compose") == names


def test_an_image_from_elsewhere_may_have_the_variable_itself(tmp_path: Path) -> None:
    service = "    image: acme/shop\n    volumes: ['./entry.sh:/entry.sh']\n    command: /entry.sh\n"
    compose = f"services:\n  web:\n{service}  jobs:\n{service}    environment: {{JOBS: 'yes'}}\n"
    found = workers(tmp_path, {"entry.sh": ENTRY, "compose.yml": compose})
    assert sorted(one.name for one in found if one.kind == "compose") == ["jobs", "web"]


@pytest.mark.parametrize(
    ("before", "kind"),
    [
        ("set -a\n. /etc/shop.conf\nset +a", Unknown),
        ("set -o allexport; source /etc/shop.conf", Unknown),
        (". /etc/shop.conf", Unset),
        ("set -a\nset +a\n. /etc/shop.conf", Unset),
        ("set -a\n. ./own.env", Unset),
    ],
)
def test_a_file_that_is_exported_as_a_whole_may_set_what_celery_reads(
    before: str, kind: type[Unknown[int] | Unset], tmp_path: Path
) -> None:
    script = f"#!/bin/bash\n{before}\nexec celery -A shop worker\n"
    (found,) = workers(tmp_path, {"start.sh": script, "own.env": "OTHER=1\n"})
    assert isinstance(found.concurrency, kind)
    assert isinstance(found.max_memory_per_child, kind)
