"""Every example of the documentation is tried: what a page shows is what happens."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest

from flake8_celery_oom.frontends import arguments, cli
from tests.docs import stories
from tests.docs.stories import Block, Story

STORIES = stories.stories()
OTHER_BLOCKS = {"lua", "elisp", "mermaid", "sql"}
"""Languages of editors and pictures, which nothing here can run (docs/editors.md says what was tried); the queries of
docs/fleet.md are run by tests/fleet."""
INSTALLERS = {"pip", "pipx", "uvx", "python", "python3", ".venv/bin/pip", ".venv/bin/celery-oom", ".venv/bin/pytest"}
"""Programs whose lines install or run what a network or a clone brings."""
RUNNERS = {"docker", "podman", "helm", "kubectl", "reviewdog", "flake8", ".ci/run", "mkdocs", "git", "."}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is missing")
@pytest.mark.parametrize("story", [story for story in STORIES if story.runs], ids=str)
def test_what_a_command_prints(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, accept: bool) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    monkeypatch.setenv("COLUMNS", "100")
    played = list(stories.played(story, tmp_path))
    wrong = {block: printed for block, printed in played if not stories.fits(printed, block.body)}
    if accept:
        stories.rewrite(story, wrong)
    else:
        assert not wrong, "\n".join(wrong.values())


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_every_block_is_held_by_something(story: Story) -> None:
    for block in story.blocks:
        assert block.title or block.language in {"console", "toml", "text", *OTHER_BLOCKS} or _is_read(block), block


def _is_read(block: Block) -> bool:
    """Whether a block is of shell lines that mean something, or is read by a test of its own."""
    if block.language in {"yaml", "python"}:
        return True
    if block.language == "json":
        json.loads(block.body)
        return True
    assert block.language == "sh", block
    for line in block.body.replace("\\\n", " ").splitlines():
        for part in line.replace("&&", "|").split("|"):
            words = shlex.split(part, comments=True)
            _check_words(words)
    return True


def _check_words(words: list[str]) -> None:
    if not words:
        return
    if words[0] == "celery-oom":
        rest = words[1:]
        arguments.parser().parse_args(rest if rest and rest[0] in cli.COMMANDS else ["check", *rest])
    else:
        assert words[0] in INSTALLERS | RUNNERS, words


@pytest.mark.parametrize(
    ("printed", "shown", "fit"),
    [
        ("a\nb\nc\n", "a\n...\nc\n", True),
        ("a\nb\nc\n", "a\n...\n", True),
        ("a\nc\n", "a\n...\nc\n", True),
        ("a\nb\n", "a\n", False),
        ("a [b] c\n", "a [b] ...\n", True),
        ("a [b] c\n", "a [x] ...\n", False),
        ("", "a\n", False),
    ],
)
def test_dots_stand_for_text_and_lines(printed: str, shown: str, fit: bool) -> None:
    assert stories.fits(printed, shown) is fit
