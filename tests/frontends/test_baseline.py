"""Living with findings: the baseline, severities, files that are spared, reasons, and a configuration to start from."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from flake8_celery_oom.config import read_config
from flake8_celery_oom.frontends import cli
from tests.files import write_files

BAD = "services:\n  worker:\n    command: celery -A shop worker\n"
FILE = ".celery-oom-baseline.json"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two findings that is the current folder."""
    write_files(tmp_path, {"pyproject.toml": "", "compose.yml": BAD})
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Run:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str]:
        self._capsys.readouterr()
        status = cli.main(words)
        captured = self._capsys.readouterr()
        return status, captured.out + captured.err

    def codes(self, *words: str) -> list[str]:
        document = json.loads(self("check", "--format", "json", *words)[1])
        return [f"{one['path']} {one['code']} {one['severity']}" for one in document["findings"]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(capsys)


def test_only_what_is_new_is_reported(run: Run, home: Path) -> None:
    assert run("baseline", "write") == (0, f"{FILE}: holds 2 findings\n")
    status, output = run("check")
    assert (status, output) == (0, "no findings in 2 files, 1 worker, 0 values unknown, 2 findings baselined\n")
    write_files(home, {"compose.yml": f"# a line more\n{BAD}", "Procfile": "jobs: celery -A shop worker -c 2\n"})
    assert run.codes() == ["Procfile CO201 warning"]
    assert len(run.codes("--no-baseline")) == 3


def test_names_in_the_baseline_make_nothing_unknown(run: Run, home: Path) -> None:
    settings = "import os\nfrom celery import Celery\napp = Celery('shop')\napp.conf.worker_concurrency = {}\n"
    write_files(home, {"shop.py": settings.format("4"), "docker-compose.yml": "services: {w: {env_file: gone.env}}\n"})
    before = run("workers", "--origins", "--no-cache")
    write_files(home, {FILE: json.dumps({"version": 1, "findings": [], "x": "CELERY_WORKER_CONCURRENCY=$X"})})
    assert run("workers", "--origins", "--no-cache") == before
    (home / FILE).unlink()
    write_files(home, {"pyproject.toml": "[tool.celery-oom]\nbaseline = 'kept.json'\n"})
    run("baseline", "write")
    assert (home / "kept.json").is_file()
    assert json.loads(run("check", "--format", "json")[1])["summary"]["files"] == 4


def test_entries_that_are_mended_are_found_and_dropped(run: Run, home: Path) -> None:
    run("baseline", "write")
    assert run("baseline", "check") == (0, f"{FILE}: 0 findings of 2 found no more\n")
    write_files(home, {"compose.yml": BAD.replace("worker\n", "worker -c 2\n").replace("worker -c 2:", "worker:")})
    status, output = run("baseline", "check")
    assert status == 1
    assert output == f"compose.yml: CO101 is found no more\n{FILE}: 1 finding of 2 found no more\n"
    assert run("baseline", "prune") == (0, f"{FILE}: dropped 1 finding, holds 1 finding\n")
    assert run("baseline", "check")[0] == 0
    assert run("baseline", "show")[1].startswith("compose.yml: CO201: worker `worker`")
    assert run("check")[0] == 0


def test_the_same_findings_give_the_same_file(run: Run, home: Path) -> None:
    run("baseline", "write")
    first = (home / FILE).read_bytes()
    run("baseline", "write")
    assert (home / FILE).read_bytes() == first


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": 2, "findings": []}', '{"version": 1, "findings": [{}]}', "\x00"]
)
def test_a_broken_baseline_is_said_and_hides_nothing(run: Run, home: Path, text: str) -> None:
    (home / FILE).write_text(text)
    status, output = run("check")
    assert status == 2
    assert output.startswith(f"celery-oom: error: {home / FILE}: is ")
    assert run("baseline", "write")[0] == 0
    assert run("check")[0] == 0


def test_a_baseline_is_a_regular_file(run: Run, home: Path) -> None:
    (home / FILE).symlink_to("/dev/zero")
    assert run("check")[0] == 2


def test_severities_and_files_that_are_spared(run: Run, home: Path) -> None:
    write_files(home, {"examples/compose.yml": BAD})
    table = (
        '[tool.celery-oom]\nseverity = {CO2 = "info", CO201 = "error"}\nper-file-ignores = {"examples/" = ["CO1"]}\n'
    )
    (home / "pyproject.toml").write_text(table)
    assert run.codes() == ["compose.yml CO101 warning", "compose.yml CO201 error", "examples/compose.yml CO201 error"]
    assert run("check", "--fail-on", "error")[0] == 1


