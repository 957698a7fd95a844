"""``celery-oom fleet`` from end to end: real files of results, runs that are killed, patches that git applies."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from html.parser import HTMLParser
from pathlib import Path

import pytest

from flake8_celery_oom.fleet.store import opened_for_reading, rows
from flake8_celery_oom.frontends import cli
from tests.fleet.made import COMPOSE, content, fleet, shop
from tests.listing.git_repositories import needs_git

ENVIRONMENT = {**os.environ, "PYTHONWARNINGS": "ignore"}


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = fleet(tmp_path_factory.mktemp("fleet"), 20)
    shop(folder / "group00" / "plain")
    broken = folder / "group00" / "broken.tar.gz"
    broken.write_bytes(b"no archive")
    return folder


@pytest.fixture(scope="module")
def results(repositories: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("results") / "fleet.duckdb"
    assert run("fleet", str(repositories), "-o", str(made), "-j", "2").returncode == 2
    return made


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """The command in this process; those that scan are processes of their own."""
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        status = cli.main(words)
    return subprocess.CompletedProcess(words, status, output.getvalue(), errors.getvalue())


# --- results ----------------------------------------------------------------------------------------------------------


def test_every_repository_is_one_row_with_what_became_of_it(repositories: Path, results: Path) -> None:
    with opened_for_reading(str(results)) as connection:
        found = rows(connection, "SELECT * FROM repositories ORDER BY repository")
        (about,) = rows(connection, "SELECT * FROM runs")
    assert len(found) == 22
    broken = next(row for row in found if row["repository"] == "group00/broken.tar.gz")
    assert (broken["result"], broken["kind"], broken["files"]) == ("broken", "archive", None)
    assert broken["reason"].startswith("is no archive that can be read")
    plain = next(row for row in found if row["repository"] == "group00/plain")
    assert (plain["result"], plain["kind"], plain["files"], plain["commit"]) == ("scanned", "folder", 2, "")
    assert {row["kind"] for row in found} == {"archive", "checkout", "folder"}
    assert all(row["seconds"] > 0 and row["memory"] > 10_000_000 for row in found if row["result"] == "scanned")
    assert (about["scanned"], about["failed"], about["unchanged"]) == (21, 1, 0)
    assert about["ended"] is not None


def test_a_second_run_scans_only_what_has_changed(repositories: Path, results: Path, tmp_path: Path) -> None:
    copied, again = tmp_path / "repositories", tmp_path / "again.duckdb"
    subprocess.run(["cp", "-a", repositories, copied], check=True)
    shutil.copy(results, again)
    (copied / "group00" / "plain" / "compose.yml").write_text(COMPOSE.replace("-c 8", "-c 2"))
    shutil.rmtree(copied / "group01")
    shop(copied / "group02" / "new")
    (copied / "group00" / "broken.tar.gz").unlink()
    result = run("fleet", str(copied), "-o", str(again), "-j", "2")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"2 of 21 repositories scanned, 19 unchanged, 2 gone: {again}\n"
    fresh = tmp_path / "fresh.duckdb"
    run("fleet", str(copied), "-o", str(fresh), "-j", "1")
    assert content(again) == content(fresh)


def test_one_parquet_file_says_the_same_and_goes_on(repositories: Path, results: Path, tmp_path: Path) -> None:
    made = tmp_path / "fleet.parquet"
    run("fleet", str(repositories), "-o", str(made), "-j", "1")
    assert [path.name for path in tmp_path.iterdir()] == ["fleet.parquet"]
    assert content(made) == content(results)
    assert "21 unchanged" in run("fleet", str(repositories), "-o", str(made), "-j", "1").stdout
    assert content(made) == content(results)


def test_a_run_that_is_killed_goes_on_where_it_stood(repositories: Path, results: Path, tmp_path: Path) -> None:
    """No row is lost, and none is there twice, however often the whole run is killed."""
    made, chance = tmp_path / "killed.duckdb", random.Random(3)
    for _ in range(int(os.environ.get("FLEET_KILLED_RUNS", "3"))):
        command = [
            sys.executable,
            "-m",
            "flake8_celery_oom",
            "fleet",
            str(repositories),
            "-o",
            str(made),
            "-j",
            "2",
            "-q",
        ]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=ENVIRONMENT) as process:
            time.sleep(chance.uniform(2.0, 6.0))
            process.send_signal(signal.SIGKILL)
    run("fleet", str(repositories), "-o", str(made), "-j", "2")
    assert content(made) == content(results)


def test_what_cannot_be_used_is_one_line(repositories: Path, tmp_path: Path) -> None:
    (tmp_path / "page.duckdb").write_text("no database")
    (tmp_path / "page.parquet").write_text("no parquet")
    for words in (
        ("scan", str(tmp_path / "absent")),
        ("scan", str(repositories), "-o", str(tmp_path / "page.duckdb")),
        ("scan", str(repositories), "-o", str(tmp_path / "absent" / "x.duckdb")),
        ("scan", str(repositories), "--config", str(tmp_path / "absent.toml")),
        ("scan", str(repositories), "--timeout", "0"),
        ("scan", str(repositories), "--memory", "1Mi"),
        ("report", str(tmp_path / "absent.duckdb")),
        ("report", str(tmp_path / "page.parquet")),
        ("diff", str(tmp_path / "absent.duckdb"), str(tmp_path / "absent.duckdb")),
        ("fix", str(tmp_path / "absent.duckdb"), "--patches", str(tmp_path / "out")),
    ):
        result = run("fleet", *words)
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr.startswith("celery-oom: error: ")
        assert result.stderr.count("\n") == 1
        assert "mistake" not in result.stderr


# --- reading ----------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Checks that elements are nested, and keeps the text and what a browser would fetch or run."""

    EMPTY = frozenset({"meta", "br", "rect"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "link", "img", "iframe", "a"} or any(name.startswith("on") for name, _ in attributes):
            self.fetched.append(tag)
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


HOSTILE = """\
services:
  "<script>alert(1)</script>":
    image: shop
    command: celery -b redis://u:hunter2@h -A shop worker -c 8 --max-memory-per-child=400000
    mem_limit: 1g
"""


@pytest.fixture(scope="module")
def two_results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("two")
    top = folder / "top"
    for name in ("mended", "same", "lost", "gone"):
        shop(top / name)
    (top / "same" / "CODEOWNERS").write_text("* @team-a\n")
    shop(top / "worse", COMPOSE.replace("-c 8", "-c 1"))
    before, after = folder / "before.duckdb", folder / "after.parquet"
    assert cli.main(["fleet", str(top), "-o", str(before), "-j", "1", "-q"]) == 0
    (top / "mended" / "compose.yml").write_text("services: {jobs: {image: a, command: celery -A a worker -c 1}}\n")
    (top / "worse" / "compose.yml").write_text(HOSTILE)
    shutil.rmtree(top / "lost")
    shutil.rmtree(top / "gone")
    (top / "lost.zip").write_bytes(b"x")
    listed = folder / "all.txt"
    listed.write_text("".join(f"{top / name}\n" for name in ("mended", "same", "worse", "lost")))
    listed.rename(top / "all.txt")
    (top / "all.txt").write_text("mended\nsame\nworse\nlost\n")
    assert cli.main(["fleet", str(top / "all.txt"), "-o", str(after), "-j", "1", "-q"]) == 2
    return before, after


def test_the_page_needs_nothing_and_shows_no_secret(two_results: tuple[Path, Path], tmp_path: Path) -> None:
    before, after = map(str, two_results)
    made = tmp_path / "page.html"
    assert cli.main(["fleet", "report", after, "--before", before, "--output-file", str(made)]) == 0
    text = made.read_text()
    page = Page(text)
    said = " ".join(" ".join(page.words).split())
    assert page.fetched == []
    assert "hunter2" not in text
    assert "<script>" not in text
    assert "over the limit at work" in said
    assert "@team-a" in said
    assert "1 repository could not be looked at" in said
    listed = said.partition("Repositories ")[2]
    assert listed.index("worse") < listed.index("mended")
    assert "http" not in text.replace("http-equiv", "")


def test_what_got_worse_and_what_was_mended(two_results: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    before, after = map(str, two_results)
    assert cli.main(["fleet", "diff", before, after, "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert {item["repository"] for item in found["worse"]} == {"worse"}
    assert {item["risk"] for item in found["worse"]} == {"over"}
    assert "mended" in {item["repository"] for item in found["mended"]}
    assert {item["repository"] for item in found["mended"]} <= {"mended", "worse"}
    assert (found["gone"], found["lost"], found["new_repositories"]) == (["gone"], ["lost"], [])
    assert cli.main(["fleet", "diff", after, after]) == 0
    assert cli.main(["fleet", "diff", before, after, "--format", "markdown"]) == 1
    assert "**Worse: 1 place**" in capsys.readouterr().out


def test_teams_come_from_a_mapping_before_codeowners(
    two_results: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teams = tmp_path / "teams"
    teams.write_text("worse/ @payments\n")
    cli.main(["fleet", "report", str(two_results[1]), "--teams", str(teams), "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert {(item["repository"], *item["teams"]) for item in found["dangers"]} == {
        ("mended",),
        ("same", "@team-a"),
        ("worse", "@payments"),
    }


def test_csv_has_every_danger_and_starts_no_formula(
    two_results: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    import csv

    cli.main(["fleet", "report", str(two_results[1]), "--format", "csv"])
    heads, *found = list(csv.reader(capsys.readouterr().out.splitlines()))
    cli.main(["fleet", "report", str(two_results[1]), "--format", "json"])
    assert len(found) == len(json.loads(capsys.readouterr().out)["dangers"]) + 1
    assert all(len(row) == len(heads) for row in found)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in found for cell in row)


# --- patches ----------------------------------------------------------------------------------------------------------


@needs_git
def test_patches_do_what_fix_does_and_nothing_is_written(repositories: Path, results: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in sorted(repositories.rglob("*")) if path.is_file()}
    folder = tmp_path / "patches"
    result = run("fleet", "fix", str(results), "--patches", str(folder), "--unsafe-fixes", "-j", "2")
    assert result.returncode == 0
    made = sorted(folder.iterdir())
    assert len(made) >= 3
    assert f"{len(made)} of " in result.stdout
    assert {path: path.read_bytes() for path in sorted(repositories.rglob("*")) if path.is_file()} == before
    for patch in made[:3]:
        name = patch.name.removesuffix(".patch").replace("_", "/", 1)
        assert patch.stat().st_mode & 0o777 == 0o600
        fixed, patched = tmp_path / "fixed" / name, tmp_path / "patched" / name
        for copy in (fixed, patched):
            shutil.copytree(repositories / name, copy, ignore=shutil.ignore_patterns(".git"))
        subprocess.run(["git", "apply", str(patch)], cwd=patched, check=True)
        run("fix", "--unsafe-fixes", str(fixed))
        assert _texts(patched) == _texts(fixed)


def _texts(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_only_what_was_selected_is_mended(repositories: Path, results: Path, tmp_path: Path) -> None:
    run("fleet", "fix", str(results), "--patches", str(tmp_path), "--unsafe-fixes", "--select", "CO101", "-j", "1")
    heads = [line for path in tmp_path.iterdir() for line in path.read_text().splitlines() if line.startswith("# ")]
    assert {line.split()[2] for line in heads if ": CO" in line} == {"CO101"}
