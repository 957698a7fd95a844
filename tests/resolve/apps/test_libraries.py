"""Applications that packages outside of the project make, and those that the program itself takes time to reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.value import Known, Unknown, Unset
from flake8_celery_oom.resolve.apps.lookup import NotInProject, Undecided
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files
from tests.resolve.python_project import V3, V4, V56, app_of, look_up, setting, shown

MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n"
DJANGO = {"manage.py": MANAGE, "settings.py": "CELERYD_CONCURRENCY = 3\nCELERY_WORKER_CONCURRENCY = 5\n"}
FLASK = "from flask import Flask\nflask_app = Flask('x')\nflask_app.config['CELERY_WORKER_CONCURRENCY'] = 3\n"


def workers(root: Path, files: dict[str, str]) -> tuple[Worker, ...]:
    write_files(root, files)
    return Workspace(root, Config()).project().workers


@pytest.mark.parametrize("name", ["config", "config.prod", "blueapps.core.celery", "blueapps.core.celery.celery_app"])
def test_blueapps_reads_the_settings_of_django_without_a_namespace(name: str) -> None:
    text = "from blueapps.core.celery import celery_app\n__all__ = ['celery_app']\n"
    files = {**DJANGO, "config/__init__.py": text, "config/prod.py": "from blueapps.core.celery import celery_app as c"}
    assert setting(app_of(files, name, V4)) == 3


CURRENT = """
from celery import current_app

def make():
    app = current_app
    app.conf.update(worker_concurrency=3)
    return app
"""


def test_the_application_that_celery_makes_itself() -> None:
    """As programs of FastAPI have it: the application of Celery is an attribute of another one."""
    web = "from fastapi import FastAPI\nfrom tasks import make\nweb = FastAPI()\nweb.q = make()\ncelery = web.q\n"
    files = {"tasks.py": CURRENT, "web.py": web, "celeryconfig.py": "worker_pool = 'solo'\nworker_concurrency = 9\n"}
    app = app_of(files, "web.celery")
    assert (setting(app), setting(app, "worker_pool")) == (3, "solo")
    assert app.at.path == "tasks.py"


def test_the_application_that_the_program_made_is_the_current_one() -> None:
    """It is not said which one that is, but an application of the project comes before the one of Celery itself."""
    own = "from celery import Celery, current_app\nqueue = Celery('x')\nqueue.conf.worker_concurrency = 5\n"
    assert setting(app_of({"own.py": own}, "own")) == 5
    other = {"own.py": own, "tasks.py": "from celery import current_app\nfrom own import queue\n"}
    assert setting(app_of(other, "tasks")) == 5
    assert setting(app_of(other, None)) == 5


def test_an_app_of_blueapps_without_any_settings_of_django_is_not_in_the_project() -> None:
    assert look_up({"a.py": ""}, "blueapps.core.celery", V4) == NotInProject("blueapps.core.celery")


def test_an_app_of_a_package_that_nobody_described_is_not_in_the_project() -> None:
    assert look_up(DJANGO, "elsewhere.core.celery", V4) == NotInProject("elsewhere.core.celery")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("from flask_celeryext import FlaskCeleryExt\next = FlaskCeleryExt(flask_app)\ncelery = ext.celery", 3),
        ("from flask_celeryext import create_celery_app\ncelery = create_celery_app(flask_app)", 3),
        ("import flask_celeryext as f\ndef make():\n    return f.FlaskCeleryExt(flask_app).celery\ncelery = make()", 3),
    ],
)
def test_the_configuration_of_flask_reaches_celeryext(text: str, value: object) -> None:
    assert setting(app_of({"app.py": FLASK + text}, "app", V56)) == value


def test_keys_that_celeryext_does_not_rename_stay() -> None:
    text = FLASK.replace("CELERY_WORKER_CONCURRENCY", "CELERYD_CONCURRENCY")
    text += "from flask_celeryext import create_celery_app\ncelery = create_celery_app(flask_app)"
    assert setting(app_of({"app.py": text}, "app", V56)) == 3


def test_manage_celery_of_django_celery_reads_the_settings_of_django(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "django-celery==3.3.1\ncelery==3.1.26\n",
        "manage.py": MANAGE,
        "settings.py": "import os\nCELERYD_CONCURRENCY = int(os.getenv('N', 2))\nCELERYD_MAX_TASKS_PER_CHILD = 9\n",
        "Procfile": "worker: python manage.py celery worker\n",
    }
    (worker,) = workers(tmp_path, files)
    assert (shown(worker.concurrency), shown(worker.max_tasks_per_child)) == (("unknown", 2), 9)


BUILDER = """
from celery import Celery
class Builder:
    def __init__(self, size):
        self.size = size
        self.celery = None
    @classmethod
    def sized(cls, size):
        return cls(size)
    def with_celery(self):
        self.celery = Celery('x')
        self.celery.conf.worker_concurrency = self.size
        return self
    def build(self):
        return self.celery
