from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from flake8_celery_oom import __version__, rules
from flake8_celery_oom.frontends import cli, terminal
from flake8_celery_oom.workspace import Workspace

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "fixtures" / "projects" / "shop"
BAD = "services:\n  worker:\n    command: celery -A shop worker\n"
GOOD = "services:\n  worker:\n    command: celery -A shop worker -c 2 --max-memory-per-child=200000\n"


@dataclass
class Result:
    status: int
    out: str
    err: str

    @property
    def codes(self) -> list[str]:
        return re.findall(r"^\S+:\d+:\d+: (CO\d{3}) ", self.out, re.MULTILINE)


Run = Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> Result:
        capsys.readouterr()
        status = cli.main(arguments)
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return run


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project that is the current folder."""
    folder = tmp_path / "home"
    write(folder / "pyproject.toml", "")
    monkeypatch.chdir(folder)
    return folder


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


# --- check ------------------------------------------------------------------------------------------------------------


def test_findings_end_with_1_and_are_flake8_lines(run: Run, home: Path) -> None:
    write(home / "compose.yml", BAD)
    result = run("check")
    assert result.status == 1
    assert result.codes == ["CO101", "CO201"]
    assert result.out.startswith("compose.yml:3:14: CO101 warning: worker `worker` starts one process per CPU")
    assert result.out.splitlines()[-2] == "2 warnings in 2 files, 1 worker, 0 values unknown"
    assert result.err == ""


def test_nothing_found_ends_with_0(run: Run, home: Path) -> None:
    write(home / "compose.yml", GOOD)
    assert run("check") == Result(0, "no findings in 2 files, 1 worker, 0 values unknown\n", "")


def test_check_is_the_command_when_none_is_named(run: Run, home: Path) -> None:
    write(home / "compose.yml", BAD)
    assert run() == run("check") == run(".")
    assert run("compose.yml").out.splitlines()[-2] == "2 warnings in 1 file, 1 worker, 0 values unknown"
    assert run("--select", "CO201", "compose.yml").codes == ["CO201"]


def test_paths_narrow_what_is_reported(run: Run, home: Path) -> None:
    write(home / "a" / "compose.yml", BAD)
    write(home / "b" / "compose.yml", BAD)
    assert len(run().codes) == 4
    assert set(re.findall(r"^\S+?:", run("b").out, re.MULTILINE)) == {"b/compose.yml:"}
    assert len(run("b", "a/compose.yml", "b/compose.yml").codes) == 4


def test_a_project_elsewhere_is_shown_from_here(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home / "deploy" / "compose.yml", BAD)
    other = home.parent / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    assert run("../home").out.startswith("../home/deploy/compose.yml:3:14: ")
    monkeypatch.chdir(home / "deploy")
    assert run().out.startswith("compose.yml:3:14: ")
    assert run(str(home)).out.startswith("compose.yml:3:14: ")


def test_several_projects_are_counted_together(run: Run, home: Path) -> None:
    other = write(home.parent / "other" / "pyproject.toml", "").parent
    write(other / "compose.yml", BAD)
    write(home / "compose.yml", BAD)
    result = run(".", str(other))
    assert re.findall(r"^(\S+?):\d", result.out, re.MULTILINE)[::2] == ["../other/compose.yml", "compose.yml"]
    assert result.out.splitlines()[-2] == "4 warnings in 4 files, 2 workers, 0 values unknown"
    shown = json.loads(run(".", str(other), "--format=json").out)
    assert [one["path"] for one in shown["findings"]][::2] == ["../other/compose.yml", "compose.yml"]


def test_silenced_findings_are_counted(run: Run, home: Path) -> None:
    write(home / "compose.yml", BAD.rstrip() + "  # celery-oom: ignore[CO101,CO201] small\n")
    result = run()
    assert result.status == 0
    assert result.out.endswith("1 worker, 0 values unknown, 2 findings suppressed\n")


def test_json(run: Run, home: Path) -> None:
    write(home / "compose.yml", BAD)
    result = run("--format", "json")
    shown = json.loads(result.out)
    assert result.status == 1
    assert [one["code"] for one in shown["findings"]] == ["CO101", "CO201"]
    assert shown["summary"] == {"workers": 1, "unknown": 0, "files": 2, "suppressed": 0, "baselined": 0, "unread": 0}
    assert run("--format", "json").out == result.out


# --- what cannot be done ----------------------------------------------------------------------------------------------


def refused(result: Result) -> str:
    assert result.status == 2
    (line,) = result.err.splitlines()
    assert line.startswith("celery-oom: error: ")
    return line.removeprefix("celery-oom: error: ")


def test_a_missing_path_does_not_stop_the_others(run: Run, home: Path) -> None:
    write(home / "compose.yml", BAD)
    result = run("gone", "compose.yml", "gone.yml/x")
    assert result.status == 2
    assert result.codes == ["CO101", "CO201"]
    assert result.err.splitlines() == [
        "celery-oom: error: gone: no such file or folder",
        "celery-oom: error: gone.yml/x: no such file or folder",
    ]


def test_nothing_is_said_of_a_project_that_was_not_looked_at(run: Run, home: Path) -> None:
    assert run("gone").out == ""
    assert run("workers", "gone").out == ""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_file_is_refused(run: Run, home: Path) -> None:
    os.mkfifo(home / "pipe")
    assert refused(run("pipe")) == "pipe: is neither a file nor a folder"


def test_an_unreadable_path_is_refused(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(home / "compose.yml", BAD)
    opened = Path.open

    def refuse(self: Path, *arguments: object, **keywords: object) -> object:
        if self.name == path.name:
            raise PermissionError(13, "Permission denied")
        return opened(self, *arguments, **keywords)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    assert refused(run("compose.yml")) == "compose.yml: cannot be read (Permission denied)"


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--format", "xml"], "argument --format: there is no format 'xml'"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
        (["--select"], "argument --select: expected one argument"),
        (["--select", "E501"], "--select: 'E501' is no code"),
        (["--ignore", "CO999"], "ignore: no rule is called CO999"),
        (["--config", "gone.toml"], "gone.toml: no such file"),
        (["workers", "--select", "CO77"], "select: no rule is called CO77"),
        (["explain"], "the following arguments are required: CODE"),
        (["explain", "CO999"], "no rule is called CO999 (did you mean"),
        (["wrokers"], "no command or file is called wrokers (did you mean 'workers'?)"),
        (["check", ".", "--quite"], "unrecognized arguments: --quite (did you mean '--quiet'?) (see celery-oom check"),
        (["--formt=json"], "unrecognized arguments: --formt=json (did you mean '--format'?)"),
        (["baseline", "wirte"], "argument ACTION: invalid choice: 'wirte'"),
        (
            ["check", "--fail-on=eror"],
            "argument --fail-on: invalid choice: 'eror'",
        ),
        (["help", "fxi"], "no command is called fxi (did you mean 'fix'?)"),
        (["--format=sarif="], "argument --format: 'sarif=' names no file"),
        (["--format=json", "--format=sarif"], "json and sarif would both go to standard output"),
    ],
)
def test_a_bad_option_is_said_in_one_line(run: Run, home: Path, arguments: list[str], what: str) -> None:
    result = run(*arguments)
    assert refused(result).startswith(what)
    assert result.out == ""


def test_a_bad_configuration_stops_its_project_only(run: Run, home: Path) -> None:
    write(home / "pyproject.toml", "[tool.celery-oom]\nselect = 3\n")
    other = write(home.parent / "other" / "pyproject.toml", "").parent
    write(other / "compose.yml", BAD)
    result = run(".", str(other))
    assert "celery-oom.select is 3: give a list of texts" in refused(result)
    assert result.codes == ["CO101", "CO201"]


def test_the_configuration_counts_and_options_come_before_it(run: Run, home: Path) -> None:
    write(home / "compose.yml", BAD)
    write(home / "pyproject.toml", '[tool.celery-oom]\nselect = ["CO2"]\n')
    assert run().codes == ["CO201"]
    assert run("--select", "CO101").codes == ["CO101"]
    assert run("--extend-select", "CO101").codes == ["CO101", "CO201"]
    assert run("--ignore", "CO201").codes == []
    write(home / "other.toml", '[tool.celery-oom]\nselect = ["CO101"]\n')
    assert run("--config", "other.toml").codes == ["CO101"]


@pytest.mark.parametrize("options", [[], ["--no-cache"]])
@pytest.mark.parametrize(
    ("output", "reason"),
    [("broken", "Broken pipe"), ("full", "No space left on device"), ("closed", "Bad file descriptor")],
)
def test_output_that_cannot_be_written_is_a_failure_in_one_line(
    home: Path, output: str, reason: str, options: list[str]
) -> None:
    if output == "full" and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    write(home / "compose.yml", BAD)
    program = [sys.executable, "-m", "flake8_celery_oom", "check", *options]
    program = ["sh", "-c", '"$@" >&-', "sh", *program] if output == "closed" else program
    reader, writer = os.pipe()
    os.close(reader)
    target = writer if output == "broken" else os.open("/dev/full" if output == "full" else os.devnull, os.O_WRONLY)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(program, stdout=target, stderr=subprocess.PIPE, text=True, env=environment, check=False)
    for descriptor in {writer, target}:
        os.close(descriptor)
    assert done.returncode == 2
    assert done.stderr == f"celery-oom: error: standard output cannot be written ({reason})\n"


# --- other commands ---------------------------------------------------------------------------------------------------


def test_explain_prints_the_page(run: Run) -> None:
    assert run("explain", "CO101") == Result(0, rules.entry("CO101").page, "")
    assert run("explain", "co101").out.startswith("# CO101 concurrency-unset\n")


def test_rules_lists_them_all(run: Run) -> None:
    assert [line.split()[0] for line in run("rules").out.splitlines()] == sorted(rules.modules())


def test_version_and_help_end_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    for option, shown in (("--version", f"celery-oom {__version__}"), ("--help", "usage: celery-oom")):
        with pytest.raises(SystemExit) as caught:
            cli.main([option])
        assert caught.value.code == 0
        assert shown in capsys.readouterr().out


# --- the terminal -----------------------------------------------------------------------------------------------------


def test_colour_is_for_terminals(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home / "compose.yml", BAD)
    plain = run()
    assert "\x1b[" not in plain.out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = run()
    assert "\x1b[" in coloured.out
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured.out) == plain.out
    monkeypatch.setenv("COLUMNS", "160")
    assert "prefork" in run("workers").out


def test_long_work_is_told_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with terminal.Patience("reading much", seconds=0.0) as patience:
        patience.shown.wait(20)
    assert "reading much" in capsys.readouterr().err
    with terminal.Patience("reading little", seconds=60.0):
        pass
    assert capsys.readouterr().err == ""


def test_nothing_heavy_is_imported(home: Path) -> None:
    write(home / "compose.yml", BAD)
    program = (
        "import sys; from flake8_celery_oom.frontends.cli import main; main(['check']);"
        "print(sorted({'rich', 'libcst', 'pygls', 'flake8', 'celery', 'ruamel', 'packaging'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_error_of_the_system_is_said_in_one_line(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Workspace) -> None:
        raise OSError(5, "Input/output error", "disk")

    monkeypatch.setattr(Workspace, "project", fail)
    assert refused(run()) == "disk: Input/output error"


# --- whole projects ---------------------------------------------------------------------------------------------------


def test_the_shop(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, accept: bool) -> None:
    shutil.copytree(SHOP, tmp_path / "shop")
    monkeypatch.chdir(tmp_path / "shop")
    for arguments, name in ((("check",), "findings.txt"), (("workers", "--format=json"), "workers.json")):
        expected = SHOP.parent / f"shop.{name}"
        result = run(*arguments)
        assert result.err == ""
        if accept:
            expected.write_text(result.out)
        assert result.out == expected.read_text()


def test_the_shop_where_it_lies(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CO501 speaks of a release once in a project, and other fixtures pin the same."""
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    lines = (SHOP.parent / "shop.findings.txt").read_text().splitlines()[:-2]
    shown = run("check", "fixtures/projects/shop", "--ignore=CO501").out.splitlines()[:-2]
    assert [line.replace("fixtures/projects/shop/", "") for line in shown] == [
        line for line in lines if "CO501" not in line
    ]


