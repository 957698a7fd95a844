"""What of the extension for VS Code follows from this project: version, files that are handed over, commands."""

from __future__ import annotations

import json
from fnmatch import fnmatch
from pathlib import Path

import pytest

from flake8_celery_oom import __version__
from flake8_celery_oom.frontends.language_server.features import COMMANDS
from tests.frontends.test_kinds import PROJECTS
from tools import vscode_extension

SOURCES = vscode_extension.KINDS.parent
MANIFEST = json.loads((vscode_extension.EXTENSION / "package.json").read_text("utf-8"))


def test_the_version_is_that_of_the_project() -> None:
    assert MANIFEST["version"] == __version__
    assert json.loads((vscode_extension.EXTENSION / "package-lock.json").read_text("utf-8"))["version"] == __version__


def test_the_files_that_are_handed_over_are_those_that_are_read() -> None:
    found = vscode_extension.KINDS.read_text("utf-8")
    assert found == vscode_extension.kinds_file(), "run python tools/vscode_extension.py --kinds"


def scripts() -> list[tuple[str, str]]:
    return [(name, path) for name in sorted(PROJECTS) for path in PROJECTS[name]]


@pytest.mark.parametrize(("name", "path"), scripts())
def test_files_of_every_kind_are_handed_over(name: str, path: str) -> None:
    patterns = [one.removeprefix("**/") for one in vscode_extension.document_patterns()]
    assert any(fnmatch(path, one) or fnmatch(path, f"*/{one}") for one in patterns), path


def test_every_command_setting_and_state_is_declared_where_it_is_used() -> None:
    code = "".join(path.read_text("utf-8") for path in sorted(SOURCES.glob("*.ts")))
    for command in MANIFEST["contributes"]["commands"]:
        assert f'registerCommand("{command["command"]}"' in code
    for setting in MANIFEST["contributes"]["configuration"]["properties"]:
        section, _, name = setting.partition(".")
        assert section == "celeryOom"
        assert f'("{name}"' in code or f'>("{name}"' in code or name == "trace.server", name
    assert '"celery-oom.workers"' in code
    assert "celery-oom.workers" in COMMANDS


def test_nothing_that_is_committed_names_a_registry() -> None:
    lock = (vscode_extension.EXTENSION / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock


def test_readme_names_every_setting_and_command() -> None:
    readme = Path(vscode_extension.EXTENSION, "README.md").read_text("utf-8")
    for setting in MANIFEST["contributes"]["configuration"]["properties"]:
        assert f"`{setting}`" in readme
    for command in MANIFEST["contributes"]["commands"]:
        assert f"{command['category']}: {command['title']}" in readme
