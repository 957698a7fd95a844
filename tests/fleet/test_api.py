"""``scan``: the same of a repository wherever it lies, and nothing of it runs, leaks or leads out of it."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from flake8_celery_oom.api import ConfigError, Report, ScanError, Worker, building, scan
from flake8_celery_oom.discover import list_files
from flake8_celery_oom.fleet import tables
from flake8_celery_oom.listing import archive
from flake8_celery_oom.listing.clean_checkout import tracked
from flake8_celery_oom.listing.stored import state_of, stored_at
from tests.fleet.made import GENERATOR, shop
from tests.listing.git_repositories import git, needs_git

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "fixtures" / "projects" / "shop"


@pytest.fixture(scope="module")
def expected() -> Report:
    return scan(SHOP)


def test_the_report_says_what_the_workers_run_with(tmp_path: Path) -> None:
    report = scan(shop(tmp_path / "shop"))
    jobs, mail = report.workers
    assert (jobs.path, jobs.line, jobs.name, jobs.app, jobs.celery_version) == (
        "compose.yml",
        4,
        "jobs",
        "shop",
        "5.4.0",
    )
    assert (jobs.concurrency.state, jobs.concurrency.value, jobs.concurrency.origin) == ("known", 8, "cli")
    assert (jobs.memory_limit.value, jobs.memory_limit.path, jobs.memory_limit.line) == (2**30, "compose.yml", 5)
    assert (jobs.verdict, jobs.per_cpu, jobs.counted, jobs.leads) == ("exceeds", False, True, True)
    assert (mail.concurrency.state, mail.per_cpu, mail.bound) == ("unset", True, "unbounded")
    assert {finding.code for finding in report.findings} >= {"CO301", "CO101", "CO201"}
    assert (report.files, report.uses_celery, report.blind, report.problem) == (2, True, False, "")


def _archive(name: str, folder: Path) -> Path:
    made = folder / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(made, "w") as zipped:
            for path in sorted(SHOP.rglob("*")):
                zipped.write(path, f"shop-1.2/{path.relative_to(SHOP)}")
    else:
        kinds = {".tar": "w", ".tar.gz": "w:gz", ".tar.xz": "w:xz", ".tbz2": "w:bz2"}
        with tarfile.open(made, kinds[name.removeprefix("shop")]) as tarred:  # type: ignore[call-overload]
            tarred.add(SHOP, "." if name.endswith(".tar") else "shop-1.2")
    return made


@pytest.mark.parametrize("name", ["shop.tar", "shop.tar.gz", "shop.tar.xz", "shop.tbz2", "shop.zip"])
def test_an_archive_says_what_the_folder_says(name: str, tmp_path: Path, expected: Report) -> None:
    assert scan(_archive(name, tmp_path)) == expected


@needs_git
def test_a_checkout_and_a_bare_repository_say_what_the_folder_says(tmp_path: Path, expected: Report) -> None:
    pytest.importorskip("dulwich", reason="dulwich is not installed")
    checkout = tmp_path / "shop"
    subprocess.run(["cp", "-r", SHOP, checkout], check=True)
    git(checkout, "init", "-q")
    git(checkout, "add", "-f", ".")
    git(checkout, "commit", "-q", "-m", "one")
    (checkout / "untracked.yml").write_text("services: {a: {image: a, command: celery -A a worker}}\n")
    git(tmp_path, "clone", "-q", "--bare", "shop", "bare.git")
    assert scan(checkout) == expected
    assert scan(tmp_path / "bare.git") == expected


def test_what_has_no_celery_is_known_without_resolving(tmp_path: Path) -> None:
    """Of every case of the rules: the quick answer is that of the whole way."""
    quick = 0
    for number, case in enumerate(GENERATOR.cases()[::20]):
        folder = tmp_path / str(number)
        GENERATOR.write(folder, {path: text.encode() for path, text in case.items()})
        (folder / "plain.py").write_text("import subprocess\n\nsubprocess.run(['sh', 'x.sh'])\n")
        found = scan(folder)
        with patch.object(building, "may_use_celery", return_value=True) as whole:
            assert scan(folder) == found
        assert whole.called
        quick += not found.uses_celery
    folder = tmp_path / "none"
    GENERATOR.write(folder, GENERATOR.repository(1, 1, 0.0, []))
    with patch.object(building, "may_use_celery", return_value=True):
        whole_way = scan(folder)
    assert scan(folder) == whole_way
    assert not whole_way.uses_celery


def test_the_columns_of_the_tables_are_the_fields_of_the_report() -> None:
    assert set(tables.whole()) | {"program", "workers", "findings"} == set(Report.__dataclass_fields__)
    assert tables.columns(Worker)["concurrency"].startswith('STRUCT("state" VARCHAR, "value" BIGINT')
    assert '"value" BOOLEAN' in tables.columns(Worker)["beat"]


# --- what cannot be read ----------------------------------------------------------------------------------------------


def test_what_is_no_repository_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("x")
    (tmp_path / "broken.tar.gz").write_bytes(b"\x1f\x8b no archive")
    (tmp_path / "broken.zip").write_bytes(b"PK no archive")
    for name in ("absent", "page.txt", "broken.tar.gz", "broken.zip"):
        with pytest.raises(ScanError):
            scan(tmp_path / name)
    with pytest.raises(ConfigError):
        scan(shop(tmp_path / "shop"), config=tmp_path / "absent.toml")


# --- hostile ones -----------------------------------------------------------------------------------------------------


def _tar(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w") as made:
        for member, data in members:
            member.size = len(data)
            made.addfile(member, io.BytesIO(data))
    return path


def _member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


COMMAND = b"services: {a: {image: a, command: celery -A a worker}}\n"


@pytest.mark.parametrize(
    "name", ["../evil.yml", "/tmp/evil.yml", "a/../../evil.yml", "a\\..\\evil.yml", ".git/evil.yml"]
)
def test_nothing_of_an_archive_leads_out_of_it(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    members = [(_member(name), COMMAND), (_member("ok/compose.yml"), COMMAND)]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as zipped:
        for member, data in members:
            zipped.writestr(member.name, data)
    for made in (_tar(tmp_path / "a.tar", members), tmp_path / "a.zip"):
        report = scan(made)
        assert [worker.path.rpartition("/")[2] for worker in report.workers] == ["compose.yml"]
        assert [path.name for path in tmp_path.rglob("*evil*")] == []
    assert list(scratch.iterdir()) == []


def test_links_and_devices_of_an_archive_are_left_out(tmp_path: Path) -> None:
    secret = tmp_path / "secret.yml"
    secret.write_bytes(COMMAND)
    link = _member("compose.yml", tarfile.SYMTYPE, str(secret))
    hard = _member("hard.yml", tarfile.LNKTYPE, str(secret))
    folder = _member("out", tarfile.SYMTYPE, str(tmp_path))
    members = [(link, b""), (hard, b""), (folder, b""), (_member("pipe.yml", tarfile.FIFOTYPE), b"")]
    members += [(_member("out/docker-compose.yml"), COMMAND), (_member("device.yml", tarfile.CHRTYPE), b"")]
    report = scan(_tar(tmp_path / "a.tar", members))
    assert [worker.path for worker in report.workers] == ["docker-compose.yml"]
    assert not (tmp_path / "docker-compose.yml").exists()


def test_what_is_unpacked_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [(_member(f"{number}.yml"), COMMAND) for number in range(50)]
    made = _tar(tmp_path / "a.tar", many)
    monkeypatch.setattr(archive, "MOST_MEMBERS", 20)
    with pytest.raises(ScanError, match="more than is unpacked"):
        scan(made)
    monkeypatch.setattr(archive, "MOST_MEMBERS", 1000)
    monkeypatch.setattr(archive, "MOST_UNPACKED", 1000)
    with pytest.raises(ScanError, match="more than is unpacked"):
        scan(made)


def test_a_file_and_a_folder_of_one_name_do_not_end_the_scan(tmp_path: Path) -> None:
    members = [(_member("a.yml"), b"x: 1\n"), (_member("a.yml/b.yml"), COMMAND), (_member("compose.yml"), COMMAND)]
    assert [worker.path for worker in scan(_tar(tmp_path / "a.tar", members)).workers] == ["compose.yml"]


def test_the_folder_of_an_archive_is_the_users_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes = []
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    taken = archive.lay_out_archive

    def noted(path: Path, folder: Path, wanted: object) -> object:
        modes.append(folder.stat().st_mode & 0o777)
        return taken(path, folder, wanted)  # type: ignore[arg-type]

    monkeypatch.setattr("flake8_celery_oom.api.scanning.lay_out_archive", noted)
    scan(_tar(tmp_path / "a.tar", [(_member("compose.yml"), COMMAND)]))
    assert modes == [0o700]


def test_no_configuration_outside_of_the_repository_is_read(tmp_path: Path) -> None:
    (tmp_path / "outside.toml").write_text('[tool.celery-oom]\nignore = ["CO"]\n')
    extending = shop(tmp_path / "extending")
    (extending / "pyproject.toml").write_text('[tool.celery-oom]\nextend = "../outside.toml"\n')
    linked = shop(tmp_path / "linked")
    (linked / "pyproject.toml").symlink_to(tmp_path / "outside.toml")
    baselined = shop(tmp_path / "baselined")
    (baselined / "pyproject.toml").write_text('[tool.celery-oom]\nbaseline = "../elsewhere.json"\n')
    (tmp_path / "elsewhere.json").write_text("no baseline")
    for folder, problem in ((extending, "outside of the project"), (linked, "cannot be read"), (baselined, "")):
        report = scan(folder)
        assert problem in report.problem
        assert bool(problem) is bool(report.problem)
        assert "CO301" in {finding.code for finding in report.findings}


def test_a_broken_configuration_hides_nothing_and_is_said(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop")
    (folder / "pyproject.toml").write_text('[tool.celery-oom]\nignroe = ["CO"]\n')
    report = scan(folder)
    assert report.problem.startswith("pyproject.toml: tool.celery-oom knows no 'ignroe'")
    assert report.findings


def test_a_configuration_for_all_counts_instead_of_the_own(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop")
    (folder / "pyproject.toml").write_text('[tool.celery-oom]\nignore = ["CO"]\n')
    (tmp_path / "all.toml").write_text('[tool.celery-oom]\nselect = ["CO301"]\n')
    assert scan(folder).findings == ()
    assert [finding.code for finding in scan(folder, config=tmp_path / "all.toml").findings] == ["CO301"]


def test_secrets_and_control_characters_do_not_leave(tmp_path: Path) -> None:
    command = "celery -b redis://u:hunter2@h/0 -A shop worker -n 'password=hunter2 \\x1b[31m' -c $TOKEN"
    report = scan(shop(tmp_path / "shop", f'services:\n  "a\\u202e\\x1b b":\n    image: a\n    command: "{command}"\n'))
    text = repr(report.document())
    assert report.workers
    assert "hunter2" not in text
    assert "\\x1b" not in text
    assert "\\u202e" not in text


# --- state ------------------------------------------------------------------------------------------------------------


@needs_git
def test_the_state_of_a_checkout_is_that_of_its_tracked_files(tmp_path: Path) -> None:
    folder = shop(tmp_path / "one")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "one")
    commit = git(folder, "rev-parse", "HEAD").decode().strip()
    first = state_of(stored_at(str(folder)))
    assert first.commit == commit
    assert commit in first.key
    git(tmp_path, "clone", "-q", "one", "two")
    assert state_of(stored_at(str(tmp_path / "two"))) == first
    (folder / "untracked").write_text("x")
    assert state_of(stored_at(str(folder))) == first
    git(folder, "pack-refs", "--all")
    assert state_of(stored_at(str(folder))) == first
    (folder / "compose.yml").write_text("services: {}\n")
    assert state_of(stored_at(str(folder))).key == ""
    git(folder, "add", ".")
    staged = state_of(stored_at(str(folder)))
    assert staged.commit == commit
    assert staged.key not in {"", first.key}
    git(folder, "checkout", "-q", "-f", "HEAD")
    assert state_of(stored_at(str(folder))) == first


@needs_git
def test_a_change_in_the_tick_in_which_the_index_was_written_is_seen(tmp_path: Path) -> None:
    folder = shop(tmp_path / "one")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    index = folder / ".git" / "index"
    file = folder / "requirements.txt"
    status = file.stat()
    os.utime(index, ns=(status.st_mtime_ns, status.st_mtime_ns))
    assert tracked(str(folder), str(folder / ".git")) is not None
    file.write_text("celery==5.4.1\n")
    os.utime(file, ns=(status.st_mtime_ns, status.st_mtime_ns))
    assert tracked(str(folder), str(folder / ".git")) is None


@needs_git
def test_what_is_tracked_in_a_clean_checkout_is_what_is_listed(tmp_path: Path) -> None:
    """Links and submodules are left to the walk, and nothing behind a link is taken for the checkout's own."""
    outside = shop(tmp_path / "outside")
    folder = shop(tmp_path / "one")
    shop(folder / "deploy" / "inner")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    found = tracked(str(folder), str(folder / ".git"))
    assert found is not None
    assert sorted(found.files or ()) == list_files(folder, tracked_only=True)
    (folder / "link.yml").symlink_to("compose.yml")
    git(folder, "add", ".")
    found = tracked(str(folder), str(folder / ".git"))
    assert found is not None
    assert found.files is None
    git(folder, "rm", "-q", "-f", "link.yml")
    for name in ("compose.yml", "requirements.txt"):
        status = (folder / "deploy" / "inner" / name).stat()
        os.utime(outside / name, ns=(status.st_mtime_ns, status.st_mtime_ns))
    assert tracked(str(folder), str(folder / ".git")) is not None
    (folder / "deploy" / "inner").rename(tmp_path / "moved")
    (folder / "deploy" / "inner").symlink_to(outside)
    assert tracked(str(folder), str(folder / ".git")) is None


def test_the_state_of_folders_and_archives_follows_their_content(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop")
    first = state_of(stored_at(str(folder)))
    assert state_of(stored_at(str(folder))) == first
    (folder / "compose.yml").write_text("services: {a: 1}\n")
    assert state_of(stored_at(str(folder))) != first
    made = _tar(tmp_path / "a.tar", [(_member("compose.yml"), COMMAND)])
    key = state_of(stored_at(str(made))).key
    _tar(made, [(_member("compose.yml"), COMMAND + b"\n")])
    assert state_of(stored_at(str(made))).key != key


def test_a_report_is_a_value(tmp_path: Path) -> None:
    report = scan(shop(tmp_path / "shop"))
    assert hash(report) == hash(scan(tmp_path / "shop"))
    assert replace(report, files=3) != report
