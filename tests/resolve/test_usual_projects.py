"""Usual forms of real projects: local settings, several apps, scripts of init, commands that are stopped first."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files
from tests.resolve.python_project import shown

REQUIREMENTS = {"requirements.txt": "celery==5.5.3\n"}


def workers(root: Path, files: dict[str, str]) -> list[Worker]:
    write_files(root, {**REQUIREMENTS, **files})
    return list(Workspace(root, Config()).project().workers)


def only_worker(root: Path, files: dict[str, str]) -> Worker:
    (found,) = workers(root, files)
    return found


RUN = {"run.sh": "#!/bin/sh\ncelery -A proj worker\n"}
DJANGO = {
    "proj/__init__.py": "from .celery import app\n",
    "proj/celery.py": (
        "import os\nfrom celery import Celery\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'proj.settings')\n"
        "app = Celery('proj')\napp.config_from_object('django.conf:settings', namespace='CELERY')\n"
    ),
}


@pytest.mark.parametrize(
    ("line", "sample", "children"),
    [
        ("from proj.local_untracked import *", {}, ("unknown", 3)),
        ("from proj.local_untracked import *", {"proj/local_untracked.py.dist": "DEBUG = True\n"}, 3),
        ("from local_settings import *", {}, ("unknown", 3)),
        ("from local_settings import *", {"proj/local_settings_example.py": "DEBUG = True\n"}, 3),
        ("from .secrets import *", {}, 3),
        ("from keys import *", {}, 3),
        ("from .secrets import *", {"proj/secrets.py.sample": "SECRET_KEY = 'x'\n"}, 3),
        ("from .secrets import *", {"proj/secrets.py.sample": "CELERY_WORKER_CONCURRENCY = 8\n"}, ("unknown", 3)),
        ("from vendor.defaults import *", {}, ("unknown", 3)),
    ],
)
def test_settings_that_are_kept_out_of_a_repository(
    line: str, sample: dict[str, str], children: object, tmp_path: Path
) -> None:
    settings = f"CELERY_WORKER_CONCURRENCY = 3\n{line}\n"
    found = only_worker(tmp_path, {**RUN, **DJANGO, **sample, "proj/settings.py": settings})
    assert shown(found.concurrency) == children


def test_unknown_names_do_not_replace_what_was_imported(tmp_path: Path) -> None:
    app = DJANGO["proj/celery.py"].replace("os.environ.set", "from vendor.keys_of_all import *\nos.environ.set")
    files = {**RUN, **DJANGO, "proj/celery.py": app, "proj/settings.py": "CELERY_WORKER_CONCURRENCY = 3\n"}
    assert shown(only_worker(tmp_path, files).concurrency) == 3


BY_STAGE = """
import os
stage = os.environ.get('STAGE')
if stage == 'live':
    name = 'proj.live'
elif stage == 'staging':
    name = 'proj.staging'
else:
    name = 'proj.settings'
"""


def test_a_program_that_chooses_the_settings_of_django(tmp_path: Path) -> None:
    """Each of the modules that it may choose counts."""
    app = BY_STAGE + DJANGO["proj/celery.py"].replace("'proj.settings'", "name")
    settings = {
        "proj/settings.py": "CELERY_WORKER_MAX_TASKS_PER_CHILD = 9\n",
        "proj/live.py": "CELERY_WORKER_MAX_TASKS_PER_CHILD = 9\nCELERY_WORKER_CONCURRENCY = 4\n",
        "proj/staging.py": "CELERY_WORKER_MAX_TASKS_PER_CHILD = 9\n",
    }
    found = only_worker(tmp_path, {**RUN, **DJANGO, **settings, "proj/celery.py": app})
    assert shown(found.concurrency) == ("unknown", None)
    assert shown(found.max_tasks_per_child) == 9
    assert shown(found.max_memory_per_child) == "unset"


def test_settings_that_another_app_chooses_are_for_that_one(tmp_path: Path) -> None:
    settings = {
        "proj/base.py": "CELERY_WORKER_MAX_TASKS_PER_CHILD = 9\n",
        "proj/settings.py": "from .base import *\nCELERY_WORKER_CONCURRENCY = 3\n",
        "proj/other.py": "from .base import *\nCELERY_WORKER_CONCURRENCY = 5\n",
    }
    found = only_worker(tmp_path / "one", {**RUN, **DJANGO, **settings})
    assert shown(found.concurrency) == ("unknown", 3)
    other = {"proj/other_app.py": DJANGO["proj/celery.py"].replace("proj.settings", "proj.other")}
    found = only_worker(tmp_path / "two", {**RUN, **DJANGO, **settings, **other})
    assert shown(found.concurrency) == 3


TWO_APPS = """
import os
from celery import Celery
def create():
    if os.getenv("TESTING") == "yes":
        made = Celery("test", broker="memory://")
    else:
        made = Celery("live", broker="redis://")
    made.conf.update(worker_concurrency=4)
    return made
