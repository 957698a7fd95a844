"""What INPUT names."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.fleet.inputs import InputError, repositories
from tests.fleet.made import shop
from tests.listing.git_repositories import git, needs_git


def names(path: Path) -> list[str]:
    return [one.name for one in repositories(str(path))]


@needs_git
def test_a_folder_holds_checkouts_bare_repositories_archives_and_folders_in_groups(tmp_path: Path) -> None:
    top = tmp_path / "top"
    shop(top / "plain")
    checkout = shop(top / "group" / "inner" / "checkout")
    git(checkout, "init", "-q")
    shop(checkout / "below")
    git(tmp_path, "clone", "-q", "--bare", str(checkout), str(top / "group" / "bare.git"))
    (top / "group" / "shop.tar.gz").write_bytes(b"")
    (top / "page.txt").write_text("nothing")
    (top / "link").symlink_to(tmp_path)
    (top / "empty" / "inner").mkdir(parents=True)
    assert names(top) == ["group/bare.git", "group/inner/checkout", "group/shop.tar.gz", "plain"]
    assert names(checkout) == ["checkout"]


def test_a_file_names_paths_that_need_not_exist(tmp_path: Path) -> None:
    shop(tmp_path / "a")
    listed = tmp_path / "all.txt"
    listed.write_text("# ours\na\n\n/nowhere/b\na\n")
    found = repositories(str(listed))
    assert [(one.name, one.path) for one in found] == [("/nowhere/b", "/nowhere/b"), ("a", str(tmp_path / "a"))]


def test_what_names_no_repository_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "none.txt").write_text("# none\n")
    (tmp_path / "picture").write_bytes(b"\xff\xfe\x00")
    for name in ("empty", "none.txt", "picture", "absent"):
        with pytest.raises(InputError):
            repositories(str(tmp_path / name))
