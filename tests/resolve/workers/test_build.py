"""Workers: values that come from outside of the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.value import Known, Unknown, Unset
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files


def only_worker(folder: Path, files: dict[str, str]) -> Worker:
    write_files(folder, files)
    (worker,) = Workspace(folder, Config()).project().workers
    return worker


@pytest.mark.parametrize("name", ["CELERYD_CONCURRENCY", "CELERY_WORKER_CONCURRENCY", "WORKER_CONCURRENCY"])
def test_settings_of_django_may_reach_an_app_that_a_package_makes(tmp_path: Path, name: str) -> None:
    settings = f"# of celery\nCELERYD_MAX_TASKS_PER_CHILD == 3\n{name} = 2\n"
    files = {"Procfile": "jobs: python manage.py celery worker\n", "shop/settings.py": settings}
    worker = only_worker(tmp_path, files)
    assert isinstance(worker.concurrency, Unknown)
    assert worker.concurrency.cause.text == f"the app that reads {name} is not in the project"
    assert str(worker.concurrency.at) == "shop/settings.py:3"
    assert isinstance(worker.max_tasks_per_child, Unset)


def test_settings_of_django_say_nothing_of_an_app_named_elsewhere(tmp_path: Path) -> None:
    files = {"Procfile": "jobs: celery -A jobs worker\n", "shop/settings.py": "# celery\nCELERYD_CONCURRENCY = 2\n"}
    assert isinstance(only_worker(tmp_path, files).concurrency, Unset)


@pytest.mark.parametrize(
    ("module", "known"),
    [("", True), ("def ids():\n    return []\n", True), ("from elsewhere import *\n", False), ("# celery\n", False)],
)
def test_a_module_that_holds_no_app_is_not_the_one_that_is_meant(module: str, known: bool, tmp_path: Path) -> None:
    worker = only_worker(tmp_path, {"run.sh": "celery -A shop worker\n", "shop.py": module})
    assert isinstance(worker.concurrency, Unset if known else Unknown)


def test_the_environment_may_name_the_app(tmp_path: Path) -> None:
    app = "from celery import Celery\napp = Celery('x')\napp.conf.worker_concurrency = {}\n"
    files = {
        "compose.yml": "services:\n  jobs:\n    command: celery worker\n    environment:\n      CELERY_APP: shop\n",
        **{f"{name}/__init__.py": "" for name in ("shop", "mail")},
        "shop/celery.py": app.format(3),
        "mail/celery.py": app.format(4),
    }
    worker = only_worker(tmp_path, files)
    assert worker.app_name == "shop"
    assert isinstance(worker.concurrency, Known)
    assert worker.concurrency.value == 3


def test_an_app_that_a_call_makes_is_said_to_be_unknown_for_that(tmp_path: Path) -> None:
    files = {
        "Procfile": "jobs: celery -A shop worker\n",
        "shop/__init__.py": "",
        "shop/config.py": "def configure():\n    settings = read()\n    return Configurator(settings)\n",
        "shop/celery.py": "from shop.config import configure\n\napp = configure().make_celery_app()\n",
    }
    concurrency = only_worker(tmp_path, files).concurrency
    assert isinstance(concurrency, Unknown)
    assert concurrency.cause.text.startswith("shop/celery.py:app: ")


COMPOSE = """
    services:
      jobs:
        image: shop
        command: celery -A shop worker -c ${COUNT}
        mem_limit: ${LIMIT:-1g}
        environment:
          CELERY_WORKER_MAX_MEMORY_PER_CHILD: "${KIB}"
    """
FILLED = "COUNT=9\nLIMIT=2g\nKIB=150000\n"


def test_the_env_file_beside_a_compose_file_gives_defaults(tmp_path: Path) -> None:
    worker = only_worker(tmp_path, {"deploy/compose.yml": COMPOSE, "deploy/.env": FILLED})
    values = (worker.concurrency, worker.max_memory_per_child, worker.memory_limit)
    assert [value.default if isinstance(value, Unknown) else value for value in values] == [9, 150_000, 2 << 30]


@pytest.mark.parametrize("path", [".env", "deploy/.env.example", "deploy/prod.env"])
def test_other_env_files_give_none(tmp_path: Path, path: str) -> None:
    worker = only_worker(tmp_path, {"deploy/compose.yml": COMPOSE, path: FILLED})
    assert isinstance(worker.concurrency, Unknown)
    assert worker.concurrency.default is None
    assert isinstance(worker.memory_limit, Unknown)
    assert worker.memory_limit.default == 1 << 30


def test_a_value_that_a_compose_file_writes_out_stays_known(tmp_path: Path) -> None:
    text = COMPOSE.replace("${COUNT}", "4 --max-tasks-per-child=$$N")
    worker = only_worker(tmp_path, {"compose.yml": text, ".env": "N=3\nCOUNT=9\n"})
    assert isinstance(worker.concurrency, Known)
    assert worker.concurrency.value == 4
    assert not (isinstance(worker.max_tasks_per_child, Unknown) and worker.max_tasks_per_child.default == 3)


UNIT = "[Service]\nExecStart={{ venv }}/bin/celery -A shop worker -c {{ celery_count | int }}\n"
ROLE = "ansible/roles/celery"


@pytest.mark.parametrize(
    ("files", "default"),
    [
        ({f"{ROLE}/defaults/main.yml": "celery_count: 3\n"}, 3),
        ({f"{ROLE}/defaults/main.yml": "celery_count: 3\n", "ansible/group_vars/all.yml": "celery_count: 5\n"}, 5),
        ({f"{ROLE}/vars/main.yaml": "celery_count: 4\n", "ansible/group_vars/all.yml": "celery_count: 5\n"}, 4),
        ({f"{ROLE}/defaults/main.yml": "celery_count: '{{ other }}'\n"}, None),
        ({"ansible/roles/web/defaults/main.yml": "celery_count: 3\n"}, None),
    ],
)
def test_variables_of_a_role_are_likely_in_its_templates(
    tmp_path: Path, files: dict[str, str], default: int | None
) -> None:
    worker = only_worker(tmp_path, {f"{ROLE}/templates/celery.service.j2": UNIT, **files})
    assert isinstance(worker.concurrency, Unknown)
    assert worker.concurrency.default == default


def test_the_celery_of_the_folder_that_an_image_is_built_from(tmp_path: Path) -> None:
    compose = "services:\n  a: {build: a, command: celery -A x worker}\n  b: {build: b, command: celery -A x worker}\n"
    files = {"compose.yml": compose, "a/requirements.txt": "celery==5.4.0\n", "b/requirements.txt": "celery==4.4.7\n"}
    write_files(tmp_path, files)
    workers = Workspace(tmp_path, Config()).project().workers
    assert {worker.name: worker.version.specifier for worker in workers} == {"a": "==5.4.0", "b": "==4.4.7"}


@pytest.mark.parametrize(
    ("other", "text", "known"),
    [
        (".env.sample", "CELERY_WORKER_CONCURRENCY=\n", False),
        (".env.example", "CELERY_WORKER_CONCURRENCY=\n", False),
        ("settings.py.example", "CELERY_WORKER_CONCURRENCY = 3\n", True),
    ],
)
def test_a_name_that_a_missing_env_file_may_set(other: str, text: str, known: bool, tmp_path: Path) -> None:
    files = {
        "compose.yml": "services:\n  a:\n    image: x\n    command: celery -A app worker\n    env_file: .env\n",
        "app.py": "from celery import Celery\napp = Celery()\napp.conf.worker_concurrency = 2\n",
        other: text,
    }
    write_files(tmp_path, files)
    (worker,) = Workspace(tmp_path, Config()).project().workers
    assert isinstance(worker.concurrency, Known if known else Unknown)


@pytest.mark.parametrize(
    ("service", "default"),
    [
        ("command: celery -A app worker -c ${CONC:-}", None),
        ("command: celery -A app worker -c ${CONC:-3}", 3),
        ("command: celery -A app worker\n    environment: {CELERY_WORKER_CONCURRENCY: '${CONC:-}'}", 2),
        ("command: celery -A app worker\n    environment: {CELERY_WORKER_CONCURRENCY: '${CONC:-3}'}", 3),
    ],
)
def test_an_empty_variable_is_not_the_number_of_cpus(service: str, default: int | None, tmp_path: Path) -> None:
    files = {
        "compose.yml": f"services:\n  a:\n    image: x\n    {service}\n",
        "app.py": "from celery import Celery\napp = Celery()\napp.conf.worker_concurrency = 2\n",
        "requirements.txt": "celery==5.4.0\n",
    }
    write_files(tmp_path, files)
    (worker,) = Workspace(tmp_path, Config()).project().workers
    assert isinstance(worker.concurrency, Unknown)
    assert worker.concurrency.default == default


def test_nodes_that_several_variables_name_are_one_worker_of_their_command(tmp_path: Path) -> None:
    script = (
        '#!/bin/sh\nrun() {\n    celery multi $* -A shop -c 2\n}\ncase "$1" in\n'
        "    start) run start $NODES ;;\n    restart) run restart ${NODES:-$MORE} ;;\nesac\n"
    )
    worker = only_worker(tmp_path, {"init.d/jobs": script})
    assert (worker.name, worker.at.line) == ("init.d/jobs", 3)
