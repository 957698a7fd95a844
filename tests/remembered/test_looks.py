"""A look that another process has left on the disk: the same results, of which most are not worked out again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.listing import signature
from flake8_celery_oom.reliance import asked_files
from flake8_celery_oom.remembered import folder as folders
from flake8_celery_oom.remembered import looks
from flake8_celery_oom.remembered.looks import LastLook
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files
from tests.frontends.test_pre_commit import KINDS
from tests.test_another_look import EDITS, SHOP, told


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, in which everything is kept, however new."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(signature, "SETTLED_SECONDS", -1e9)
    monkeypatch.setattr(looks, "WORTH", 0)
    return tmp_path / "cache" / "celery-oom"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of a project."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def look(root: Path, config: Config | None = None) -> tuple[Workspace, LastLook]:
    """What a process does that looks at a project: from what the last one left, for the next one."""
    config = config or Config()
    last = LastLook(root, config)
    workspace = Workspace(root, config, earlier=last.kept, changed=last.changed)
    told(workspace)
    last.keep(workspace)
    return workspace, last


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_followed_from_process_to_process(name: str, root: Path) -> None:
    files, path, text = EDITS[name]
    write_files(root, {"pyproject.toml": "", **files})
    before = told(look(root)[0])
    write_files(root, {path: text})
    workspace, last = look(root)
    assert last.changed == {path}
    assert told(workspace) == told(Workspace(root, Config()))
    assert told(workspace) != before
    write_files(root, {path: files[path]})
    assert told(look(root)[0]) == before


LAUNCH = '{"configurations": [{"name": "w", "module": "celery", "args": ["-A", "shop", "worker", "OPTIONS"]}]}\n'
ALL_KINDS = {**KINDS, ".vscode/launch.json": LAUNCH}


@pytest.mark.parametrize("path", ALL_KINDS)
def test_a_change_behind_what_a_file_says_is_followed(path: str, root: Path) -> None:
    text = ALL_KINDS[path].replace("OPTIONS", "--loglevel=info")
    write_files(root, {"pyproject.toml": "", **SHOP, path: text})
    before = told(look(root)[0])
    write_files(root, {path: f"{text}\n"})
    assert told(look(root)[0]) == before
    write_files(root, {path: f"\n{text}" if not text.startswith("#!") else text.replace("\n", "\n\n", 1)})
    assert told(look(root)[0]) == told(Workspace(root, Config()))


@pytest.mark.parametrize("edit", ["new", "gone", "renamed", "excluded"])
def test_other_files_are_followed(edit: str, root: Path) -> None:
    write_files(root, {"pyproject.toml": "", **SHOP})
    look(root)
    config = Config()
    match edit:
        case "new":
            write_files(root, {"Procfile": "jobs: celery -A shop worker -c 9\n"})
        case "gone":
            (root / "shop/conf.py").unlink()
        case "renamed":
            (root / "compose.yml").rename(root / "docker-compose.yml")
        case _:
            config = Config(exclude=("shop",))
    assert told(look(root, config)[0]) == told(Workspace(root, config))


def test_nothing_is_read_again_when_nothing_has_changed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(root, {"pyproject.toml": "", **SHOP})
    first = told(look(root)[0])
    monkeypatch.setattr(asked_files, "facts_of", lambda source: pytest.fail(f"{source.path} is read again"))
    workspace, last = look(root)
    assert last.changed == set()
    assert told(workspace) == first


def test_a_file_that_was_just_written_is_read_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signature, "SETTLED_SECONDS", 3.0)
    write_files(root, {"pyproject.toml": "", **SHOP})
    look(root)
    assert look(root)[1].changed == {"pyproject.toml", *SHOP}


def test_a_file_that_changes_in_between_is_said(root: Path) -> None:
    write_files(root, {"pyproject.toml": "", **SHOP})
    look(root)
    last = LastLook(root, Config())
    write_files(root, {"shop/conf.py": "worker_concurrency = 7\n"})
    workspace = Workspace(root, Config(), earlier=last.kept, changed=last.changed)
    source = workspace.source("shop/conf.py")
    assert source is not None
    with pytest.raises(OSError, match="changed while it was looked at"):
        _ = source.text


@pytest.mark.parametrize(
    "damage", ["cut", "byte", "foreign", "empty", "open to all", "link", "pipe", "another program"]
)
def test_a_file_that_is_not_as_it_was_written_is_not_used(
    damage: str, root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(root, {"pyproject.toml": "", **SHOP})
    expected = told(look(root)[0])
    (place,) = cache.glob("*.look")
    data = place.read_bytes()
    match damage:
        case "cut":
            place.write_bytes(data[:-10])
        case "byte":
            place.write_bytes(data.replace(b"concurrency", b"concurrence", 1))
        case "foreign":
            place.write_bytes(b"cos\nsystem\n(S'touch planted'\ntR.")
        case "empty":
            place.write_bytes(b"")
        case "open to all":
            place.chmod(0o666)
        case "link":
            place.rename(cache / "elsewhere")
            place.symlink_to(cache / "elsewhere")
        case "pipe":
            place.unlink()
            os.mkfifo(place)
        case _:
            monkeypatch.setattr(looks, "program_digest", lambda: "another")
    assert LastLook(root, Config()).kept is None
    assert told(look(root)[0]) == expected


def test_looks_of_projects_lie_side_by_side(root: Path, tmp_path: Path, cache: Path) -> None:
    other = tmp_path / "other"
    write_files(root, {"pyproject.toml": "", **SHOP})
    write_files(other, {"pyproject.toml": "", **SHOP, "shop/conf.py": "worker_concurrency = 8\n"})
    for folder in (root, other, root, other):
        assert told(look(folder)[0]) == told(Workspace(folder, Config()))
    assert len(list(cache.glob("*.look"))) == 2
    assert {path.stat().st_mode & 0o777 for path in cache.iterdir()} == {0o600}


def test_the_oldest_looks_go_first(root: Path, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    for number in range(4):
        folder = tmp_path / f"project-{number}"
        write_files(folder, {"pyproject.toml": "", **SHOP})
        look(folder)
        (made,) = {one.name for one in cache.glob("*.look")} - set(names)
        names.append(made)
        os.utime(cache / made, (number, number))
    size = (cache / names[0]).stat().st_size
    monkeypatch.setattr(folders, "MAX_BYTES_OF_ALL", 3 * size)
    write_files(root, {"pyproject.toml": "", **SHOP})
    look(root)
    assert not {one.name for one in cache.glob("*.look")} & {*names[:2]}
    assert {one.name for one in cache.glob("*.look")} >= {names[3]}
    monkeypatch.setattr(looks, "MOST", 1)
    write_files(root, {"shop/conf.py": "worker_concurrency = 8\n"})
    look(root)
    assert len(list(cache.glob("*.look"))) == 1


def test_the_command_looks_from_where_it_was_left(root: Path, cache: Path) -> None:
    write_files(root, {"pyproject.toml": "", **SHOP})
    command = [sys.executable, "-m", "flake8_celery_oom", "workers", "--format", "json"]

    def run(*more: str) -> str:
        return subprocess.run([*command, *more], cwd=root, capture_output=True, text=True, check=True).stdout

    assert run("--no-cache") == run()
    assert len(list(cache.glob("*.look"))) == 1
    write_files(root, {"shop/conf.py": "worker_concurrency = 7\n"})
    assert run() == run("--no-cache")
