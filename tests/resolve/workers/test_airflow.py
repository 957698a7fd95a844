"""Workers of Airflow: airflow.cfg, the environment, and what neither says."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.workspace import Workspace

CONFIGURATION = """\
    [core]
    worker_concurrency = 99
    [celery]
    # worker_autoscale = 16,12
    worker_concurrency = 8
    """


def shown(value: Value[Any]) -> object:
    match value:
        case Known(known, _, origin):
            return known, origin
        case Unset():
            return "unset"
        case Unknown(cause):
            return cause.text


def worker(folder: Path, configuration: str | None, environment: str = "", *, files: dict[str, str]) -> Worker:
    compose = f"services:\n  jobs:\n    image: apache/airflow\n    command: airflow celery worker{environment}\n"
    written = {"compose.yml": compose, **files}
    if configuration is not None:
        written["airflow.cfg"] = textwrap.dedent(configuration)
    for path, content in written.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    found = [one for one in Workspace(folder, Config()).project().workers if one.at.path == "compose.yml"]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("configuration", "environment", "expected"),
    [
        (None, "", (16, "default")),
        (CONFIGURATION, "", (8, "settings")),
        (CONFIGURATION, " -c 3", (3, "cli")),
        (CONFIGURATION, "\n    environment:\n      AIRFLOW__CELERY__WORKER_CONCURRENCY: 4", (4, "env")),
        (CONFIGURATION, "\n    environment:\n      AIRFLOW__CELERY__WORKER_AUTOSCALE: 12,3", (12, "autoscale")),
        ("[celery]\nworker_concurrency = 8\nworker_autoscale = 6,2\n", "", (6, "autoscale")),
    ],
)
def test_concurrency(tmp_path: Path, configuration: str | None, environment: str, expected: object) -> None:
    assert shown(worker(tmp_path, configuration, environment, files={}).concurrency) == expected


def test_pool_and_prefetching(tmp_path: Path) -> None:
    found = worker(tmp_path, "[celery]\npool = gevent\nworker_prefetch_multiplier = 2\n", files={})
    assert shown(found.pool) == ("gevent", "settings")
    assert shown(found.prefetch_multiplier) == (2, "settings")


def test_apps_of_the_project_say_nothing(tmp_path: Path) -> None:
    app = "from celery import Celery\napp = Celery('x')\napp.conf.worker_max_memory_per_child = 90000\n"
    found = worker(tmp_path, None, files={"shop/__init__.py": "", "shop/celery.py": app})
    assert found.app is None
    assert shown(found.max_memory_per_child) == "unset"


def test_a_dictionary_of_its_own_may_say_anything(tmp_path: Path) -> None:
    found = worker(tmp_path, "[celery]\ncelery_config_options = shop.config.CELERY\n", files={})
    assert shown(found.max_memory_per_child) == "celery_config_options may set it"
    environment = "\n    environment:\n      AIRFLOW__CELERY__CELERY_CONFIG_OPTIONS: shop.config.CELERY"
    found = worker(tmp_path, None, environment, files={})
    assert shown(found.max_memory_per_child) == "AIRFLOW__CELERY__CELERY_CONFIG_OPTIONS may set it"


def test_several_configurations(tmp_path: Path) -> None:
    files = {
        "one/airflow.cfg": "[celery]\nworker_concurrency = 4\n",
        "two/airflow.cfg": "[celery]\nworker_concurrency = 6\n",
    }
    assert shown(worker(tmp_path, None, files=files).concurrency) == "several airflow.cfg disagree"
    assert shown(worker(tmp_path, CONFIGURATION, files=files).concurrency) == (8, "settings")


@pytest.mark.parametrize(
    "entrypoint", ["/entrypoint", '["/usr/bin/dumb-init", "--", "/entrypoint"]', '["/usr/bin/env"]']
)
def test_the_entrypoint_of_the_image_may_be_written_out(tmp_path: Path, entrypoint: str) -> None:
    service = (
        f"services:\n  jobs:\n    image: apache/airflow\n    entrypoint: {entrypoint}\n    command: celery worker\n"
    )
    (tmp_path / "compose.yml").write_text(service)
    (found,) = Workspace(tmp_path, Config()).project().workers
    assert found.entry == ("airflow" if "entrypoint" in entrypoint else "celery")
