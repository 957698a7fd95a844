"""Nothing of an app runs unless the user says so, and no other command can weigh."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flake8_celery_oom.frontends import cli
from flake8_celery_oom.weighing import processes

TRAP = (
    "import pathlib\npathlib.Path(__file__).with_name('ran').touch()\nfrom celery import Celery\napp = Celery('shop')\n"
)


def test_the_app_is_not_run_without_being_asked_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop.py").write_text(TRAP)
    status = cli.main(["weigh", "-A", "shop", "--project", str(tmp_path)])
    assert status == 2
    said = capsys.readouterr().err
    assert "weigh imports and runs the code of the app shop with" in said
    assert "--run says that it may" in said or "needs Linux" in said
    assert not (tmp_path / "ran").exists()


def test_only_the_command_weigh_loads_what_runs_apps(tmp_path: Path) -> None:
    program = """
import sys
from flake8_celery_oom.frontends import cli
for words in (["check", "."], ["workers", "."], ["fix", "--diff", "."], ["plan", "--limit", "1g"], ["rules"]):
    cli.main(words)
print([name for name in sys.modules if name.startswith("flake8_celery_oom.weighing")])
"""
    (tmp_path / "shop.py").write_text(TRAP)
    (tmp_path / "compose.yml").write_text("services:\n  shop:\n    image: me\n    command: celery -A shop worker\n")
    (tmp_path / "requirements.txt").write_text("celery==5.4.0\n")
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "CO101" in done.stdout
    assert not (tmp_path / "ran").exists()
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--args", "1"], "'1' is no JSON list"),
        (["--args", "["], "'[' is no JSON list"),
        (["--kwargs", "[]"], "'[]' is no JSON object"),
        (["--project", "nowhere", "--run"], "nowhere: no such folder"),
        (["--run", "--python", "/nowhere/python"], "/nowhere/python cannot be started"),
    ],
)
def test_what_means_nothing_is_refused_in_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["weigh", "-A", "shop", *words]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("celery-oom: error: ")
    assert said in error or "needs Linux" in error


def test_memory_of_a_kernel_that_does_not_tell_anonymous_pages_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "smaps_rollup").write_text("55f0-7ffc ---p 0 00:00 0 [rollup]\nRss: 300 kB\nPss: 200 kB\n")
    monkeypatch.setattr(processes, "PROC", tmp_path)
    assert processes.held_by(7) == processes.Held(300 * 1024, 200 * 1024)
    with (tmp_path / "7" / "smaps_rollup").open("a") as file:
        file.write("Pss_Anon: 150 kB\nPss_File: 40 kB\nPss_Shmem: 10 kB\n")
    assert processes.held_by(7) == processes.Held(300 * 1024, 160 * 1024)
    with pytest.raises(OSError, match="No such file"):
        processes.held_by(8)
