"""The list of a checkout equals that of the real git; what git would not list is not read."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from flake8_celery_oom.listing.checkout import list_checkout
from tests.listing.git_repositories import git, listed_by_git, make_repository, needs_git

pytestmark = needs_git
REPOSITORIES = int(os.environ.get("CELERY_OOM_REPOSITORIES", "100"))
BATCH = 10


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of the user who runs the tests."""
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)


def listed(root: Path) -> set[str]:
    found = list_checkout(str(root))
    assert found is not None
    together = [*found.files, *found.others]
    assert len(together) == len(set(together))
    assert all(not (root / path).is_symlink() for path in found.files)
    return set(together)


@pytest.mark.parametrize("batch", range(REPOSITORIES // BATCH))
def test_equals_git_over_generated_repositories(tmp_path: Path, batch: int) -> None:
    for seed in range(batch * BATCH, batch * BATCH + BATCH):
        root = tmp_path / f"r{seed}"
        make_repository(root, seed)
        assert listed(root) == listed_by_git(root), f"seed {seed}"


def make_files(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


def test_a_worktree_and_a_folder_named_by_a_file(tmp_path: Path) -> None:
    main = make_files(tmp_path / "main", "a.py", "ignored.py")
    git(main, "init", "-q")
    git(main, "add", "a.py")
    git(main, "commit", "-q", "-m", "one")
    (main / ".git" / "info").mkdir(exist_ok=True)
    (main / ".git" / "info" / "exclude").write_text("ignored.py\n")
    git(main, "worktree", "add", "-q", str(tmp_path / "other"))
    other = make_files(tmp_path / "other", "ignored.py", "new.py")
    assert listed(other) == listed_by_git(other) == {"a.py", "new.py"}
    (main / ".git").rename(tmp_path / "elsewhere")
    (main / ".git").write_text("gitdir: ../elsewhere\n")
    assert listed(main) == listed_by_git(main) == {"a.py"}


def test_a_submodule_is_one_entry(tmp_path: Path) -> None:
    library = make_files(tmp_path / "library", "lib.py")
    git(library, "init", "-q")
    git(library, "add", ".")
    git(library, "commit", "-q", "-m", "one")
    main = make_files(tmp_path / "main", "a.py")
    git(main, "init", "-q")
    git(main, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library), "lib")
    assert listed(main) == listed_by_git(main) == {".gitmodules", "a.py", "lib"}


def test_a_sparse_checkout(tmp_path: Path) -> None:
    root = make_files(tmp_path / "main", "a/one.py", "b/two.py", "b/c/three.py", "top.py")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "one")
    git(root, "sparse-checkout", "set", "--cone", "--sparse-index", "a")
    found = list_checkout(str(root))
    assert found is not None
    assert (
        set(found.files) == {"a/one.py", "top.py"} == {path for path in listed_by_git(root) if (root / path).exists()}
    )
    make_files(root, "b/two.py")
    (root / ".gitignore").write_text("b/\n")
    found = list_checkout(str(root))
    assert found is not None
    assert "b/two.py" in found.files


def test_conflicts_are_listed_once(tmp_path: Path) -> None:
    root = make_files(tmp_path / "main", "a.py")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "one")
    git(root, "checkout", "-q", "-b", "other")
    (root / "a.py").write_text("1\n")
    git(root, "commit", "-q", "-am", "two")
    git(root, "checkout", "-q", "main")
    (root / "a.py").write_text("2\n")
    git(root, "commit", "-q", "-am", "three")
    git(root, "merge", "other", check=False)
    assert listed(root) == listed_by_git(root) == {"a.py"}


