from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import DeadSetting, Project
from flake8_celery_oom.workspace import Workspace


def resolved(root: Path, celery: str, settings: str = "", version: str = "5.4.0", **more: str) -> Project:
    files = {
        "requirements.txt": f"celery=={version}\n",
        "shop/__init__.py": "",
        "shop/celery.py": f"from celery import Celery\n{celery}\n",
        "shop/settings.py": settings,
        **{f"shop/{name}.py": f"# celery\n{text}\n" for name, text in more.items()},
    }
    for path, text in files.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
    return Workspace(root, Config()).project()


def dead(project: Project) -> list[tuple[str, str, str | None]]:
    return [(one.name, one.reason, one.right) for app in project.apps for one in app.dead]


NAMESPACE = "app = Celery('shop')\napp.config_from_object('shop.settings', namespace='CELERY')"
NONE = "app = Celery('shop')\napp.config_from_object('shop.settings')"


@pytest.mark.parametrize(
    ("celery", "settings", "version", "expected"),
    [
        (
            NAMESPACE,
            "CELERYD_CONCURRENCY = 4",
            "5.6.3",
            ("CELERYD_CONCURRENCY", "old-name-in-namespace", "CELERY_WORKER_CONCURRENCY"),
        ),
        (
            NAMESPACE.replace("CELERY'", "SHOP_CELERY'"),
            "SHOP_CELERY_CONCURRENCY = 4",
            "5.6.3",
            ("SHOP_CELERY_CONCURRENCY", "namespace", "SHOP_CELERY_WORKER_CONCURRENCY"),
        ),
        (
            NONE,
            "CELERY_WORKER_CONCURRENCY = 4",
            "4.4.7",
            ("CELERY_WORKER_CONCURRENCY", "no-namespace", "CELERYD_CONCURRENCY"),
        ),
        (
            NONE,
            "worker_pool = 'solo'\nCELERY_WORKER_CONCURRENCY = 4",
            "4.4.7",
            ("CELERY_WORKER_CONCURRENCY", "no-namespace", "worker_concurrency"),
        ),
        (NONE, "CELERY_CONCURRENCY = 4", "3.1.26", ("CELERY_CONCURRENCY", "no-namespace", "CELERYD_CONCURRENCY")),
        (
            "app = Celery('shop')\napp.conf.max_tasks_per_child = 4",
            "",
            "5.6.3",
            ("max_tasks_per_child", "no-setting", "worker_max_tasks_per_child"),
        ),
        ("app = Celery('shop', worker_concurrency=4)", "", "4.4.7", ("worker_concurrency", "keyword", None)),
    ],
)
def test_dead_names(
    tmp_path: Path, celery: str, settings: str, version: str, expected: tuple[str, str, str | None]
) -> None:
    assert dead(resolved(tmp_path, celery, settings, version)) == [expected]


@pytest.mark.parametrize(
    "reader",
    [
        "from shop.settings import CELERYD_CONCURRENCY",
        "from shop import settings\nprint(settings.CELERYD_CONCURRENCY)",
        "print(getattr(settings, 'CELERYD_CONCURRENCY', 2))",
        "print(config['CELERYD_CONCURRENCY'])",
        "print(config.get('CELERYD_CONCURRENCY'))",
    ],
)
def test_names_that_the_project_reads_itself(tmp_path: Path, reader: str) -> None:
    found = resolved(tmp_path, NAMESPACE, "CELERYD_CONCURRENCY = 4", use=reader)
    assert found.names_used == {"CELERYD_CONCURRENCY"}


@pytest.mark.parametrize(
    "text",
    [
        "import os\nprint(os.environ['CELERYD_CONCURRENCY'])",
        "import os\nprint(os.environ.get('CELERYD_CONCURRENCY'))",
        "settings.CELERYD_CONCURRENCY = 3",
        "# CELERYD_CONCURRENCY",
    ],
)
def test_what_does_not_read_a_setting(tmp_path: Path, text: str) -> None:
    found = resolved(tmp_path, NAMESPACE, "CELERYD_CONCURRENCY = 4", use=text)
    assert isinstance(found.apps[0].dead[0], DeadSetting)
    assert found.names_used == frozenset()


@pytest.mark.parametrize(
    ("celery", "settings"),
    [
        (NONE, "CELERYD_CONCURRENCY = 4\nworker_pool = 'solo'"),
        ("app = Celery('shop')\napp.conf.update(CELERYD_CONCURRENCY=4, worker_pool='solo')", ""),
        ("app = Celery('shop')\napp.conf['CELERYD_CONCURRENCY'] = 4\napp.conf.worker_pool = 'solo'", ""),
    ],
)
def test_mixed_names(tmp_path: Path, celery: str, settings: str) -> None:
    (app,) = resolved(tmp_path, celery, settings).apps
    assert app.mixed is not None
    assert [name for name, _ in app.mixed.old] == ["CELERYD_CONCURRENCY"]
    assert [name for name, _ in app.mixed.new] == ["worker_pool"]


def test_names_of_one_kind_are_not_mixed(tmp_path: Path) -> None:
    (app,) = resolved(tmp_path, NONE, "CELERYD_CONCURRENCY = 4\nCELERYD_POOL = 'solo'").apps
    assert app.mixed is None
