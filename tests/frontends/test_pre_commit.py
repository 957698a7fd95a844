"""The hooks for pre-commit: their trigger, and a run by the real pre-commit."""

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

ROOT = Path(__file__).parents[2]
HOOKS = ROOT / ".pre-commit-hooks.yaml"
NO_NETWORK = re.compile(r"Could not find a version|No matching distribution|ConnectionError|Failed to establish")


def hooks() -> dict[str, dict[str, Any]]:
    return {hook["id"]: hook for hook in yaml.safe_load(HOOKS.read_text("utf-8"))}


@pytest.mark.parametrize("hook", ["celery-oom", "celery-oom-flake8"])
def test_a_hook_checks_the_whole_project_at_once(hook: str) -> None:
    assert hooks()[hook]["pass_filenames"] is False
    assert hooks()[hook]["require_serial"] is True
    assert hooks()[hook]["language"] == "python"


@pytest.mark.parametrize("hook", ["celery-oom", "celery-oom-flake8"])
@pytest.mark.parametrize(
    "path",
    [
        *("proj/celery.py", "pyproject.toml", "requirements.txt", "requirements/base.in", "Pipfile.lock", "uv.lock"),
        *(".env", ".env.example", "config/prod.env", "deploy/values.yaml", "docker/worker.Dockerfile", "app.json"),
    ],
)
def test_files_that_count_start_a_hook(hook: str, path: str) -> None:
    assert re.search(hooks()[hook]["files"], path)


@pytest.mark.parametrize(
    "path", ["README.md", "static/app.js", "logo.svg", "templates/index.html", "docs/celery.rst.md"]
)
def test_others_do_not(path: str) -> None:
    assert not re.search(hooks()["celery-oom"]["files"], path)


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True, env=environment()
    ).stdout


def environment(**more: str) -> dict[str, str]:
    """The environment without what a surrounding git command (a hook, a rebase) has set."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("GIT_")}, **more}


def committed_copy(target: Path) -> Path:
    """This project as it is now, committed or not, as a repository that pre-commit can clone."""
    if (ROOT / ".git").exists():
        listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
        names = [name for name in listed if name and (ROOT / name).is_file()]
    else:
        parts = ("flake8_celery_oom", "pyproject.toml", "README.md", "LICENSE", HOOKS.name)
        found = (path for part in parts for path in ((ROOT / part).rglob("*.py"), [ROOT / part]))
        names = [path.relative_to(ROOT).as_posix() for group in found for path in group if path.is_file()]
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target / name)
    git(target, "init", "-q")
    git(target, "add", "--all", "--force")
    git(target, "commit", "-q", "-m", "a copy")
    return target


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_the_real_pre_commit_runs_both_hooks(tmp_path: Path) -> None:
    for name in ("hooks", "user"):
        (tmp_path / name).mkdir()
    repository = committed_copy(tmp_path / "hooks")
    user = tmp_path / "user"
    (user / "Procfile").write_text("worker: celery -A proj worker --max-memory-per-child=200000\n")
    (user / "Dockerfile").write_text(
        'FROM python:3.12\nRUN pip install celery~=5.3\nCMD ["celery", "-A", "proj", "worker"]\n'
    )
    (user / "notes.txt").write_text("unused   \n")
    git(user, "init", "-q")
    git(user, "add", "--all")
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "try-repo", "--color=never", str(repository), "--files", "Procfile"],
        cwd=user,
        env=environment(PRE_COMMIT_HOME=str(tmp_path / "cache")),
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    if NO_NETWORK.search(output):
        pytest.skip("the package registry cannot be reached")
    assert done.returncode == 1, output
    assert re.search(r"^celery-oom\.+Failed$", output, re.MULTILINE), output
    assert re.search(r"^celery-oom \(flake8\)\.+Failed$", output, re.MULTILINE), output
    by_flake8 = output[output.index("celery-oom (flake8)") :]
    assert re.search(r"^\./Procfile:1:9: CO101 ", by_flake8, re.MULTILINE), output
    assert re.search(r"^\./Dockerfile:3:6: CO201 ", by_flake8, re.MULTILINE), output
    by_command = output[: output.index("celery-oom (flake8)")]
    assert re.search(r"Procfile:1\b", by_command), output
    assert re.search(r"Dockerfile:3\b", by_command), output
