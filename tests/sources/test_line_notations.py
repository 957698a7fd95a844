"""Files of fixtures/sources/<kind>, each with what is read out of it in <file>.facts beside it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from flake8_celery_oom.core.source import SourceText
from tests.facts_text import show

SOURCES = Path(__file__).parents[2] / "fixtures" / "sources"
MODULES = {
    "supervisor": "supervisor",
    "systemd": "systemd",
    "dotenv": "dotenv",
    "celeryd": "celeryd_defaults",
    "requirements": "requirements",
}
FILES = [
    path
    for kind in MODULES
    for path in sorted((SOURCES / kind).rglob("*"))
    if path.is_file() and path.suffix != ".facts"
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SOURCES).as_posix())
def test_the_facts_are_those_of_the_snapshot(path: Path, accept: bool) -> None:
    module = import_module(f"flake8_celery_oom.sources.{MODULES[path.relative_to(SOURCES).parts[0]]}")
    source = SourceText.from_bytes(path.relative_to(SOURCES).as_posix(), path.read_bytes())
    assert module.claims(source.path, source.text[:4096])
    shown = show(module.read(source))
    snapshot = path.with_name(f"{path.name}.facts")
    if accept:
        snapshot.write_text(shown, encoding="utf-8", newline="\n")
    assert snapshot.read_text(encoding="utf-8") == shown


@pytest.mark.parametrize("kind", MODULES)
def test_every_snapshot_has_its_file(kind: str) -> None:
    snapshots = set((SOURCES / kind).rglob("*.facts"))
    assert snapshots
    assert all(snapshot.with_suffix("").is_file() for snapshot in snapshots)
