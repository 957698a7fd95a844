"""Applications and their settings against the real Celery, which imports the same small programs.

What is Known here must be what Celery has; what is Unset must be Celery's default.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.files import write_files
from tests.resolve.apps.app_programs import PROGRAMS, AppProgram
from tests.resolve.python_project import app_of, setting

SETTINGS = ("worker_pool", "worker_concurrency", "worker_max_tasks_per_child", "worker_max_memory_per_child")
ASK = """
import json, os, sys
sys.path.insert(0, os.getcwd())
from celery.app.utils import find_app
app = find_app(sys.argv[1])
app.finalize()
print(json.dumps({name: app.conf[name] for name in sys.argv[2:] if app.conf[name] != app.conf.maps[-1].get(name)}))
"""


def of_celery(root: Path, program: AppProgram) -> dict[str, object]:
    """The settings that are not Celery's defaults."""
    write_files(root, {path: textwrap.dedent(text) for path, text in program.files.items()})
    environment = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    run = subprocess.run(
        [sys.executable, "-c", ASK, program.name, *SETTINGS],
        cwd=root,
        env={**environment, **program.environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: dict[str, object] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_app_has_the_settings_that_celery_gives_it(name: str, tmp_path: Path) -> None:
    program = PROGRAMS[name]
    if program.needs and importlib.util.find_spec(program.needs) is None:
        pytest.skip(f"{program.needs} is not installed")
    found = app_of(program.files, program.name, environment=program.environment)
    ours = {key: setting(found, key) for key in SETTINGS if setting(found, key) != "unset"}
    assert ours == of_celery(tmp_path, program)
