"""What README and docs show is so: commands exist, configurations are read, output is what is printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from flake8_celery_oom.config import read_config
from flake8_celery_oom.frontends import arguments, cli

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
TEXT = "\n".join(path.read_text() for path in DOCUMENTS)
BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"`(celery-oom(?: [^`]*)?)`")


def blocks(language: str) -> list[str]:
    return [body for name, body in BLOCK.findall(TEXT) if name == language]


def commands() -> list[str]:
    """The commands that the text shows, without the places for paths."""
    found = {match.replace("[PATH...]", "").strip() for match in SHOWN.findall(BLOCK.sub("", TEXT))}
    found |= {
        line.removeprefix("$ ")
        for body in blocks("console")
        for line in body.splitlines()
        if line.startswith("$ celery")
    }
    return sorted(found)


@pytest.mark.parametrize("command", commands())
def test_commands_exist(command: str) -> None:
    words = shlex.split(command)[1:]
    if words and words[0] in cli.COMMANDS:
        arguments.parser().parse_args(words)


def test_there_are_commands_and_configurations() -> None:
    assert {command.split()[1] for command in commands() if " " in command} == set(cli.COMMANDS)
    assert len(blocks("toml")) >= 2


@pytest.mark.parametrize(
    "text", [text for text in blocks("toml") if "[tool.celery-oom]" in text and "\nextend =" not in text]
)
def test_configurations_are_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    read_config(tmp_path)


def test_the_comment_that_silences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (comment,) = (text for text in blocks("yaml") if "ignore[CO" in text)
    (tmp_path / "compose.yml").write_text(f"services:\n  shop:\n    {comment}")
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["check"]) == 0
    assert "2 findings suppressed" in capsys.readouterr().out
