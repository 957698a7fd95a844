"""Fleets that tests scan: made by the generator of the benchmarks, and read back from results."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from flake8_celery_oom.fleet.store import opened_for_reading, rows

_FILE = Path(__file__).parents[2] / "benchmarks" / "fleet_repositories.py"
MEASURED = frozenset({"scanned_at", "run", "seconds", "cpu", "memory", "path"})
"""What differs from run to run."""
COMPOSE = """\
services:
  jobs:
    image: shop
    command: celery -A shop worker -c 8 --max-memory-per-child=400000
    mem_limit: 1g
  mail:
    image: shop
    command: celery -A shop worker
"""


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fleet_repositories", _FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


def fleet(folder: Path, count: int, share: float = 0.5) -> Path:
    """So many repositories in a folder, the same each time."""
    GENERATOR.make(folder, count, share=share)
    return folder


def shop(folder: Path, compose: str = COMPOSE) -> Path:
    """One repository with two workers, without git."""
    folder.mkdir(parents=True)
    (folder / "compose.yml").write_text(compose)
    (folder / "requirements.txt").write_text("celery==5.4.0\n")
    return folder


def content(path: Path) -> dict[str, list[dict[str, Any]]]:
    """All that a results file says of its repositories, but for what is measured."""
    order = {"repositories": "repository", "workers": "repository, number", "findings": "repository, number"}
    with opened_for_reading(str(path)) as connection:
        return {
            table: [
                {name: value for name, value in row.items() if name not in MEASURED or table != "repositories"}
                for row in rows(connection, f"SELECT * FROM {table} ORDER BY {by}")
            ]
            for table, by in order.items()
        }
