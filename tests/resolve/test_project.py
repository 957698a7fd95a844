"""What is known of a project as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.workspace import Workspace

APP = 'from celery import Celery\napp = Celery("shop")\n'
SUBMODULE = '[submodule "jobs"]\n\tpath = vendor/jobs\n\turl = https://example.org/jobs.git\n'


@pytest.mark.parametrize(
    ("files", "codes"),
    [
        ({}, {"CO101", "CO201"}),
        ({".gitmodules": SUBMODULE}, set()),
        ({".gitmodules": SUBMODULE, "vendor/jobs/README": "jobs\n"}, {"CO101", "CO201"}),
        ({".gitmodules": "# none\n"}, {"CO101", "CO201"}),
    ],
)
def test_workers_may_be_started_in_a_submodule_that_is_not_here(
    tmp_path: Path, files: dict[str, str], codes: set[str]
) -> None:
    for path, text in {"shop/celery.py": APP, "shop/__init__.py": "", **files}.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    assert {finding.code for finding in Workspace(tmp_path, Config()).findings()} == codes
