"""What is laid out of a revision is what the real git has in it."""

from __future__ import annotations

import random
import tracemalloc
from pathlib import Path

import pytest

from flake8_celery_oom.listing.revision import MOST_BYTES, Revision, RevisionError, lay_out
from tests.listing.git_repositories import git, needs_git

pytest.importorskip("dulwich")
pytestmark = needs_git


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Six commits on main, a merge among them; a branch with two of its own; a tag."""
    root = tmp_path / "checkout"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    for number in range(3):
        commit(root, f"a/{number}.py", f"a = {number}\n")
    git(root, "tag", "-m", "three", "v3")
    git(root, "checkout", "-q", "-b", "side", "HEAD~1")
    for number in range(2):
        commit(root, f"side/{number}.yml", f"side: {number}\n")
    git(root, "checkout", "-q", "main")
    git(root, "merge", "-q", "--no-ff", "-m", "merge", "side")
    commit(root, "last.py", "last = 1\n")
    git(root, "checkout", "-q", "-b", "later", "side")
    commit(root, "later.py", "later = 1\n")
    return root


def commit(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", path)


def laid_out(root: Path, name: str, folder: Path) -> Revision:
    folder.mkdir()
    return lay_out(str(root), name, folder, lambda _: True)


REVISIONS = (
    "HEAD",
    "main",
    "v3",
    "side",
    "later",
    "main~1",
    "main~2",
    "main^^2",
    "main~1^2~1",
    "main^^",
    "main^0",
)


@pytest.mark.parametrize("name", REVISIONS)
@pytest.mark.parametrize("packed", [False, True])
def test_a_revision_is_what_git_says(checkout: Path, tmp_path: Path, name: str, packed: bool) -> None:
    if packed:
        git(checkout, "gc", "-q")
    found = laid_out(checkout, name, tmp_path / "laid out")
    assert found.commit == git(checkout, "rev-parse", f"{name}^{{commit}}").decode().strip()
    listed = git(checkout, "ls-tree", "-r", "--name-only", found.commit).decode().split()
    assert list(found.files) == sorted(listed)
    for path in listed:
        assert (tmp_path / "laid out" / path).read_bytes() == git(checkout, "show", f"{found.commit}:{path}")


@pytest.mark.parametrize("branch", ["main", "v3", "side"])
def test_where_a_branch_left_another(checkout: Path, tmp_path: Path, branch: str) -> None:
    found = laid_out(checkout, f"{branch}...", tmp_path / "laid out")
    assert found.commit == git(checkout, "merge-base", branch, "HEAD").decode().strip()


def test_where_branches_of_generated_histories_parted(tmp_path: Path) -> None:
    """Many commits of one second, and merges in both directions."""
    root = tmp_path / "random"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    commit(root, "start", "start")
    choose = random.Random(7)
    branches = ["main"]
    for number in range(25):
        git(root, "checkout", "-q", choose.choice(branches))
        action = choose.random()
        if action < 0.2 and len(branches) < 5:
            branches.append(f"b{number}")
            git(root, "checkout", "-q", "-b", branches[-1])
        elif action < 0.4 and len(branches) > 1:
            git(root, "merge", "-q", "--no-ff", "-m", "merge", choose.choice(branches), check=False)
        else:
            commit(root, f"n{number}", str(number))
    for number, branch in enumerate(branches):
        bases = git(root, "merge-base", "--all", branch, "HEAD").decode().split()
        assert laid_out(root, f"{branch}...", tmp_path / f"out {number}").commit in bases


def test_first_digits_and_worktrees(checkout: Path, tmp_path: Path) -> None:
    whole = git(checkout, "rev-parse", "main").decode().strip()
    assert laid_out(checkout, whole[:8], tmp_path / "one").commit == whole
    git(checkout, "worktree", "add", "-q", str(tmp_path / "tree"), "main")
    assert laid_out(tmp_path / "tree", "HEAD", tmp_path / "two").commit == whole


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing", "nothing: no such revision here"),
        ("", "is laid out"),
        ("main~90", "main~90: the history here does not reach so far"),
        ("main^3", "main^3: the history here does not reach so far"),
        ("ab", "ab: no such revision here"),
        ("--output=x", "--output=x: no such revision here"),
        ("main\0", "no such revision here"),
    ],
)
def test_what_is_no_revision(checkout: Path, tmp_path: Path, name: str, said: str) -> None:
    if not name:
        assert laid_out(checkout, name, tmp_path / "x").commit == laid_out(checkout, "HEAD", tmp_path / "y").commit
        return
    with pytest.raises(RevisionError) as error:
        laid_out(checkout, name, tmp_path / "laid out")
    assert said in str(error.value)


def test_a_shallow_clone_says_what_is_missing(checkout: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{checkout}", "shallow")
    assert laid_out(tmp_path / "shallow", "HEAD", tmp_path / "one").files
    with pytest.raises(RevisionError, match="shallow"):
        laid_out(tmp_path / "shallow", "HEAD~1", tmp_path / "two")


def test_links_submodules_and_paths_that_lead_out_are_left_out(checkout: Path, tmp_path: Path) -> None:
    from dulwich.objects import Blob, Commit, ObjectID, Tree
    from dulwich.repo import Repo

    with Repo(str(checkout)) as repo:
        blob, tree, inner = Blob.from_string(b"x"), Tree(), Tree()
        inner.add(b"passwd", 0o100644, blob.id)
        for name in (b"..", b".git", b".GIT", b".", b"fine"):
            tree.add(name, 0o040000, inner.id)
        tree.add(b"back\\slash", 0o100644, blob.id)
        tree.add(b"link", 0o120000, blob.id)
        tree.add(b"module", 0o160000, ObjectID(b"1" * 40))
        commit = Commit()
        commit.tree, commit.author, commit.committer = tree.id, b"a <a@example.org>", b"a <a@example.org>"
        commit.author_time = commit.commit_time = commit.author_timezone = commit.commit_timezone = 0
        commit.message = b"hostile"
        for each in (blob, inner, tree, commit):
            repo.object_store.add_object(each)
    found = laid_out(checkout, commit.id.decode(), tmp_path / "laid out")
    assert found.files == ("fine/passwd",)
    assert [path.name for path in tmp_path.rglob("passwd")] == ["passwd"]


def test_no_checkout_has_no_revisions(tmp_path: Path) -> None:
    with pytest.raises(RevisionError, match="not the top of a git checkout"):
        laid_out(tmp_path, "HEAD", tmp_path / "laid out")


def test_generated_histories(tmp_path: Path) -> None:
    root = tmp_path / "random"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    choose = random.Random(20)
    for number in range(12):
        for _ in range(choose.randint(1, 4)):
            path = root / f"{choose.choice('abc')}/{choose.choice('xyz')}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(choose.choices("abc\n", k=choose.randint(0, 3000))))
        commit(root, f"n{number}", str(number))
        if number == 6:
            git(root, "gc", "-q", "--aggressive")
    for number in range(12):
        found = laid_out(root, f"main~{number}", tmp_path / f"out {number}")
        for name in found.files:
            said = git(root, "show", f"main~{number}:{name}")
            assert (tmp_path / f"out {number}" / name).read_bytes() == said


@pytest.mark.parametrize("packed", [False, True])
def test_a_large_file_is_never_inflated(checkout: Path, tmp_path: Path, packed: bool) -> None:
    commit(checkout, "large.yml", "a: b\n" * 4_000_000)
    commit(checkout, "large.yml", "a: b\n" * 4_000_000 + "c: d\n")  # a difference to the other, once it is packed
    if packed:
        git(checkout, "repack", "-qadf")
    tracemalloc.start()
    try:
        for number, name in enumerate(("HEAD", "HEAD~1")):
            assert "large.yml" in laid_out(checkout, name, tmp_path / str(number)).files
            assert (tmp_path / str(number) / "large.yml").stat().st_size == MOST_BYTES
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("packed", [False, True])
def test_an_object_that_is_too_large_ends_in_one_line(
    checkout: Path, tmp_path: Path, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flake8_celery_oom.listing.git_objects.MOST_INFLATED", 20)
    if packed:
        git(checkout, "repack", "-qadf")
    with pytest.raises(RevisionError, match="larger than 20 bytes"):
        laid_out(checkout, "HEAD", tmp_path / "out")