celery_app = create()
"""


def test_an_app_under_another_name_that_is_one_of_two(tmp_path: Path) -> None:
    found = only_worker(tmp_path, {"run.sh": "#!/bin/sh\ncelery -A tasks worker\n", "tasks.py": TWO_APPS})
    assert shown(found.concurrency) == 4
    assert shown(found.max_tasks_per_child) == "unset"


def test_an_app_that_a_package_makes_is_not_in_the_project(tmp_path: Path) -> None:
    files = {"run.sh": "#!/bin/sh\ncelery -A shop.celery worker\n", "shop/__init__.py": ""}
    found = only_worker(tmp_path, {**files, "shop/celery.py": "from shop_base.celery import celery\n"})
    assert shown(found.concurrency) == "unset"
    assert found.app is None
    named = {**files, "run.sh": "#!/bin/sh\ncelery -A shop.celery:celery worker\n"}
    found = only_worker(tmp_path, {**named, "shop/celery.py": "from shop_base.celery import celery\n"})
    assert shown(found.concurrency) == "unset"
    own = "from celery import Celery\nfrom web_base import app\nqueue = Celery('x')\n"
    own += "queue.conf.worker_concurrency = 2\n"
    assert shown(only_worker(tmp_path, {**files, "shop/celery.py": own}).concurrency) == 2
    found = only_worker(tmp_path, {**files, "shop/celery.py": "from shop_base.celery import queue\n"})
    assert shown(found.concurrency) == ("unknown", None)


@pytest.mark.parametrize(
    ("files", "children"),
    [
        ({}, 3),
        ({"instance/settings.py": "CELERYD_CONCURRENCY = 5\n"}, 5),
        ({"shop/settings.py": "CELERYD_CONCURRENCY = 5\n"}, 3),
    ],
)
def test_the_instance_folder_of_flask(files: dict[str, str], children: int, tmp_path: Path) -> None:
    web = (
        "from celery import Celery\nfrom flask import Flask\nweb = Flask('x', instance_relative_config=True)\n"
        "web.config['CELERYD_CONCURRENCY'] = 3\nweb.config.from_pyfile('settings.py', silent=True)\n"
        "celery = Celery('x')\ncelery.conf.update(web.config)\n"
    )
    run = {"run.sh": "#!/bin/sh\ncelery -A shop.web.celery worker\n", "shop/__init__.py": "", "shop/web.py": web}
    assert shown(only_worker(tmp_path, {**run, **files}).concurrency) == children


def test_the_app_that_a_script_takes_where_nobody_names_one(tmp_path: Path) -> None:
    script = '#!/bin/sh\nexport CELERY_APP=${CELERY_APP:-"tasks"}\nexec celery -A "${CELERY_APP}" worker\n'
    app = "from celery import Celery\napp = Celery('x')\napp.conf.worker_concurrency = 5\n"
    other = app.replace("5", "7")
    found = only_worker(tmp_path, {"entrypoint.sh": script, "tasks.py": app, "other.py": other})
    assert shown(found.concurrency) == 5


RESTARTS = """
import shlex, subprocess
def restart():
    command = "celery -A tasks worker"
    stop = f'pkill -f "{command}"'
    subprocess.call(shlex.split(stop))
    subprocess.call(shlex.split(f"{command} --concurrency=3"))
"""


def test_a_command_that_is_stopped_before_it_is_started(tmp_path: Path) -> None:
    found = only_worker(tmp_path, {"restart.py": RESTARTS})
    assert shown(found.concurrency) == 3


INIT = """#!/bin/sh
### BEGIN INIT INFO
# Provides: jobs
### END INIT INFO
if [ -n "$USER_OF_JOBS" ]; then
    OPTIONS="$OPTIONS --uid=$USER_OF_JOBS"
fi
OPTIONS="${OPTIONS} --workdir=/srv"
celery -A tasks multi start one $OPTIONS
"""


def test_init_starts_scripts_without_their_variables(tmp_path: Path) -> None:
    assert shown(only_worker(tmp_path, {"init.d/jobs": INIT}).concurrency) == "unset"
    script = INIT.replace("### BEGIN INIT INFO\n", "")
    assert shown(only_worker(tmp_path, {"init.d/jobs": script}).concurrency) == ("unknown", None)
