"""What the program prints as JSON is what the schemas in ``docs/schemas`` say, and a new key is seen here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from flake8_celery_oom.api import scan
from flake8_celery_oom.frontends import cli
from tests.fleet.made import COMPOSE, GENERATOR, fleet, shop
from tests.listing.git_repositories import git, needs_git

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "docs" / "schemas"
SHOP = ROOT / "fixtures" / "projects" / "shop"


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text())
    return found


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str) -> Any:
        capsys.readouterr()
        assert cli.main(list(words)) in {0, 1}
        return json.loads(capsys.readouterr().out)

    return run


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.stem)
def test_the_schemas_are_schemas_that_allow_nothing_else(path: Path) -> None:
    document = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(document)
    assert document["additionalProperties"] is False
    assert not jsonschema.Draft202012Validator(document).is_valid({"version": 1, "strange": 1})


def holds(document: Any, name: str) -> None:
    jsonschema.Draft202012Validator(schema(name)).validate(document)


def test_check_workers_and_plan(printed: Any, tmp_path: Path) -> None:
    for number, case in enumerate(GENERATOR.cases()[::70]):
        folder = tmp_path / str(number)
        GENERATOR.write(folder, {path: text.encode() for path, text in case.items()})
        holds(printed("check", "--format", "json", "--exit-zero", str(folder)), "check")
        holds(printed("workers", "--format", "json", str(folder)), "workers")
    copied = shutil.copytree(SHOP, tmp_path / "shop")
    found = printed("check", "--format", "json", str(copied))
    holds(found, "check")
    assert found["findings"]
    holds(printed("workers", "--format", "json", str(copied)), "workers")
    for words in (
        (),
        ("--limit", "1Gi"),
        ("--limit", "1Gi", "-c", "8", "--max-memory-per-child", "100000"),
        ("-P", "solo"),
    ):
        holds(printed("plan", "--format", "json", *words), "plan")


@needs_git
def test_diff(printed: Any, tmp_path: Path) -> None:
    pytest.importorskip("dulwich", reason="dulwich is not installed")
    folder = shop(tmp_path / "shop")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "one")
    (folder / "compose.yml").write_text(COMPOSE.replace("-c 8", "-c 2").replace("mail", "post"))
    found = printed("diff", "--format", "json", "HEAD", str(folder))
    holds(found, "diff")
    assert found["changed"]
    assert found["added"]
    assert found["removed"]


def test_why(printed: Any, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "[2026-01-02 03:04:05,678: ERROR/MainProcess] Process 'ForkPoolWorker-1' pid:17 exited with "
        "'signal 9 (SIGKILL)'\n"
        "Memory cgroup out of memory: Killed process 17 (celery) total-vm:1kB, anon-rss:1024kB, file-rss:0kB\n"
    )
    found = printed("why", "--format", "json", "--project", str(shop(tmp_path / "shop")), str(log))
    holds(found, "why")
    assert found["signs"]
    assert found["workers"]
    holds(printed("why", "--format", "json", "--no-project", str(log)), "why")


def test_fleet_and_the_report_of_the_library(printed: Any, tmp_path: Path) -> None:
    top = fleet(tmp_path / "top", 6, share=1.0)
    shop(top / "group00" / "shop")
    first, second = str(tmp_path / "first.duckdb"), str(tmp_path / "second.duckdb")
    assert cli.main(["fleet", str(top), "-o", first, "-j", "1", "-q"]) == 0
    (top / "group00" / "shop" / "compose.yml").write_text(COMPOSE.replace("-c 8", "-c 1"))
    (top / "group00" / "broken.zip").write_bytes(b"x")
    assert cli.main(["fleet", str(top), "-o", second, "-j", "1", "-q"]) == 2
    found = printed("fleet", "report", second, "--format", "json")
    holds(found, "fleet")
    assert found["not_looked_at"]
    holds(printed("fleet", "report", second, "--before", first, "--format", "json"), "fleet")
    changes = printed("fleet", "diff", first, second, "--format", "json")
    holds(changes, "fleet-diff")
    assert changes["mended"]
    for folder in (SHOP, *sorted(top.glob("*/*"))):
        if folder.is_dir():
            holds(json.loads(json.dumps(scan(folder).document())), "report")
    shutil.rmtree(top)
