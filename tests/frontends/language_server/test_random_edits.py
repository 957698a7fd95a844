"""After every edit an editor is told what a fresh look tells, whatever is kept between looks.

``CELERY_OOM_RANDOM_EDITS`` makes the edits that many (50 otherwise, 400 with ``CELERY_OOM_LONG``),
``CELERY_OOM_RANDOM_SEED`` begins elsewhere.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from flake8_celery_oom import rules
from flake8_celery_oom.config import ConfigError, read_config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.formats import inventory
from flake8_celery_oom.frontends.language_server.analysis import ProjectAnalysis
from flake8_celery_oom.workspace import Workspace
from tests.frontends.language_server.editor import Editor
from tests.frontends.language_server.random_session import Session, lay_out

EDITS = int(os.environ.get("CELERY_OOM_RANDOM_EDITS", "400" if "CELERY_OOM_LONG" in os.environ else "50"))
SEED = int(os.environ.get("CELERY_OOM_RANDOM_SEED", "14"))
Told: TypeAlias = tuple[str, list[Finding], list[str]]
"""Why nothing is told, or the findings and the workers."""


@dataclass
class Analysis:
    """Hands the edits to the analysis of one project, as the server does."""

    project: ProjectAnalysis

    def open(self, path: str, text: str) -> None:
        self.project.edit(path, text)

    def edit(self, path: str, text: str) -> None:
        self.project.edit(path, text)

    def save(self, path: str) -> None:
        self.project.touch()

    def close(self, path: str) -> None:
        self.project.close(path)

    def changed_outside(self, paths: list[str]) -> None:
        self.project.touch()

    def told(self) -> Told:
        looked = self.project.look()
        if looked.trouble:
            return looked.trouble, [], []
        found = [one for path in sorted(looked.findings) for one in looked.findings[path]]
        return "", found, workers(looked.workspace)


def workers(workspace: Workspace) -> list[str]:
    project = workspace.project()
    return [repr(one) for one in inventory.entries(project.workers, project)]


def anew(root: Path, texts: dict[str, str]) -> Told:
    try:
        config = read_config(root)
        rules.check_config(config)
        workspace = Workspace(root, config, texts)
        found = sorted(workspace.findings(), key=lambda one: one.at.path)
    except ConfigError as error:
        return str(error), [], []
    return "", found, workers(workspace)


def test_every_look_tells_what_a_fresh_one_tells(tmp_path: Path) -> None:
    lay_out(tmp_path)
    analysis = Analysis(ProjectAnalysis(tmp_path))
    session = Session(tmp_path, analysis, SEED)
    seen = set()
    for number in range(EDITS):
        done = session.step()
        told, expected = analysis.told(), anew(tmp_path, analysis.project.texts)
        assert told == expected, f"edit {number} of seed {SEED}, {done}"
        seen.add(repr(told))
    assert len(seen) > EDITS / 6, "most edits change nothing of what is told"


@dataclass
class Typing:
    """Hands the edits to a server by the protocol."""

    editor: Editor

    def open(self, path: str, text: str) -> None:
        self.editor.open(path, text)

    def edit(self, path: str, text: str) -> None:
        self.editor.edit(path, text)

    def save(self, path: str) -> None:
        self.editor.save(path)

    def close(self, path: str) -> None:
        self.editor.close(path)

    def changed_outside(self, paths: list[str]) -> None:
        self.editor.tell_changed(paths)


Shown: TypeAlias = list[tuple[str, str, int, int, str]]


def published(editor: Editor) -> Shown:
    return sorted(
        (path, str(one.code), one.range.start.line + 1, one.range.start.character + 1, one.message)
        for path, found in editor.shown.items()
        for one in found
    )


def checked(root: Path) -> Shown:
    run = subprocess.run(
        [sys.executable, "-m", "flake8_celery_oom", "check", "--no-cache", "--format", "json"],
        cwd=root,
        capture_output=True,
        text=True,
    )
    assert run.returncode in {0, 1, 2}, run.stderr
    found = json.loads(run.stdout)["findings"] if run.returncode < 2 else []
    return sorted((one["path"], one["code"], one["line"], one["column"], one["message"]) for one in found)


@pytest.mark.parametrize("part", range(max(1, EDITS // 50)))
def test_what_is_published_at_last_is_what_check_says(part: int, tmp_path: Path) -> None:
    lay_out(tmp_path)
    with Editor(tmp_path) as editor:
        session = Session(tmp_path, Typing(editor), SEED + part)
        for _ in range(50):
            session.step()
        session.finish()
        expected = checked(tmp_path)
        editor.await_(
            lambda: published(editor) == expected,
            lambda: f"seed {SEED + part}: {published(editor)} is not {expected}",
        )