"""


def test_a_builder_that_a_class_method_makes() -> None:
    assert setting(app_of({"app.py": BUILDER + "app = Builder.sized(4).with_celery().build()"})) == 4


@pytest.mark.parametrize(("other", "value"), [(4, 4), (5, ("unknown", None))])
def test_one_of_two_applications(other: int, value: object) -> None:
    text = "import elsewhere\none = Builder.sized(4).with_celery().build()\n"
    text += f"two = Builder.sized({other}).with_celery().build()\napp = one if elsewhere.flag() else two\n"
    found = look_up({"app.py": BUILDER + text}, "app:app")
    assert isinstance(found, Undecided)
    assert (setting(found), setting(found, "worker_pool")) == (value, "unset")


MADE = "from celery import Celery\napp = Celery('x')\napp.conf.worker_concurrency = {}\n"


@pytest.mark.parametrize(("other", "value"), [(4, 4), (5, ("unknown", None))])
def test_several_modules_of_a_name(other: int, value: object) -> None:
    files = {"a/proj/__init__.py": "", "b/proj/__init__.py": ""}
    files |= {"a/proj/celery.py": MADE.format(4), "b/proj/celery.py": MADE.format(other), "deploy/run.conf": ""}
    found = look_up(files, "proj", near="deploy/run.conf", cwd="deploy")
    assert isinstance(found, Undecided)
    assert (setting(found), setting(found, "worker_pool")) == (value, "unset")


@pytest.mark.parametrize(
    "text",
    [
        "from celery.bin import worker\nw = worker.worker(app=celery)\nw.run(loglevel='INFO')",
        "from celery.bin import worker\nworker.worker(app=celery).run()",
        "from celery.apps.worker import Worker\nWorker(app=celery).start()",
        "celery.worker_main(['worker'])",
    ],
)
def test_the_app_that_a_program_hands_to_its_worker(text: str, tmp_path: Path) -> None:
    body = "\n".join(f"    {line}" for line in ["from tasks import app as celery", *text.split("\n")])
    files = {"tasks.py": MADE.format(4), "other.py": MADE.format(5), "requirements.txt": "celery==4.4.7\n"}
    (worker,) = workers(tmp_path, {**files, "run.py": f"if __name__ == '__main__':\n{body}\n"})
    assert shown(worker.concurrency) == 4


def test_a_package_called_like_a_library_is_not_imported_by_its_neighbours() -> None:
    files = {"framework/__init__.py": "", "framework/flask/__init__.py": "from flask import Flask\napp = Flask('x')"}
    found = look_up(files, "framework.flask:app")
    assert isinstance(found, Undecided)
    assert found.is_other


def test_django_celery_of_version_three() -> None:
    assert setting(app_of(DJANGO, "djcelery", V3)) == 3


SUPERSET = "jobs: celery --app=superset.tasks.celery_app:app worker\n"
SUPERSET_CONFIG = """\
class Jobs(object):
    CELERYD_CONCURRENCY = 3
    CELERY_ANNOTATIONS = {}
CELERY_CONFIG = Jobs
"""


@pytest.mark.parametrize("path", ["superset_config.py", "docker/pythonpath_dev/superset_config.py"])
def test_superset_takes_its_settings_from_an_object_that_users_write(path: str, tmp_path: Path) -> None:
    (worker,) = workers(tmp_path, {"Procfile": SUPERSET, path: SUPERSET_CONFIG})
    assert isinstance(worker.concurrency, Known)
    assert worker.concurrency.value == 3
    assert isinstance(worker.max_memory_per_child, Unset)


@pytest.mark.parametrize("files", [{}, {"superset_config.py": "ROW_LIMIT = 5\n"}])
def test_settings_of_superset_that_are_elsewhere_are_unknown(files: dict[str, str], tmp_path: Path) -> None:
    (worker,) = workers(tmp_path, {"Procfile": SUPERSET, **files})
    assert isinstance(worker.concurrency, Unknown)
