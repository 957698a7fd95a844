"""The action, the templates and the container recipe: read by linters of their kinds, and run as far as possible."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs import stories

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "action.yml"
COMPONENT = ROOT / "templates" / "celery-oom.yml"
CONTAINER = ROOT / "container" / "Dockerfile"
BIN = Path(sys.executable).parent
PLACE = "OWNER/flake8-celery-oom@COMMIT"
COMPOSE = "services:\n  w:\n    image: shop\n    command: celery -A shop worker\n"


def linted(program: str, *words: str, cwd: Path = ROOT) -> str:
    """What a linter says that ended well; skips where it is not installed."""
    found = shutil.which(program, path=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{program} is not installed (extra linters)")
    done = subprocess.run([found, *words], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shown(title: str) -> str:
    """The file that the pages show under a name."""
    (text,) = {block.body for story in stories.stories() for block in story.blocks if block.title == title}
    return text


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    """A checkout with the workflow of the documentation, beside the action that it names."""
    path = tmp_path / ".github" / "workflows" / "celery-oom.yml"
    path.parent.mkdir(parents=True)
    path.write_text(shown(".github/workflows/celery-oom.yml").replace(PLACE, f"owner/celery-oom@{'0c' * 20}"))
    shutil.copy(ACTION, tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


def test_zizmor_finds_nothing(workflow: Path) -> None:
    linted("zizmor", "--offline", "--pedantic", "--no-progress", "action.yml", ".github/workflows", cwd=workflow)


def test_actionlint_finds_nothing_in_the_workflow_and_what_it_hands_over(workflow: Path) -> None:
    path = workflow / ".github" / "workflows" / "celery-oom.yml"
    path.write_text(shown(".github/workflows/celery-oom.yml").replace(PLACE, "./"))
    linted("actionlint", "-shellcheck=", "-pyflakes=", ".github/workflows/celery-oom.yml", cwd=workflow)


def test_hadolint_finds_nothing() -> None:
    linted("hadolint", "--failure-threshold", "info", str(CONTAINER))


def test_the_files_fit_their_schemas(workflow: Path, tmp_path: Path) -> None:
    linted("check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml", cwd=workflow)
    linted(
        "check-jsonschema",
        "--builtin-schema",
        "vendor.github-workflows",
        ".github/workflows/celery-oom.yml",
        cwd=workflow,
    )
    (tmp_path / "job.yml").write_text(COMPONENT.read_text().partition("\n---\n")[2])
    linted("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "job.yml", cwd=tmp_path)
    (tmp_path / "pipeline.yml").write_text(shown(".gitlab-ci.yml"))
    linted("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "pipeline.yml", cwd=tmp_path)


def test_every_input_of_the_component_is_used_and_declared() -> None:
    header, job = COMPONENT.read_text().split("\n---\n")
    declared = set(yaml.safe_load(header)["spec"]["inputs"])
    assert set(re.findall(r"\$\[\[ inputs\.([\w-]+) \]\]", job)) == declared
    given = yaml.safe_load(shown(".gitlab-ci.yml"))["include"][0]["inputs"]
    assert set(given) <= declared


def test_inputs_of_the_action_are_those_that_the_pages_name() -> None:
    inputs = yaml.safe_load(ACTION.read_text())["inputs"]
    page = (ROOT / "docs" / "pipelines.md").read_text()
    named = re.findall(r"^\| `([\w-]+)` \| (?:`([^`]*)`)? ?\|", page, re.MULTILINE)
    assert [(name, default) for name, default in named if name in inputs] == [
        (name, str(about["default"])) for name, about in inputs.items()
    ]


class Runner:
    """Runs the shell steps of the action as a runner of GitHub does, with a stand-in for ``gh``."""

    def __init__(self, folder: Path) -> None:
        self.project, self.temp = folder / "project", folder / "temp"
        self.project.mkdir()
        (self.project / ".git").mkdir()
        (self.project / "compose.yml").write_text(COMPOSE)
        (self.temp / "celery-oom" / "bin").mkdir(parents=True)
        program = self.temp / "celery-oom" / "bin" / "celery-oom"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m flake8_celery_oom "$@"\n')
        program.chmod(0o755)
        self.steps: dict[str, Any] = {
            step.get("name", ""): step for step in yaml.safe_load(ACTION.read_text())["runs"]["steps"]
        }

    def run(self, name: str, **values: str) -> subprocess.CompletedProcess[str]:
        """Run a step with the values of its environment."""
        step = self.steps[name]
        assert step["shell"] == "bash"
        assert set(step["env"]) == set(values)
        environment = {
            "PATH": f"{self.temp}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.temp),
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_OUTPUT": str(self.temp / "output"),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary"),
            **values,
        }
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]]
        return subprocess.run(command, cwd=self.project, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    return Runner(tmp_path)


@pytest.mark.parametrize(
    ("paths", "fail_on", "status"),
    [(".", "warning", 1), ("compose.yml", "error", 0), (".", "never", 0), ("no", "warning", 2)],
)
def test_the_action_checks(runner: Runner, paths: str, fail_on: str, status: int) -> None:
    done = runner.run("Check", PATHS=paths, FAIL_ON=fail_on, NEW_FROM="")
    assert done.returncode == status, done.stderr
    assert (runner.temp / "output").read_text() == f"sarif-file={runner.temp}/celery-oom.sarif\n"
    if status < 2:
        assert "file=compose.yml,line=4," in done.stdout
        assert "CO101" in (runner.temp / "celery-oom.sarif").read_text()
        assert "CO101" in (runner.temp / "summary").read_text()


@pytest.mark.parametrize("known", ["", "17"])
def test_the_action_comments_once_and_edits_its_comment(runner: Runner, known: str) -> None:
    pytest.importorskip("dulwich")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@localhost"]
    shutil.rmtree(runner.project / ".git")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], cwd=runner.project, check=True)
    (runner.project / "compose.yml").write_text(COMPOSE.replace("worker", "worker -c 64"))
    (runner.temp / "gh").write_text(f'#!/bin/sh\necho "$@" >> calls\ncase "$*" in *--paginate*) echo {known};; esac\n')
    (runner.temp / "gh").chmod(0o755)
    done = runner.run("Comment", GH_TOKEN="t", BASE="HEAD", NUMBER="5", REPOSITORY="o/r")
    assert done.returncode == 0, done.stderr
    asked, said = (runner.project / "calls").read_text().splitlines()
    assert "issues/5/comments" in asked
    assert f"--field body=@{runner.temp}/celery-oom-diff.md" in said
    assert ("PATCH repos/o/r/issues/comments/17" in said) is bool(known)
    body = (runner.temp / "celery-oom-diff.md").read_text()
    assert body.startswith("<!-- celery-oom diff -->\n")
    assert "64" in body


def test_the_component_runs(runner: Runner) -> None:
    header, job = COMPONENT.read_text().split("\n---\n")
    defaults = {name: about.get("default", "") for name, about in yaml.safe_load(header)["spec"]["inputs"].items()}
    job = re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda found: str(defaults[found[1]]), job)
    (_, command) = yaml.safe_load(job)["celery-oom"]["script"]
    environment = {**os.environ, "PATH": f"{runner.temp}/celery-oom/bin:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", command], cwd=runner.project, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    reports = yaml.safe_load(job)["celery-oom"]["artifacts"]["reports"]
    assert all((runner.project / report).stat().st_size > 100 for report in reports.values())


def test_the_jenkinsfile_writes_what_it_records(runner: Runner) -> None:
    text = shown("Jenkinsfile")
    (command,) = re.findall(r"sh '(.*)'", text)
    (pattern,) = re.findall(r"pattern: '(.*?)'", text)
    environment = {**os.environ, "PATH": f"{runner.temp}/celery-oom/bin:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", command], cwd=runner.project, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "CO101" in (runner.project / pattern).read_text()


def test_the_container_has_no_root_and_holds_what_it_needs() -> None:
    text = CONTAINER.read_text()
    assert re.search(r"^USER 65532", text, re.MULTILINE)
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert kept == {"flake8_celery_oom", "pyproject.toml", "README.md", "LICENSE"}
    assert all((ROOT / name).exists() for name in kept)
