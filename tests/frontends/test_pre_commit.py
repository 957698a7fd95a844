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

from tests.files import write_files

ROOT = Path(__file__).parents[2]
HOOKS = ROOT / ".pre-commit-hooks.yaml"
NO_NETWORK = re.compile(r"Could not find a version|No matching distribution|ConnectionError|Failed to establish")


def hooks() -> dict[str, dict[str, Any]]:
    return {hook["id"]: hook for hook in yaml.safe_load(HOOKS.read_text("utf-8"))}


@pytest.mark.parametrize("hook", ["celery-oom", "celery-oom-fix", "celery-oom-flake8"])
def test_a_hook_checks_the_whole_project_at_once(hook: str) -> None:
    assert hooks()[hook]["pass_filenames"] is False
    assert hooks()[hook]["require_serial"] is True
    assert hooks()[hook]["language"] == "python"


@pytest.mark.parametrize("hook", ["celery-oom", "celery-oom-fix", "celery-oom-flake8"])
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


KINDS = {
    "Procfile": "worker: celery -A shop worker OPTIONS\n",
    "Dockerfile": "FROM python:3.12\nCMD celery -A shop worker OPTIONS\n",
    "compose.yml": "services:\n  w:\n    image: shop\n    command: celery -A shop worker OPTIONS\n",
    "deploy/pod.yaml": (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: w\nspec:\n  containers:\n    - name: w\n      image: shop\n"
        '      command: [sh, -c, "celery -A shop worker OPTIONS"]\n'
    ),
    "bin/go": "#!/bin/sh\nexec celery -A shop worker OPTIONS\n",
    "Makefile": "worker:\n\tcelery -A shop worker OPTIONS\n",
    "package.json": '{"scripts": {"worker": "celery -A shop worker OPTIONS"}}\n',
    "celery.service": "[Service]\nExecStart=/usr/bin/celery -A shop worker OPTIONS\n",
    "etc/supervisor/jobs.conf": "[program:jobs]\ncommand=celery -A shop worker OPTIONS\n",
    "fly.toml": '[processes]\nworker = "celery -A shop worker OPTIONS"\n',
}
"""A worker in each of ten kinds of files."""
BOUNDED = "-c 2 --max-memory-per-child=200000"


def write_workers(user: Path, options: str) -> None:
    write_files(user, {path: text.replace("OPTIONS", options).replace(" \n", "\n") for path, text in KINDS.items()})


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_the_real_pre_commit_blocks_mends_and_passes(tmp_path: Path) -> None:
    for name in ("hooks", "user"):
        (tmp_path / name).mkdir()
    repository = committed_copy(tmp_path / "hooks")
    user = tmp_path / "user"
    wanted = [{"id": hook} for hook in hooks()]
    config = {
        "repos": [{"repo": str(repository), "rev": git(repository, "rev-parse", "HEAD").strip(), "hooks": wanted}]
    }
    numbers = "[tool.celery-oom]\nconcurrency = 2\nmax-memory-per-child = 200_000\n"
    write_files(user, {".pre-commit-config.yaml": yaml.safe_dump(config), "pyproject.toml": numbers})
    write_workers(user, BOUNDED)
    git(user, "init", "-q")
    git(user, "add", "--all")
    git(user, "commit", "-q", "-m", "bounded workers")

    def run(*hook: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--color=never", *hook],
            cwd=user,
            env=environment(PRE_COMMIT_HOME=str(tmp_path / "cache")),
            capture_output=True,
            text=True,
            check=False,
        )
        output = done.stdout + done.stderr
        if NO_NETWORK.search(output):
            pytest.skip("the package registry cannot be reached")
        return done.returncode, output

    # an untracked file is not part of the commit, and what is staged is what is looked at
    write_files(user, {"notes/compose.yml": KINDS["compose.yml"].replace("OPTIONS", ""), "README": "new\n"})
    git(user, "add", "README")
    status, output = run()
    assert status == 0, output
    assert output.count("Passed") == 3, output

    write_workers(user, "--max-memory-per-child=200000")
    git(user, "add", *KINDS)
    status, output = run("celery-oom")
    assert status == 1, output
    for path in KINDS:
        assert re.search(rf"^{re.escape(path)}:\d+:\d+: CO101 ", output, re.MULTILINE), output
    status, by_flake8 = run("celery-oom-flake8")
    assert status == 1, by_flake8
    assert by_flake8.count(" CO101 ") == output.count(" CO101 ")

    status, output = run("celery-oom-fix")
    assert status == 1, output
    assert "files were modified by this hook" in output
    assert "-c 2" not in (user / "notes" / "compose.yml").read_text()
    git(user, "add", *KINDS)
    status, output = run()
    assert status == 0, output

    # what is staged counts, whatever lies on the disk
    write_workers(user, "--max-memory-per-child=200000")
    status, output = run("celery-oom")
    assert status == 0, output
    git(user, "add", *KINDS)
    write_workers(user, BOUNDED)
    status, output = run("celery-oom")
    assert status == 1, output

    write_workers(user, "--max-memory-per-child=200000")
    (user / "pyproject.toml").write_text(f'{numbers}[tool.celery-oom.severity]\nCO101 = "info"\n')
    git(user, "add", "pyproject.toml", *KINDS)
    status, output = run("celery-oom")
    assert status == 0, "information never blocks"
