"""The workspace: roots, overlays, what is reported, and that broken files end nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files

COMPOSE = """\
services:
  jobs:
    image: shop
    command: celery -A shop worker
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "compose.yml").write_text(COMPOSE)
    (tmp_path / "Procfile").write_text("jobs: celery -A shop worker -c 2 --max-memory-per-child=200000\n")
    return tmp_path


def codes(workspace: Workspace) -> list[str]:
    return [f"{finding.at.path} {finding.code}" for finding in workspace.findings()]


def test_findings_and_counts(project: Path) -> None:
    workspace = Workspace(project, Config())
    assert codes(workspace) == ["deploy/compose.yml CO101", "deploy/compose.yml CO201"]
    summary = workspace.summary()
    assert (summary.workers, summary.unknown, summary.files, summary.suppressed) == (2, 0, 2, 0)


def test_paths_narrow_what_is_reported(project: Path) -> None:
    assert codes(Workspace(project, Config(), paths=["Procfile"])) == []
    assert len(codes(Workspace(project, Config(), paths=["deploy"]))) == 2
    assert codes(Workspace(project, Config(), paths=["dep"])) == []


def test_an_overlay_goes_over_the_disk(project: Path) -> None:
    fixed = COMPOSE.replace("worker", "worker -c 2 --max-memory-per-child=200000")
    assert codes(Workspace(project, Config(), overlays={"deploy/compose.yml": fixed})) == []
    new = Workspace(project, Config(), overlays={"new/compose.yml": COMPOSE})
    assert "new/compose.yml CO101" in codes(new)


def test_a_suppressed_finding_is_counted(project: Path) -> None:
    (project / "deploy" / "compose.yml").write_text(
        COMPOSE.replace("worker\n", "worker  # celery-oom: ignore[CO101] one job\n")
    )
    workspace = Workspace(project, Config())
    assert codes(workspace) == ["deploy/compose.yml CO201"]
    assert workspace.summary().suppressed == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("compose.yaml", b"services: [\n"),
        ("binary.sh", b"\x7fELF\0\0celery"),
        ("latin.sh", b"#!/bin/sh\n# caf\xe9\ncelery -A shop worker -c 1\n"),
        ("deep.yml", b"services: " + b"[" * 50_000),
        ("tasks.py", b"from celery import (\n"),
        ("deep.py", b"celery = " + b"(" * 5_000),
        ("supervisord.conf", b"[program:celery\ncommand\n"),
        ("Dockerfile", b'CMD ["celery", \n'),
        ("pyproject.toml", b"[celery\n"),
        ("package.json", b'{"scripts": {"celery": '),
        ("k8s.yaml", b"apiVersion: v1\nkind: Pod\nspec: {containers: [{command: celery}]}\n---\n: : :\n"),
        ("Makefile", b"celery:\n\tcelery worker \\\n"),
        ("empty.yml", b""),
    ],
)
def test_broken_files_end_nothing(project: Path, name: str, content: bytes) -> None:
    (project / name).write_bytes(content)
    found = codes(Workspace(project, Config()))
    assert {"deploy/compose.yml CO101", "deploy/compose.yml CO201"} <= set(found)


def test_roots(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "back" / "app").mkdir(parents=True)
    (tmp_path / "back" / "pyproject.toml").touch()
    assert Workspace.root_of(tmp_path / "back" / "app") == tmp_path.resolve()
    (tmp_path / ".git").rmdir()
    assert Workspace.root_of(tmp_path / "back" / "app") == (tmp_path / "back").resolve()


def test_the_same_files_give_the_same_findings(project: Path) -> None:
    first = Workspace(project, Config()).findings()
    assert first == Workspace(project, Config()).findings()


def test_a_changed_project_reads_no_more_files_than_the_project(project: Path) -> None:
    alone = Workspace(project, Config(), only=["compose.yml"])
    changed = alone.changed({"compose.yml": "services:\n  jobs:\n    command: celery -A shop worker -c 2\n"}, Config())
    assert changed.files == alone.files == ("compose.yml",)
    assert changed.source("compose.yml") != alone.source("compose.yml")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_requirements_in_utf_16_count(tmp_path: Path, encoding: str) -> None:
    """As ``pip freeze > requirements.txt`` of Windows PowerShell writes them, and as pip reads them."""
    (tmp_path / "requirements.txt").write_bytes("\ufeffcelery==5.5.3\r\n".encode(encoding))
    (requirement,) = Workspace(tmp_path, Config()).project().requirements
    assert (requirement.name, requirement.specifier) == ("celery", "==5.5.3")


def test_a_script_that_an_image_runs_is_no_worker_beside_it(tmp_path: Path) -> None:
    files = {
        "Dockerfile": 'FROM python:3.12\nCOPY start.sh /start.sh\nCMD ["/start.sh"]\n',
        "start.sh": "#!/bin/sh\nexec celery -A shop worker -c $N\n",
    }
    write_files(tmp_path, files)
    summary = Workspace(tmp_path, Config()).summary()
    assert (summary.workers, summary.unknown) == (1, 1)
