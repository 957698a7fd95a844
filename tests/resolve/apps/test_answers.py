"""An answer that was found in no particular environment is taken only where it holds."""

from __future__ import annotations

import pytest

from flake8_celery_oom.core.results import App
from flake8_celery_oom.core.value import Known, Unknown, Value
from flake8_celery_oom.resolve.apps.lookup import Apps
from flake8_celery_oom.resolve.python.systems import System
from tests.resolve.python_project import V57, apps, words

HEAD = "import os, sys\nfrom celery import Celery\napp = Celery('x')\n"
TAIL = "\napp.conf.worker_concurrency = value\n"
EVERYWHERE = {"UNRELATED": "1"}

DEPENDS_ON_A = {
    "a read": "value = int(os.environ['A'])",
    "a read that may fail": "try:\n    value = int(os.environ['A'])\nexcept KeyError:\n    value = 8",
    "a read beside another": "try:\n    value = 2\n    other = int(os.environ['A'])\nexcept KeyError:\n    value = 8",
    "a condition": "value = 2 if os.environ.get('A') == '2' else 8",
    "a branch": "if os.environ.get('A') == '2':\n    value = 2\nelse:\n    value = 8",
    "a match": "match os.environ.get('A'):\n    case '2':\n        value = 2\n    case _:\n        value = 8",
    "a sum": "value = sum([int(os.environ['A'])])",
    "an item of a list": "value = [int(os.environ['A']), 8][0]",
    "a loop": "value = 8\nfor one in os.environ['A'].split(','):\n    value = int(one)",
    "a function": "def read():\n    return int(os.environ['A'])\nvalue = read()",
    "an f-string": "value = int(f\"{os.environ['A']}\")",
    "presence": "value = 2 if 'A' in os.environ else 8",
    "a default": "value = int(os.environ.get('B') or os.environ.get('A') or 8)",
    "two ways": "if os.environ.get('B'):\n    value = 9\nelse:\n    value = int(os.environ.get('A', '8'))",
}


def concurrency(found: Apps, environment: dict[str, str], system: System = "any") -> Value[object]:
    app = found.lookup("app", "", "compose.yml", words(environment), V57, system=system)
    assert isinstance(app, App), app
    return app.settings["worker_concurrency"]


@pytest.mark.parametrize("program", DEPENDS_ON_A.values(), ids=DEPENDS_ON_A)
def test_a_variable_that_takes_part_counts_whoever_was_asked_before(program: str) -> None:
    found = apps({"app.py": HEAD + program + TAIL})
    assert isinstance(concurrency(found, {}), Unknown)
    concurrency(found, EVERYWHERE)
    for environment in ({"A": "2", "B": ""}, {"A": "2", "B": "", "UNRELATED": "1"}):
        known = concurrency(found, environment)
        assert isinstance(known, Known)
        assert known.value == 2


SYSTEMS = {
    "a branch": "value = 8\nif sys.platform == 'win32':\n    value = 1",
    "a condition": "value = 1 if os.name == 'nt' else 8",
    "a call": "import platform\nvalue = 1 if platform.system() == 'Windows' else 8",
}


@pytest.mark.parametrize("program", SYSTEMS.values(), ids=SYSTEMS)
def test_the_system_counts_where_the_program_asks_for_it(program: str) -> None:
    found = apps({"app.py": HEAD + program + TAIL})
    assert isinstance(concurrency(found, {}), Unknown)
    systems: dict[System, int] = {"linux": 8, "unix": 8, "windows": 1}
    for system, number in systems.items():
        known = concurrency(found, {}, system)
        assert isinstance(known, Known)
        assert known.value == number


def test_a_program_is_followed_once_where_nothing_that_counts_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also on systems it asks for, where that changes nothing, and whatever else of its environment is read."""
    followed: list[str] = []
    follow = Apps._state

    def counted(self: Apps, *given: object, **more: object) -> object:
        followed.append("once")
        return follow(self, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Apps, "_state", counted)
    program = "level = os.environ.get('LOG')\nwindows = sys.platform == 'win32'\n"
    found = apps({"app.py": HEAD + program + DEPENDS_ON_A["a read that may fail"] + TAIL})
    systems: tuple[System, ...] = ("any", "linux", "windows")
    for system in systems:
        for environment in ({}, {"LOG": "info"}, {"LOG": "debug"}):
            concurrency(found, environment, system)
    assert len(followed) == 1
    concurrency(found, {"A": "2"})
    assert len(followed) == 2
