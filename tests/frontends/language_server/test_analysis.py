"""What an editor is told after an edit is what a new look at the project would tell it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.frontends.language_server.analysis import Analysed, ProjectAnalysis
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files
from tests.reliance.test_reliance import ANEW, FILES, REMEMBERED

LINES = ("import celery", "x = 1  # noqa: CO101", "app.conf.worker_concurrency = 3", "# text", "subprocess.run('a.sh')")


@pytest.fixture
def project(tmp_path: Path) -> ProjectAnalysis:
    write_files(tmp_path, FILES)
    made = ProjectAnalysis(tmp_path)
    made.look()
    return made


def anew(project: ProjectAnalysis) -> list[Finding]:
    return Workspace(project.root, Config(), project.texts).findings()


def told(analysed: Analysed) -> list[Finding]:
    return sorted((one for found in analysed.findings.values() for one in found), key=lambda one: (one.at, one.code))


@pytest.mark.parametrize(("path", "text"), [one for one in REMEMBERED if FILES[one[0]] != one[1]])
def test_an_edit_that_nothing_rests_on_keeps_the_workspace(path: str, text: str, project: ProjectAnalysis) -> None:
    before = project.look()
    project.edit(path, text)
    after = project.look()
    assert after.workspace is before.workspace
    source = after.source(path)
    assert source is not None
    assert source.text == text
    assert told(after) == anew(project)


@pytest.mark.parametrize(("path", "text"), ANEW)
def test_any_other_edit_makes_a_new_one(path: str, text: str, project: ProjectAnalysis) -> None:
    before = project.look()
    project.edit(path, text)
    after = project.look()
    assert after.workspace is not before.workspace
    assert told(after) == anew(project)


def test_what_changed_on_the_disk_is_looked_at_anew(project: ProjectAnalysis) -> None:
    (project.root / "compose.yml").write_text(FILES["compose.yml"].replace("worker", "worker -c 2"))
    project.touch()
    project.edit("shop/views.py", "# other\n")
    assert told(project.look()) == anew(project)


def test_a_closed_file_counts_as_it_is_on_the_disk(project: ProjectAnalysis) -> None:
    project.edit("shop/views.py", "# other\n")
    project.look()
    (project.root / "shop/views.py").write_text("import celery  # noqa: CO101\n")
    project.close("shop/views.py")
    assert told(project.look()) == anew(project)


@pytest.mark.parametrize("seed", range(3))
def test_random_edits_tell_what_a_new_look_tells(seed: int, project: ProjectAnalysis) -> None:
    dice = random.Random(seed)
    for _ in range(15):
        path = dice.choice(sorted(FILES))
        lines = (project.texts.get(path) or FILES[path]).splitlines(keepends=True)
        if dice.random() < 0.6 or not lines:
            lines.insert(dice.randint(0, len(lines)), dice.choice(LINES) + "\n")
        else:
            del lines[dice.randrange(len(lines))]
        if dice.random() < 0.1:
            project.close(path)
        else:
            project.edit(path, "".join(lines))
        assert told(project.look()) == anew(project)


def test_half_of_a_pair_of_utf16_is_looked_at(project: ProjectAnalysis) -> None:
    """An editor that cuts an emoji in two sends what no file can hold."""
    project.edit("compose.yml", "services:\n  jobs:\n    command: celery -A shop worker # \ud83d\n")
    assert told(project.look())
    assert project.texts["compose.yml"].endswith("# \ufffd\n")
