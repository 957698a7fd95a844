"""The examples of a page: each section is a project that is written, and commands that are run in it.

A block with a title is a file of the project. A block ``console`` holds commands (``$ ...``) with what they print:
``...`` in a line stands for any text, a line of it alone for any lines. ``celery-oom`` runs in this process, ``git`` as
it is; a command of another program is never run, and the file that it makes is taken from :data:`RECORDED`.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from fnmatch import fnmatchcase
from io import StringIO
from pathlib import Path

from flake8_celery_oom.frontends import cli
from tests.deaths.test_containers import MIB, docker

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,})(?P<info>[^\n]*)\n(?P<body>.*?)^ *(?P=fence)[ ]*$", re.MULTILINE | re.DOTALL
)
TITLE = re.compile(r'\btitle="([^"]+)"')
HEADING = re.compile(r"^## .*$", re.MULTILINE)
RECORDED: dict[str, str] = {
    "docker inspect shop-worker-1": json.dumps(docker(killed=True, memory=256 * MIB)),
    "kubectl logs shop-worker-0 --previous": (ROOT / "tests/data/deaths/5.7.0/child-killed.log").read_text(),
}
"""What a command of another program printed, by its words."""
_GIT = ["git", "-c", "user.name=docs", "-c", "user.email=docs@localhost", "-c", "init.defaultBranch=main"]


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file that it is (empty: none), its text and where that stands in the page."""

    language: str
    title: str
    body: str
    span: tuple[int, int]


@dataclass(frozen=True)
class Story:
    """One section of a page with its blocks."""

    page: Path
    heading: str
    blocks: tuple[Block, ...]

    def __str__(self) -> str:
        return f"{self.page.stem}: {self.heading}"

    @property
    def runs(self) -> bool:
        """Whether the section shows a command with what it prints."""
        return any(block.language == "console" for block in self.blocks)


def stories() -> list[Story]:
    """All sections of all pages that hold blocks."""
    return [story for page in PAGES for story in _stories(page)]


def _stories(page: Path) -> Iterator[Story]:
    text = page.read_text()
    blocks = [_block(found) for found in FENCE.finditer(text)]
    inside = [block.span for block in blocks]
    starts = [
        found for found in HEADING.finditer(text) if not any(start <= found.start() < end for start, end in inside)
    ]
    bounds = [(0, page.stem), *((found.start(), found[0].removeprefix("## ")) for found in starts)]
    ends = [start for start, _ in bounds[1:]] + [len(text)]
    for (start, heading), end in zip(bounds, ends, strict=True):
        within = tuple(block for block in blocks if start <= block.span[0] < end)
        if within:
            yield Story(page, heading, within)


def _block(found: re.Match[str]) -> Block:
    title = TITLE.search(found["info"])
    indent = len(found["indent"])
    body = "".join(line[indent:] or "\n" for line in found["body"].splitlines(keepends=True))
    language = found["info"].strip().partition(" ")[0]
    return Block(language, title[1] if title else "", body, found.span("body"))


def played(story: Story, folder: Path) -> Iterator[tuple[Block, str]]:
    """Write the files and run the commands of a section in a folder; each console block with what it printed."""
    _run_git(["init", "--quiet"], folder)
    for block in story.blocks:
        if block.language == "console":
            yield block, "".join(_command(command, folder) for command in commands(block))
        elif block.title:
            path = folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.body)


def rewrite(story: Story, printed: dict[Block, str]) -> None:
    """Put what was printed into the page, in place of what it shows."""
    text = story.page.read_text()
    now = next(one for one in _stories(story.page) if one.heading == story.heading)
    for block, fresh in reversed(list(zip(story.blocks, now.blocks, strict=True))):
        if block in printed:
            text = f"{text[: fresh.span[0]]}{printed[block]}{text[fresh.span[1] :]}"
    story.page.write_text(text)


def commands(block: Block) -> list[str]:
    """The commands of a console block, those of several lines joined."""
    text = block.body.replace("\\\n", "")
    return [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]


def _command(command: str, folder: Path) -> str:
    """The command line as it is shown, and what it prints."""
    words, target = _redirected(shlex.split(command, comments=True))
    printed = _printed(words, command, folder)
    if target:
        (folder / target).write_text(printed)
        printed = ""
    return f"$ {command}\n{printed}"


def _redirected(words: list[str]) -> tuple[list[str], str]:
    return (words[:-2], words[-1]) if len(words) > 2 and words[-2] == ">" else (words, "")


_last_status = 0


def _printed(words: list[str], command: str, folder: Path) -> str:
    global _last_status
    match words:
        case ["celery-oom", *rest]:
            _last_status, printed = _in_process(lambda: cli.main(rest))
            return printed
        case ["git", *rest]:
            return _run_git(rest, folder)
        case ["echo", "$?"]:
            return f"{_last_status}\n"
        case ["cat", name]:
            return (folder / name).read_text()
        case _:
            return RECORDED[command.partition(" > ")[0]]


def _run_git(words: list[str], folder: Path) -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run([*_GIT, *words], cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout


def _in_process(run: Callable[[], int]) -> tuple[int, str]:
    """The status of a run and what it printed, as a terminal would mix it."""
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        status = run()
    return status, out.getvalue()


def fits(printed: str, shown: str) -> bool:
    """Whether a text is what a page shows of it."""
    return _fits(printed.splitlines(), shown.replace("\\\n", "").splitlines())


def _fits(lines: list[str], patterns: list[str]) -> bool:
    if not patterns:
        return not lines
    if patterns[0].strip() == "...":
        return any(_fits(lines[skipped:], patterns[1:]) for skipped in range(len(lines) + 1))
    if not lines:
        return False
    return _fits_line(lines[0], patterns[0]) and _fits(lines[1:], patterns[1:])


def _fits_line(line: str, pattern: str) -> bool:
    if "..." not in pattern:
        return line == pattern
    escaped = re.sub(r"([\[*?])", r"[\1]", pattern)
    return fnmatchcase(line, escaped.replace("...", "*"))
