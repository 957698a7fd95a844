"""The real flake8 in processes of its own, with the real engine, over a small project."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

DRIVER = """\
import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv.pop(1))
    from flake8.main.cli import main

    sys.exit(main(sys.argv[1:]))
"""
FILES = {
    ".git/HEAD": "",
    "Dockerfile": 'FROM python\nRUN pip install celery~=5.3\nWORKDIR /app\nCMD ["celery", "-A", "proj", "worker"]\n',
    "Procfile": "web: gunicorn proj.wsgi\nworker: celery -A proj worker --max-memory-per-child=200000\n",
    "compose.yml": "services:\n  é:\n    image: proj\n    command: celery -A proj worker -c 4\n",
    "deploy/worker.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: worker\nspec:\n  template:\n    spec:\n"
        "      containers:\n        - name: worker\n          image: proj\n"
        '          command: [celery, -A, proj, worker, "-c", "2"]\n'
    ),
    "other/__init__.py": "",
    "other/celery.py": (
        "from celery import Celery\n\napp = Celery('other')\n"
        "é = 1; app.conf.worker_concurrency = 0\napp.conf.worker_max_memory_per_child = 200000\n"
    ),
    "other/run.sh": "#!/bin/sh\nexec celery -A other worker\n",
    "proj/__init__.py": "",
    "proj/celery.py": "from celery import Celery\n\napp = Celery('proj')\n",
    "setup.cfg": "[flake8]\nmax-line-length = 120\nextend-ignore = E702\n",
}
EXPECTED = [
    "./Dockerfile:4:6: CO101",
    "./Dockerfile:4:6: CO201",
    "./Procfile:2:9: CO101",
    "./compose.yml:4:14: CO201",
    "./deploy/worker.yaml:11:21: CO201",
    "./other/celery.py:4:38: CO102",
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "driver.py").write_text(DRIVER)
    return tmp_path / "project"


def run(
    folder: Path, *arguments: str, stdin: str | None = None, start_method: str | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flake8"]
    if start_method:
        command = [sys.executable, str(folder.parent / "driver.py"), start_method]
    return subprocess.run(
        [*command, *arguments], cwd=folder, input=stdin, capture_output=True, text=True, encoding="utf-8", check=False
    )


def places(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Each reported line without its message."""
    return [" ".join(line.split()[:2]) for line in done.stdout.splitlines()]


def test_plain_flake8_reports_python_and_infra_files(project: Path) -> None:
    done = run(project, ".")
    assert places(done) == EXPECTED
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("start_method", multiprocessing.get_all_start_methods())
@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
def test_every_way_to_start_processes_gives_the_same(project: Path, start_method: str, jobs: str) -> None:
    done = run(project, jobs, ".", start_method=start_method)
    assert places(done) == EXPECTED
    assert (done.returncode, done.stderr) == (1, "")


def test_noqa_and_own_comments(project: Path) -> None:
    (project / "Dockerfile").write_text(
        'FROM python:3.12\nRUN pip install celery~=5.3\n# noqa: CO101\nCMD ["celery", "-A", "proj", "worker"]\n'
    )
    (project / "compose.yml").write_text(
        "services:\n  a:\n    image: proj\n    command: celery -A proj worker -c 4  # noqa: CO201\n"
        "  b:\n    image: proj\n    command: celery -A proj worker -c 4  # celery-oom: ignore[CO201] small\n"
        "  c:\n    image: proj\n    command: celery -A proj worker -c 4\n"
    )
    assert places(run(project, "Dockerfile", "compose.yml")) == ["Dockerfile:4:6: CO201", "compose.yml:10:14: CO201"]


@pytest.mark.parametrize("name", ["Dockerfile", "Procfile", "compose.yml", "deploy/worker.yaml", "other/celery.py"])
def test_stdin_gives_what_the_file_gives(project: Path, name: str) -> None:
    text = (project / name).read_text("utf-8")
    expected = [place.removeprefix("./") for place in EXPECTED if place.startswith(f"./{name}:")]
    (project / name).write_text("" if name.endswith(".py") else "# other\n")
    assert places(run(project, "--stdin-display-name", name, "-", stdin=text)) == expected


def test_a_file_from_elsewhere(project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    done = run(tmp_path / "elsewhere", str(project / "Procfile"), "../project/compose.yml")
    assert places(done) == ["../project/compose.yml:4:14: CO201", f"{project / 'Procfile'}:2:9: CO101"]


def test_off_by_default_rules_need_to_be_named(project: Path) -> None:
    options = "-c 2 --max-memory-per-child=200000 --max-tasks-per-child=3"
    (project / "Procfile").write_text(f"worker: celery -A proj worker {options}\n")
    assert run(project, "--ignore=W", "Procfile").stdout == ""
    for option in ("--celery-oom-extend-select=CO209", "--extend-select=CO209"):
        assert "CO209" in run(project, option, "Procfile").stdout


def loaded_after(folder: Path, *arguments: str) -> set[str]:
    code = (
        "import sys\nfrom flake8.main.cli import main\nmain(sys.argv[1:])\n"
        "sys.stdout.flush()\nsys.stdout.write('--\\n' + '\\n'.join(sys.modules))"
    )
    command = [sys.executable, "-c", code, "-j1", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return set(done.stdout.split("--\n")[1].splitlines())


HEAVY = ("dockerfile_parse", "libcst", "pygls", "rich", "ruamel", "tree_sitter", "tree_sitter_bash", "yaml")


@pytest.mark.parametrize("infra", [False, True])
def test_a_tree_without_celery_loads_no_parser_and_no_analysis(tmp_path: Path, infra: bool) -> None:
    (tmp_path / ".git").mkdir()
    for number in range(3):
        (tmp_path / f"module{number}.py").write_text("import os\n\nworker_count = os.cpu_count()\n")
    if infra:
        (tmp_path / "Dockerfile").write_text('FROM python:3.12\nCMD ["gunicorn", "proj.wsgi"]\n')
        (tmp_path / "compose.yml").write_text("services:\n  web:\n    build: .\n")
    loaded = loaded_after(tmp_path, ".")
    assert not {name for name in loaded if name.split(".")[0] in HEAVY}
    assert not {
        name for name in loaded if name.startswith(("flake8_celery_oom.resolve.", "flake8_celery_oom.sources."))
    }


def test_no_run_loads_libcst_or_a_terminal_library(project: Path) -> None:
    loaded = {name.split(".")[0] for name in loaded_after(project, ".")}
    assert loaded.isdisjoint({"libcst", "pygls", "lsprotocol", "rich"})


def test_results_do_not_depend_on_the_order_of_files(project: Path) -> None:
    names = ["Dockerfile", "Procfile", "other/celery.py"]
    assert places(run(project, *names)) == places(run(project, *reversed(names))) != []


def test_an_editor_without_home_or_locale(project: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in {"HOME", "LANG", "LC_ALL"}}
    done = subprocess.run(
        [sys.executable, "-m", "flake8", "."],
        cwd=project,
        env={**environment, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert places(done) == EXPECTED
