"""What the modules of an app load, through the modules of the project that they import."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.workspace import Workspace

APP = "from celery import Celery\n\napp = Celery('shop')\n"
TASKS = "from shop.celery import app\n{}\n\n\n@app.task\ndef add():\n    pass\n"


def loaded(folder: Path, files: dict[str, str]) -> set[str]:
    for name, text in {"shop/__init__.py": "", "shop/celery.py": APP, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (app,) = Workspace(folder, Config()).project().apps
    return set(app.imports) - {"celery", "shop"}


@pytest.mark.parametrize(
    ("line", "files", "found"),
    [
        ("import pandas", {}, {"pandas"}),
        ("import os, pandas.core as p", {}, {"os", "pandas"}),
        ("from shop import report", {"shop/report.py": "import numpy\n"}, {"numpy"}),
        ("from shop.report import make", {"shop/report.py": "import numpy\n"}, {"numpy"}),
        ("from .report import make", {"shop/report.py": "import numpy\n"}, {"numpy"}),
        ("from . import report", {"shop/report.py": "import numpy\n"}, {"numpy"}),
        ("import shop.report.make", {"shop/report/__init__.py": "import numpy\n"}, {"numpy"}),
        (
            "from shop.report import (\n    make,\n    send,\n)",
            {
                "shop/report/__init__.py": "",
                "shop/report/make.py": "from ..more import x\n",
                "shop/more.py": "import numpy\n",
            },
            {"numpy"},
        ),
        ("from shop.a import x", {"shop/a.py": "from shop.b import x\n", "shop/b.py": "from shop.a import x\n"}, set()),
        ("from shop import report", {"shop/report.py": "def f():\n    import numpy\n"}, set()),
        ("from shop import report", {"shop/report.py": "", "shop/never.py": "import numpy\n"}, set()),
        ("from __future__ import annotations", {}, set()),
        ("from numpy import array", {}, {"numpy"}),
    ],
)
def test_imports_are_followed(tmp_path: Path, line: str, files: dict[str, str], found: set[str]) -> None:
    assert loaded(tmp_path, {"shop/tasks.py": TASKS.format(line), **files}) == found


def test_modules_beside_the_app(tmp_path: Path) -> None:
    (tmp_path / "jobs.py").write_text("from celery import Celery\nimport helper\n\napp = Celery('shop')\n")
    (tmp_path / "helper.py").write_text("import pandas\n")
    (app,) = Workspace(tmp_path, Config()).project().apps
    assert set(app.imports) == {"celery", "pandas"}