def test_a_reason_may_be_asked_for(run: Run, home: Path) -> None:
    comment = "  # celery-oom: ignore[CO101]"
    table = "[tool.celery-oom]\nrequire-reason = true\n"
    write_files(home, {"compose.yml": BAD.rstrip() + comment + "\n", "pyproject.toml": table})
    assert run.codes() == ["compose.yml CO101 warning", "compose.yml CO201 warning", "compose.yml CO002 info"]
    assert "CO101 is silenced here without a reason" in run("check")[1]
    write_files(home, {"compose.yml": BAD.rstrip() + comment + " a single CPU\n"})
    assert run.codes() == ["compose.yml CO201 warning"]


def test_comments_can_be_switched_off(run: Run, home: Path) -> None:
    write_files(
        home,
        {
            "compose.yml": BAD.rstrip() + "  # celery-oom: ignore[CO101] why\n",
            "pyproject.toml": "[tool.celery-oom]\ninline-ignores = false\n",
        },
    )
    assert run.codes() == ["compose.yml CO101 warning", "compose.yml CO201 warning"]


@pytest.mark.parametrize("line", ['severity = {CO999 = "info"}', 'per-file-ignores = {"a" = ["CO999"]}'])
def test_codes_that_no_rule_has(run: Run, home: Path, line: str) -> None:
    (home / "pyproject.toml").write_text(f"[tool.celery-oom]\n{line}\n")
    status, output = run("check")
    assert status == 2
    assert "no rule is called CO999" in output


@pytest.mark.parametrize("old", ["", "[project]\nname = 'shop'", "[project]\r\nname = 'shop'\r\n"])
def test_init_adds_a_table_that_changes_nothing(run: Run, home: Path, old: str) -> None:
    (home / "pyproject.toml").write_bytes(old.encode())
    before = run.codes()
    status, output = run("init")
    assert (status, output) == (0, "pyproject.toml: added [tool.celery-oom]\n")
    text = (home / "pyproject.toml").read_bytes().decode()
    assert text.startswith(old)
    assert (text.count("\r\n") == text.count("\n")) is ("\r\n" in old)
    assert run.codes() == before
    assert run("init")[0] == 2
    uncommented = "\n".join(
        line.removeprefix("# ") if " = " in line else line
        for line in text.splitlines()
        if "[tool" in line or " = " in line
    )
    (home / "pyproject.toml").write_text(uncommented)
    assert read_config(home).select == ("CO1", "CO2")


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_is_a_script_that_the_shell_reads(run: Run, shell: str, tmp_path: Path) -> None:
    pytest.importorskip("shtab")
    status, script = run("completion", shell)
    assert status == 0
    assert "baseline" in script
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_a_shell_that_is_not_known(run: Run) -> None:
    pytest.importorskip("shtab")
    assert run("completion", "cmd")[0] == 2


@pytest.mark.parametrize(
    ("command", "way"),
    [
        (("baseline", "write"), "link"),
        (("baseline", "write"), "pipe"),
        (("baseline", "write"), "folder above"),
        (("baseline", "write"), "absolute"),
        (("init",), "link"),
        (("init",), "pipe"),
    ],
)
def test_nothing_is_written_outside_of_the_project(
    run: Run, home: Path, tmp_path_factory: pytest.TempPathFactory, way: str, command: tuple[str, ...]
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "precious"
    outside.write_text("precious\n")
    own = home / ("pyproject.toml" if command == ("init",) else FILE)
    if way in {"link", "pipe"}:
        own.unlink(missing_ok=True)
        own.symlink_to(outside) if way == "link" else os.mkfifo(own)
    else:
        place = outside.with_name("new") if way == "absolute" else Path(os.path.relpath(outside.with_name("new"), home))
        (home / "pyproject.toml").write_text(f'[tool.celery-oom]\nbaseline = "{place.as_posix()}"\n')
    status, said = run(*command)
    assert status == 2
    assert said.startswith("celery-oom: error: ")
    assert said.count("\n") == 1
    assert [path.name for path in outside.parent.iterdir()] == ["precious"]
    assert outside.read_text() == "precious\n"