def test_the_users_excludes_file_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_files(tmp_path / "main", "a.py", "mine.txt", "mine.log")
    git(root, "init", "-q")
    home = make_files(tmp_path / "nobody", ".config/git/ignore")
    (home / ".config/git/ignore").write_text("mine.txt\n")
    assert listed(root) == listed_by_git(root) == {"a.py", "mine.log"}
    (home / "included").write_text('[core]\n\texcludesFile = "~/my ignores" # mine\n')
    (home / ".gitconfig").write_text(
        '[user]\nname = x\n[include]\n path = included\n[remote "core"]\nexcludesfile = /x\n'
    )
    (home / "my ignores").write_text("*.log\n")
    assert listed(root) == listed_by_git(root) == {"a.py", "mine.txt"}
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / "included"))
    assert listed(root) == {"a.py", "mine.txt"}
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    assert listed(root) == {"a.py", "mine.log"}


@pytest.mark.parametrize(
    "index",
    [
        b"",
        b"DIRC",
        b"DIRC\0\0\0\5\0\0\0\0" + b"\0" * 20,
        b"DIRC\0\0\0\2\xff\xff\xff\xff" + b"\0" * 200,
        b"DIRC\0\0\0\2\0\0\0\0link\0\0\0\x14" + b"\1" * 20 + b"\0" * 20,
        b"DIRC\0\0\0\4\0\0\0\1" + b"\0" * 62 + b"\xff" * 40,
        b"DIRC\0\0\0\2\0\0\0\0need\0\0\0\0" + b"\0" * 20,
    ],
)
def test_an_index_that_cannot_be_read_gives_no_list(tmp_path: Path, index: bytes) -> None:
    root = make_files(tmp_path / "main", "a.py")
    git(root, "init", "-q")
    (root / ".git" / "index").write_bytes(index)
    assert list_checkout(str(root)) is None


def test_paths_that_lead_out_are_dropped(tmp_path: Path) -> None:
    root = make_files(tmp_path / "main", "a.py")
    git(root, "init", "-q")
    for path in ("aa/aaaaa.py", "bb/bbbbb.py", "c.py"):
        blob = git(root, "hash-object", "-w", "a.py").decode().strip()
        git(root, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    index = root / ".git" / "index"
    data = index.read_bytes()
    index.write_bytes(data.replace(b"aa/aaaaa.py", b"../../aa.py").replace(b"bb/bbbbb.py", b".git/config"))
    assert listed(root) == {"a.py", "c.py"}


def test_a_tracked_path_behind_a_link_is_not_among_the_files(tmp_path: Path) -> None:
    root = make_files(tmp_path / "main", "folder/a.py", "b.py")
    outside = make_files(tmp_path / "outside", "a.py")
    git(root, "init", "-q")
    git(root, "add", ".")
    (root / "folder" / "a.py").unlink()
    (root / "folder").rmdir()
    (root / "folder").symlink_to(outside)
    found = list_checkout(str(root))
    assert found is not None
    assert found.files == ["b.py"]
    assert set(found.others) == {"folder", "folder/a.py"}


@pytest.mark.parametrize("kind", ["2", "4", "split"])
def test_a_damaged_index_is_read_or_refused(tmp_path: Path, kind: str) -> None:
    root = make_files(
        tmp_path / "main", *(f"{folder}/{'n' * length}.py" for folder in "ab" for length in (1, 9, 4000 // 40))
    )
    git(root, "init", "-q")
    git(root, "config", "index.version", "4" if kind == "4" else "2")
    git(root, "add", ".")
    if kind == "split":
        git(root, "update-index", "--split-index")
        (root / "c.py").touch()
        git(root, "add", "c.py")
        git(root, "rm", "-q", "--cached", "a/n.py")
    files = sorted((root / ".git").glob("*index*"))
    whole = {path: path.read_bytes() for path in files}
    chance = random.Random(kind)
    for _ in range(600):
        path = chance.choice(files)
        data = bytearray(whole[path])
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.choice([0, 1, 127, 128, 255, chance.randrange(256)])
        path.chmod(0o644)
        path.write_bytes(bytes(data[: chance.choice([len(data), len(data), chance.randrange(len(data))])]))
        found = list_checkout(str(root))
        assert found is None or all(".." not in name.split("/") for name in [*found.files, *found.others])
        path.write_bytes(whole[path])
