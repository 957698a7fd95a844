"""docs/fleet.md: its examples in SQL run over real results and find something, its tables are those of the file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flake8_celery_oom.api import Finding, Worker
from flake8_celery_oom.fleet import tables
from flake8_celery_oom.fleet.store import opened_for_reading, rows
from flake8_celery_oom.frontends import cli
from tests.fleet.made import fleet, shop

TEXT = (Path(__file__).parents[2] / "docs" / "fleet.md").read_text()
EXAMPLES = re.findall(r"^```sql\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    top = fleet(folder / "top", 12, share=1.0)
    shop(top / "group00" / "shop")
    compose = "services: {w: {image: a, command: celery -A a worker --concurrency 3 --autoscale=4}}\n"
    (shop(top / "group00" / "old", compose) / "requirements.txt").write_text("celery==4.4.0\n")
    (top / "group00" / "broken.zip").write_bytes(b"x")
    made = folder / "fleet.duckdb"
    assert cli.main(["fleet", str(top), "-o", str(made), "-j", "1", "-q"]) == 2
    return made


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 8


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_find_something(example: str, results: Path) -> None:
    with opened_for_reading(str(results)) as connection:
        assert rows(connection, example)


def test_every_column_is_described() -> None:
    described = set(re.findall(r"`(\w+)`", TEXT.partition("## Tables")[2].partition("## Examples")[0]))
    for statement in tables.created():
        table = re.match(r"CREATE TABLE (\w+) \(", statement)
        assert table is not None
        assert table[1] in described
    columns = {*tables.REPOSITORY, *tables.RUN, *tables.whole(), *tables.columns(Worker)}
    assert columns | {*tables.columns(Finding)} <= described
