"""An application that is made on one of two ways is configured on both, whatever the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.value import Known, Unknown
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files

MADE = """\
import os
from celery import Celery

if os.getenv("PLAIN"):
    app = Celery("shop", broker_use_ssl={"ssl_cert_reqs": 0})
else:
    app = Celery("shop")
"""
DJANGO = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'


def worker(folder: Path, app: str, settings: str = "") -> Worker:
    files = {
        "shop/celery.py": app,
        "shop/__init__.py": "",
        "shop/settings.py": settings,
        "Procfile": "jobs: celery -A shop worker\n",
        "requirements.txt": "celery==5.4.0\n",
    }
    write_files(folder, files)
    (found,) = Workspace(folder, Config()).project().workers
    return found


@pytest.mark.parametrize(
    "configured",
    [
        DJANGO + 'app.config_from_object("django.conf:settings", namespace="CELERY")\n',
        DJANGO + 'app.config_from_object("shop.settings", namespace="CELERY")\napp.autodiscover_tasks()\n',
        "app.conf.update(worker_concurrency=3)\n",
    ],
)
def test_it_is_configured_whichever_it_is(configured: str, tmp_path: Path) -> None:
    found = worker(tmp_path, MADE + configured, "CELERY_WORKER_CONCURRENCY = 3\n")
    assert isinstance(found.concurrency, Known)
    assert found.concurrency.value == 3
    assert found.app is not None
    assert found.app.namespace == ("CELERY_" if "namespace" in configured else "")


def test_a_setting_that_is_assigned_reaches_it(tmp_path: Path) -> None:
    found = worker(tmp_path, MADE + "app.conf.worker_concurrency = 3\n")
    assert isinstance(found.concurrency, (Known, Unknown))
    assert (found.concurrency.value if isinstance(found.concurrency, Known) else found.concurrency.default) == 3


def test_an_app_with_another_name_may_be_left_alone(tmp_path: Path) -> None:
    made = 'import os\nfrom celery import Celery\n\none = Celery("one")\ntwo = Celery("two")\n'
    chosen = 'if os.getenv("PLAIN"):\n    app = one\nelse:\n    app = two\napp.conf.update(worker_concurrency=3)\n'
    write_files(tmp_path, {"shop.py": made + chosen, "Procfile": "jobs: celery -A shop:one worker\n"})
    (found,) = Workspace(tmp_path, Config()).project().workers
    assert not isinstance(found.concurrency, Known)
