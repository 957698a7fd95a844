"""Files are the old ones or the new ones, whatever happens."""

from __future__ import annotations

import os
import random
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flake8_celery_oom.changes.writing import Change, WriteError, write
from flake8_celery_oom.discover import is_candidate

POINTS = 50


def test_content_and_mode(tmp_path: Path) -> None:
    file = tmp_path / "run.sh"
    file.write_bytes(b"\xef\xbb\xbfold\r\n")
    file.chmod(0o751)
    write(tmp_path, [Change("run.sh", b"\xef\xbb\xbfold\r\n", b"\xef\xbb\xbfnew\r\n")])
    assert file.read_bytes() == b"\xef\xbb\xbfnew\r\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o751
    assert [path.name for path in tmp_path.iterdir()] == ["run.sh"]


def test_a_file_that_changed_meanwhile_stops_all(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "b").write_bytes(b"mine")
    with pytest.raises(WriteError, match="b: has changed meanwhile"):
        write(tmp_path, [Change("a", b"old", b"new"), Change("b", b"old", b"new")])
    assert (tmp_path / "a").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_all_or_none_when_the_second_cannot_be_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(b"old")
    real, calls = Path.replace, []

    def replace(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 2:
            raise PermissionError(13, "Permission denied", str(target))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(WriteError, match="cannot be written"):
        write(tmp_path, [Change("a", b"old", b"new"), Change("b", b"old", b"new")])
    assert [(tmp_path / name).read_bytes() for name in "ab"] == [b"old", b"old"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_an_interrupt_between_two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(b"old")
    real, calls = Path.replace, []

    def replace(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, [Change("a", b"old", b"new"), Change("b", b"old", b"new")])
    assert [(tmp_path / name).read_bytes() for name in "ab"] == [b"old", b"old"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match="No space left"):
        write(tmp_path, [Change("a", b"old", b"new")])
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_link_out_of_the_root_is_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.write_bytes(b"old")
    (root / "a").symlink_to(outside)
    with pytest.raises(WriteError, match="outside of the project"):
        write(root, [Change("a", b"old", b"new")])
    (root / "folder").symlink_to(tmp_path)
    with pytest.raises(WriteError, match="outside of the project"):
        write(root, [Change("folder/outside", b"old", b"new")])
    assert outside.read_bytes() == b"old"


def test_a_link_inside_of_the_root_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write(tmp_path, [Change("link", b"old", b"new")])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_what_is_no_writable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(WriteError, match="no regular file"):
        write(tmp_path, [Change("folder", b"", b"new")])
    with pytest.raises(WriteError, match="cannot be written"):
        write(tmp_path, [Change("missing", b"", b"new")])
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(WriteError, match="not writable"):
        write(tmp_path, [Change("a", b"old", b"new")])


KILLED = """
import sys
from pathlib import Path
from flake8_celery_oom.changes.writing import Change, write

root, old, new = Path(sys.argv[1]), b"old" * 100_000, b"new" * 100_000
print("ready", flush=True)
while True:
    write(root, [Change("a", old, new), Change("b", old, new)])
    write(root, [Change("a", new, old), Change("b", new, old)])
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_at_any_moment(tmp_path: Path) -> None:
    old, new = b"old" * 100_000, b"new" * 100_000
    chance = random.Random(6)
    amid = 0
    for _ in range(POINTS):
        for name in "ab":
            (tmp_path / name).write_bytes(old)
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0, 0.03))
        process.kill()
        process.wait()
        process.stdout.close()
        assert {(tmp_path / name).read_bytes() for name in "ab"} <= {old, new}
        drafts = [path for path in tmp_path.iterdir() if path.name.startswith(".")]
        assert not any(is_candidate(path.name) for path in drafts)
        amid += bool(drafts)
        for draft in drafts:
            draft.unlink()
    assert amid > POINTS // 10, "the process was hardly ever killed while it wrote"
