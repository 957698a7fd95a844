"""Another look at a project starts from the last one: every kind of thing that is taken over follows its edits."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.frontends.language_server.analysis import ProjectAnalysis
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files

APP = "from celery import Celery\n\napp = Celery()\napp.config_from_object('shop.conf')\n"
COMPOSE = "services:\n  jobs:\n    image: shop\n    command: celery -A shop worker\n"
SHOP = {"shop/__init__.py": APP, "shop/conf.py": "worker_concurrency = 3\n", "compose.yml": COMPOSE}
CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "chart/values.yaml": "children: 4\n",
    "chart/templates/worker.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: worker}\nspec:\n  template:\n    spec:\n"
        "      containers:\n        - name: worker\n          image: shop\n"
        '          command: ["celery", "-A", "shop", "worker", "--concurrency={{ .Values.children }}"]\n'
    ),
}
DJANGO = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    "shop/__init__.py": "",
    "shop/settings.py": "# celery\n",
    "Procfile": "jobs: python manage.py celery worker\n",
}
READY = (
    "from django.apps import AppConfig\nfrom shop import app\n\n\nclass Shop(AppConfig):\n"
    "    def {}(self):\n        app.conf.update(worker_concurrency=9)  # celery\n"
)
EDITS: dict[str, tuple[dict[str, str], str, str]] = {
    "settings": (SHOP, "shop/conf.py", "worker_concurrency = 7\n"),
    "settings below others": (
        {**SHOP, "shop/conf.py": "from shop.base import *\n", "shop/base.py": "worker_concurrency = 3\n"},
        "shop/base.py",
        "worker_concurrency = 7\n",
    ),
    "the app": (SHOP, "shop/__init__.py", APP + "app.conf.worker_pool = 'solo'\n"),
    "what tasks import": (
        {**SHOP, "shop/tasks.py": "from celery import shared_task\n"},
        "shop/tasks.py",
        "from celery import shared_task\nimport torch\n",
    ),
    "the release of Celery": ({**SHOP, "requirements.txt": "celery==5.4.0\n"}, "requirements.txt", "celery==4.4.7\n"),
    "a variable that a missing file may set": (
        {
            **SHOP,
            "shop/conf.py": "",
            "shop/more.py": "import celery, os\n",
            "compose.yml": COMPOSE + "    env_file: missing.env\n",
        },
        "shop/more.py",
        "import celery, os\nos.environ['CELERY_WORKER_CONCURRENCY']\n",
    ),
    "a variable that the project reads": (
        {
            **SHOP,
            "shop/more.py": "import celery, os\n",
            "compose.yml": COMPOSE + "    environment: {CELERYD_CONCURRENCY: 4}\n",
        },
        "shop/more.py",
        "import celery, os\nos.environ['CELERYD_CONCURRENCY']\n",
    ),
    "the first app": (
        {"compose.yml": COMPOSE.replace("-A shop ", ""), "shop.py": "x = 1\n"},
        "shop.py",
        "from celery import Celery\napp = Celery()\napp.conf.worker_concurrency = 5\n",
    ),
    "a second app": (
        {**SHOP, "compose.yml": COMPOSE.replace("-A shop ", ""), "other.py": "import celery\n"},
        "other.py",
        "from celery import Celery\napp = Celery()\napp.conf.worker_concurrency = 5\n",
    ),
    "what Django does when it is ready": (
        {
            **DJANGO,
            "Procfile": "jobs: celery -A shop worker\n",
            "shop/__init__.py": APP.replace("shop.conf", "django.conf:settings"),
            "shop/apps.py": READY.format("later"),
        },
        "shop/apps.py",
        READY.format("ready"),
    ),
    "settings of an app that is not here": (DJANGO, "shop/settings.py", "# celery\nCELERYD_CONCURRENCY = 4\n"),
    "Airflow's configuration": (
        {
            "compose.yml": "services:\n  jobs:\n    image: apache/airflow:2.9.0\n    command: celery worker\n",
            "airflow.cfg": "[celery]\nworker_concurrency = 4\n",
        },
        "airflow.cfg",
        "[celery]\nworker_concurrency = 8\n",
    ),
    "values of a chart": ({**SHOP, **CHART}, "chart/values.yaml", "children: 8\n"),
    "a service": (SHOP, "compose.yml", COMPOSE.replace("worker", "worker -c 2")),
    "a script": (
        {
            **SHOP,
            "compose.yml": COMPOSE.replace("celery -A shop worker", "./run.sh"),
            "run.sh": "celery -A shop worker\n",
        },
        "run.sh",
        "celery -A shop worker -c 2\n",
    ),
    "a comment that silences": (SHOP, "compose.yml", COMPOSE.replace("command", "# celery-oom: ignore\n    command")),
    "options of a task": (
        {**SHOP, "shop/tasks.py": "from shop import app\n# celery\n"},
        "shop/tasks.py",
        "from shop import app\n# celery\n@app.task(acks_late=True, reject_on_worker_lost=True)\ndef f(): pass\n",
    ),
}


def told(workspace: Workspace) -> tuple[object, ...]:
    project = workspace.project()
    shown = [repr(one) for one in (*project.workers, *workspace.findings())]
    return shown, project.parts, project.names_used, workspace.summary()


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_followed_and_so_is_its_undoing(name: str, tmp_path: Path) -> None:
    files, path, text = EDITS[name]
    write_files(tmp_path, {"pyproject.toml": "", **files})
    analysis = ProjectAnalysis(tmp_path)
    before = told(analysis.look().workspace)
    analysis.edit(path, text)
    after = told(analysis.look().workspace)
    assert after == told(Workspace(tmp_path, Config(), {path: text}))
    assert after != before
    analysis.edit(path, files[path])
    assert told(analysis.look().workspace) == before


def test_the_release_that_counts_by_the_configuration_is_followed(tmp_path: Path) -> None:
    write_files(tmp_path, {**SHOP, "compose.yml": COMPOSE.replace("worker", "worker --maxt=10")})
    first = Workspace(tmp_path, Config(celery_version="==5.4.0"))
    told(first)
    later = Config(celery_version="==4.4.7")
    assert told(Workspace(tmp_path, later, earlier=first.kept(), changed=[])) == told(Workspace(tmp_path, later))