# --- standard input ---------------------------------------------------------------------------------------------------

MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: jobs}
spec:
  template:
    spec:
      containers:
        - name: jobs
          image: shop
          command: [celery, -A, shop, worker]
"""


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def feed(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return feed


@pytest.mark.parametrize("text", [MANIFEST, "\ufeff" + MANIFEST, "services:\n  jobs:\n    command: celery worker\n"])
def test_standard_input_is_checked(run: Run, home: Path, feed: Callable[[str], None], text: str) -> None:
    write(home / "compose.yml", BAD)
    feed(text)
    result = run("check", "-")
    assert result.status == 1
    assert "CO101" in result.codes
    assert all(line.startswith("<stdin>:") for line in result.out.splitlines()[:-2])


def test_standard_input_stands_in_the_project_that_is_named(
    run: Run, home: Path, feed: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(home / "shop" / "__init__.py", "")
    write(home / "shop" / "celery.py", "from celery import Celery\napp = Celery()\napp.conf.worker_concurrency = 3\n")
    monkeypatch.chdir(tmp_path)
    feed(MANIFEST)
    document = json.loads(run("workers", "--format", "json", "-", str(home / "shop")).out)
    (worker,) = document["workers"]
    assert worker["path"] == "<stdin>"
    assert worker["concurrency"]["value"] == 3


def test_standard_input_is_not_fixed(run: Run, home: Path) -> None:
    assert "standard input" in refused(run("fix", "-"))


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "is empty"), ("\n", "is empty"), ("Error: chart celery not found\n", "names celery and is neither")],
)
def test_standard_input_that_holds_nothing_is_not_clean(
    run: Run, home: Path, feed: Callable[[str], None], text: str, says: str
) -> None:
    feed(text)
    assert f"standard input {says}" in refused(run("check", "-"))


@pytest.mark.parametrize("name", ["ignored.yml", "link.yml", "ignored", "none"])
def test_a_path_of_which_nothing_is_read_is_not_clean(run: Run, home: Path, name: str) -> None:
    write(home / "pyproject.toml", '[tool.celery-oom]\nexclude = ["ignored*"]\n')
    write(home / "ignored.yml", BAD)
    write(home / "ignored" / "compose.yml", BAD)
    (home / "none").mkdir()
    (home / "link.yml").symlink_to("ignored.yml")
    assert refused(run(name)).startswith(f"{name}: ")
    assert "looked at: ignored by git or by exclude, or a link" in run(name).err


def test_a_link_to_the_folder_of_another_project_is_that_project(run: Run, home: Path) -> None:
    other = write(home.parent / "other" / "pyproject.toml", "").parent
    write(other / "compose.yml", BAD)
    (home / "link").symlink_to(other, target_is_directory=True)
    assert run("link").codes == ["CO101", "CO201"]


def test_a_file_in_a_home_is_looked_at_alone(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "pyproject.toml").unlink()
    monkeypatch.setenv("HOME", str(home))
    write(home / "compose.yml", BAD)
    write(home / "other" / "compose.yml", BAD)
    assert run("compose.yml").out.splitlines()[-2] == "2 warnings in 1 file, 1 worker, 0 values unknown"
    assert refused(run()) == f"{home} holds more than a project: name the folder of one"


# --- gates ------------------------------------------------------------------------------------------------------------

LEAKY = {"requirements.txt": "celery==4.2.0\n", "shop/celery.py": "from celery import Celery\n\napp = Celery('shop')\n"}


def test_a_file_in_a_home_is_fixed_alone(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))
    (home / "pyproject.toml").unlink(missing_ok=True)
    write(home / "compose.yml", BAD)

    def list_files(*_: object, **__: object) -> tuple[str, ...]:
        raise AssertionError("the whole home is listed")

    monkeypatch.setattr("flake8_celery_oom.discover.list_files", list_files)
    run("fix", "--unsafe-fixes", "--select=CO201", "compose.yml")
    assert "--max-memory-per-child" in (home / "compose.yml").read_text()


def test_info_alone_does_not_fail(run: Run, home: Path) -> None:
    for path, text in LEAKY.items():
        write(home / path, text)
    write(home / "compose.yml", GOOD)
    result = run()
    assert (result.status, result.codes) == (0, ["CO501"])
    assert run("--fail-on", "info").status == 1
    assert run("--fail-on", "info", "--exit-zero").status == 0


@pytest.mark.parametrize(("least", "status"), [("error", 0), ("warning", 1), ("info", 1)])
def test_what_fails_is_a_choice(run: Run, home: Path, least: str, status: int) -> None:
    write(home / "compose.yml", BAD)
    assert run("--fail-on", least).status == status


def test_quiet_and_statistics(run: Run, home: Path) -> None:
    write(home / "compose.yml", BAD)
    assert len(run("-q").out.splitlines()) == 2
    assert run("--quiet", "--exit-zero", "--ignore=CO").out == ""
    assert run("--statistics", "-q").out.splitlines()[2:] == [
        "1  CO101  concurrency-unset",
        "1  CO201  max-memory-unset",
    ]


def test_details_are_told_on_demand(run: Run, home: Path) -> None:
    write(home / "compose.yml", BAD)
    detail = "    no --max-memory-per-child, no CELERY_WORKER_MAX_MEMORY_PER_CHILD"
    assert detail not in run().out
    assert detail in run("--verbose").out


def test_colours_are_a_choice(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home / "compose.yml", BAD)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    assert "\x1b[" not in run().out
    assert "\x1b[" in run("--color=always").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run().out
    assert "\x1b[" not in run("--color=never").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run().out


def test_several_formats_in_one_run(run: Run, home: Path) -> None:
    write(home / "compose.yml", BAD)
    result = run("--format", "sarif=out.sarif", "--format=junit=out.xml", "--format", "concise")
    assert result.codes == ["CO101", "CO201"]
    assert json.loads((home / "out.sarif").read_text())["version"] == "2.1.0"
    assert (home / "out.xml").read_text().startswith("<?xml")
    assert run("--format=gitlab", "--output-file", "code.json").out == ""
    assert len(json.loads((home / "code.json").read_text())) == 2
    assert refused(run("--format=json=gone/x.json")) == "gone/x.json: cannot be written (No such file or directory)"


@pytest.mark.parametrize("command", sorted(cli.COMMANDS))
def test_the_help_of_every_command_says_what_its_exit_status_means(run: Run, command: str) -> None:
    result = run("help", command)
    assert result.status == 0
    assert "Exit status: 0" in " ".join(result.out.split())


def test_help_and_version(run: Run) -> None:
    assert run("help").out.startswith("usage: celery-oom")
    assert run("version").out == f"celery-oom {__version__}\n"
