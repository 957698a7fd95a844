"""Paths that programs build from ``__file__``: what exists in the project, what is kept out of it."""

from __future__ import annotations

import pytest

from tests.resolve.python_project import app_of, evaluate, setting

OTHERS = {"local.py": "Y = 7", "conf/extra.yml": ""}
OPTIONAL = """
import os
from os.path import abspath, dirname, join
from pathlib import Path
X = 1
if {test}:
    from private import *
"""


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("os.path.exists(os.path.join(os.path.dirname(__file__), 'local.py'))", True),
        ("os.path.isfile(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'local.py'))", True),
        ("os.path.isdir(os.path.join(os.path.dirname(__file__), 'local.py'))", False),
        ("os.path.isdir(os.path.join(os.path.dirname(__file__), 'conf'))", True),
        ("os.path.isfile(os.path.join(os.path.dirname(__file__), 'conf'))", False),
        ("(Path(__file__).resolve().parent / 'conf' / 'extra.yml').exists()", True),
        ("Path(__file__).parent.joinpath('conf/extra.yml').is_file()", True),
        ("Path(__file__).resolve().parents[0].is_dir()", True),
        ("os.path.exists(os.path.join(os.path.dirname(__file__), 'private.py'))", False),
        ("os.path.exists(os.path.join(os.path.dirname(__file__), 'data.json'))", ("unknown", False)),
        ("os.path.exists(os.path.join(os.path.dirname(__file__), '..', 'data.py'))", ("unknown", None)),
        ("os.path.exists('/etc/app/local.py')", ("unknown", None)),
        ("os.path.exists('local.py')", ("unknown", None)),
        ("Path(__file__).stem", "m"),
        ("os.path.basename(__file__)", "m.py"),
        ("str(Path(__file__).parent / 'x')", ("unknown", None)),
        ("os.path.join('a', 'b', '/c')", "/c"),
        ("os.path.splitext('a/b.tar.gz')[1]", ".gz"),
        ("os.path.join('a', os.environ['B'])", ("unknown", None)),
    ],
)
def test_of_paths(expression: str, value: object) -> None:
    assert evaluate(f"import os\nfrom pathlib import Path\nX = {expression}", others=OTHERS) == value


@pytest.mark.parametrize(
    "test",
    [
        "os.path.isfile(join(dirname(abspath(__file__)), 'private.py'))",
        "(Path(__file__).parent / 'private.py').exists()",
    ],
)
def test_a_module_kept_out_of_the_project_is_named_and_plays_no_part(test: str) -> None:
    settings = OPTIONAL.format(test=test).replace("X = 1", "worker_concurrency = 3")
    app = app_of(
        {"app.py": "from celery import Celery\napp = Celery('x')\napp.config_from_object('s')", "s.py": settings}
    )
    assert setting(app) == 3
    value = app.settings["worker_max_memory_per_child"]
    assert "private.py" in getattr(value, "looked_at", ())


def test_a_module_that_is_there_counts() -> None:
    text = OPTIONAL.format(test="os.path.isfile(join(dirname(abspath(__file__)), 'private.py'))")
    assert evaluate(text, others={"private.py": "X = 2"}) == 2
