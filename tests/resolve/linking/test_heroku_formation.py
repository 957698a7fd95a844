from __future__ import annotations

import json
from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.value import Known, Unset, Value
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files


def limit(folder: Path, formation: object, app_json: str = "app.json") -> Value[int]:
    files = {
        "Procfile": "web: gunicorn shop\njobs: celery -A shop worker\n",
        app_json: json.dumps({"formation": formation}),
        "shop.py": "from celery import Celery\napp = Celery('shop')\n",
    }
    write_files(folder, files)
    (found,) = Workspace(folder, Config()).project().workers
    return found.memory_limit


def test_a_process_has_the_memory_of_its_dyno(tmp_path: Path) -> None:
    found = limit(tmp_path, {"web": {"size": "performance-m"}, "jobs": {"quantity": 1, "size": "Standard-2X"}})
    assert isinstance(found, Known)
    assert found.value == 1024 * 1024 * 1024
    assert found.at is not None
    assert found.at.path == "app.json"


@pytest.mark.parametrize(
    ("formation", "app_json"),
    [
        ({"web": {"size": "basic"}}, "app.json"),
        ({"jobs": {"quantity": 2}}, "app.json"),
        ({"jobs": {"size": "basic"}}, "other/app.json"),
    ],
)
def test_another_process_another_folder_or_no_size_gives_none(formation: object, app_json: str, tmp_path: Path) -> None:
    assert isinstance(limit(tmp_path, formation, app_json), Unset)
