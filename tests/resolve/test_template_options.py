"""Options of a command that a condition of a Jinja template puts there, or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.value import Known, Unknown, Unset
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files


@pytest.mark.parametrize("nodes", ["{{ nodes }}", '"w1"'])
def test_what_a_template_chooses_among_is_no_node(nodes: str, tmp_path: Path) -> None:
    """Each option in the branches of a condition is there or not; the others are as they are written."""
    chosen = "{% if nodes|int > 1 %}-Q:1 slow -Q fast,slow{% else %}-Q fast{% endif %}"
    write_files(
        tmp_path,
        {
            "templates/celery-default.j2": f"CELERYD_NODES={nodes}\nCELERY_BIN=/usr/bin/celery\nCELERY_APP=shop\n"
            f'CELERYD_OPTS="--concurrency=3 {chosen}"\n'
        },
    )
    (worker,) = Workspace(tmp_path, Config()).project().workers
    assert isinstance(worker.concurrency, Known)
    assert worker.concurrency.value == 3
    assert isinstance(worker.max_memory_per_child, Unset)
    assert "{%" not in worker.name


@pytest.mark.parametrize(
    "chosen", ["{% if big %}-c 8{% else %}-c 2{% endif %}", "{% if big %}-c 8{% else %}x{% endif %}"]
)
def test_an_option_that_a_template_chooses_is_unknown(chosen: str, tmp_path: Path) -> None:
    unit = f"[Service]\nExecStart=/usr/bin/celery -A shop worker {chosen}\n"
    write_files(tmp_path, {"templates/jobs.service.j2": unit})
    (worker,) = Workspace(tmp_path, Config()).project().workers
    assert isinstance(worker.concurrency, Unknown)
