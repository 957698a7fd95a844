"""What a service's environment gives the Python programs that it runs, and what they do elsewhere than on Linux."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.core.value import Known, Unknown
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files

SERVICE = """\
services:
  jobs:
    image: shop
    command: python run.py
    environment: {{CHILDREN: "{given}"}}
"""
RUN = """\
import os, platform, subprocess, sys
from dotenv import load_dotenv
{before}
subprocess.run(["celery", "-A", "shop", "worker", {words}])
"""


def worker(folder: Path, words: str, before: str = "", given: str = "6") -> Worker:
    files = {
        "compose.yml": SERVICE.format(given=given),
        "run.py": RUN.format(words=words, before=before),
        "shop.py": "from celery import Celery\napp = Celery('shop')\n",
    }
    write_files(folder, files)
    (found,) = [one for one in Workspace(folder, Config()).project().workers if one.at.path == "compose.yml"]
    return found


@pytest.mark.parametrize(
    "words",
    [
        '"-c", os.getenv("CHILDREN", "4")',
        '"-c", os.environ["CHILDREN"]',
        '''f"--concurrency={os.environ.get('CHILDREN', 4)}"''',
        '"-c", str(int(os.getenv("CHILDREN") or 4))',
    ],
)
def test_a_variable_of_the_service_is_what_the_program_reads(words: str, tmp_path: Path) -> None:
    found = worker(tmp_path, words).concurrency
    assert isinstance(found, Known)
    assert found.value == 6
    assert found.at is not None
    assert found.at.path == "compose.yml"


@pytest.mark.parametrize(
    ("before", "given"),
    [
        ('os.environ["CHILDREN"] = "2"', "6"),
        ("load_dotenv(override=True)", "6"),
        ("", ""),
        ("", "$ELSEWHERE"),
    ],
)
def test_what_the_program_may_set_itself_or_nobody_gives_is_unknown(before: str, given: str, tmp_path: Path) -> None:
    assert isinstance(worker(tmp_path, '"-c", os.getenv("CHILDREN", "4")', before, given).concurrency, Unknown)


@pytest.mark.parametrize(
    "test",
    [
        'platform.system() == "Windows"',
        'platform.system().lower() == "windows"',
        'sys.platform.startswith("win")',
        'sys.platform == "win32"',
        'os.name in ("nt", "java")',
        'not os.name == "posix"',
    ],
)
def test_what_happens_on_other_systems_only_is_not_the_usual_way(test: str, tmp_path: Path) -> None:
    before = f'words = ["-c", "3"]\nif {test}:\n    words += ["-P", "solo"]'
    pool = worker(tmp_path, "*words", before).pool
    assert isinstance(pool, Unknown)
    assert pool.default == "prefork"
