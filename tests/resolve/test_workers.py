"""Workers: values that come from outside of the command."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.model import Unknown, Unset, Worker
from flake8_celery_oom.workspace import Workspace


def only_worker(folder: Path, files: dict[str, str]) -> Worker:
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(content))
    (worker,) = Workspace(folder, Config()).project().workers
    return worker


@pytest.mark.parametrize("name", ["CELERYD_CONCURRENCY", "CELERY_WORKER_CONCURRENCY", "WORKER_CONCURRENCY"])
def test_settings_of_django_may_reach_an_app_that_a_package_makes(tmp_path: Path, name: str) -> None:
    settings = f"# of celery\nCELERYD_MAX_TASKS_PER_CHILD == 3\n{name} = 2\n"
    files = {"Procfile": "jobs: python manage.py celery worker\n", "shop/settings.py": settings}
    worker = only_worker(tmp_path, files)
    assert isinstance(worker.concurrency, Unknown)
    assert worker.concurrency.reason == f"the app that reads {name} is not in the project"
    assert str(worker.concurrency.at) == "shop/settings.py:3"
    assert isinstance(worker.max_tasks_per_child, Unset)


def test_settings_of_django_say_nothing_of_an_app_named_elsewhere(tmp_path: Path) -> None:
    files = {"Procfile": "jobs: celery -A jobs worker\n", "shop/settings.py": "# celery\nCELERYD_CONCURRENCY = 2\n"}
    assert isinstance(only_worker(tmp_path, files).concurrency, Unset)


def test_an_app_that_a_call_makes_is_said_to_be_unknown_for_that(tmp_path: Path) -> None:
    files = {
        "Procfile": "jobs: celery -A shop worker\n",
        "shop/__init__.py": "",
        "shop/config.py": "def configure():\n    settings = read()\n    return Configurator(settings)\n",
        "shop/celery.py": "from shop.config import configure\n\napp = configure().make_celery_app()\n",
    }
    concurrency = only_worker(tmp_path, files).concurrency
    assert isinstance(concurrency, Unknown)
    assert concurrency.reason.startswith("shop/celery.py:app: ")
