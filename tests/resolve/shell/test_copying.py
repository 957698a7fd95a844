"""Where the real programs put files is where they are looked for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.resolve.invocation import Copied
from flake8_celery_oom.resolve.shell.copying import copied_by
from flake8_celery_oom.resolve.shell.fields import Field, Piece

COMMANDS = [
    "cp a/one.conf conf.d/two.conf",
    "cp a/one.conf conf.d/",
    "cp a/one.conf conf.d",
    "cp a/one.conf plain",
    "cp a/one.conf new",
    "cp -f a/one.conf a/two.conf conf.d",
    "cp -t conf.d a/one.conf a/two.conf",
    "cp --target-directory=conf.d a/one.conf",
    "cp -a -v ./a/one.conf .",
    "cp -S .old a/one.conf plain/other",
    "ln -s ../a/one.conf conf.d/linked.conf",
    "ln -f a/one.conf conf.d",
    "mv a/two.conf conf.d/moved.conf",
    "install -m 644 a/one.conf conf.d/installed.conf",
    "install -m 755 -t plain a/one.conf a/two.conf",
]


def field(text: str) -> Field:
    return (Piece(text),)


@pytest.mark.parametrize("command", COMMANDS)
def test_files_are_known_where_the_real_program_puts_them(command: str, tmp_path: Path) -> None:
    name, *words = command.split()
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    for folder in ("a", "conf.d", "plain"):
        (tmp_path / folder).mkdir()
    for number in ("one", "two"):
        (tmp_path / "a" / f"{number}.conf").write_text(number)
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    subprocess.run([name, *words], cwd=tmp_path, check=True)
    made = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert made
    said = {one.target: one.source for one in copied_by(name, map(field, words), "/srv")}
    for path in made:
        target = f"/srv/{path.relative_to(tmp_path)}"
        assert target in said
        assert Path(said[target]).stem == path.read_text() or name == "ln"


@pytest.mark.parametrize("command", ["cp", "cp one", "cat a b", "rm -f a b", "install -d /srv/x"])
def test_other_commands_put_nothing_anywhere(command: str) -> None:
    name, *words = command.split()
    assert not list(copied_by(name, map(field, words), ""))


def test_what_is_not_known_is_left_out() -> None:
    unknown: Field = (Piece("$A", hole=Hole("$A", "A")),)
    assert list(copied_by("cp", [unknown, field("/etc/")], "/srv")) == []
    assert list(copied_by("cp", [field("a"), unknown], "/srv")) == []
    assert list(copied_by("cp", [field("a"), field("b")], "/srv")) == [
        Copied("/srv/a", "/srv/b/a"),
        Copied("/srv/a", "/srv/b"),
    ]
