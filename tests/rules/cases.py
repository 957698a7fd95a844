"""Reads fixtures/rules/COxxx.md: little projects, each with what one rule says about it and how it mends that."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from flake8_celery_oom.changes.fixing import Fixer, Outcome
from flake8_celery_oom.config import Config, read_config
from flake8_celery_oom.formats.report import reported
from flake8_celery_oom.formats.text import finding_lines, plain
from flake8_celery_oom.workspace import Workspace

FOLDER = Path(__file__).parents[2] / "fixtures" / "rules"
KINDS = ("Finds", "Silent", "Unknown")
JUDGED_WITH = {"CO002": ("CO002", "CO101", "CO201", "CO205")}
"""What must run for a rule that looks at what the others said; every other rule runs alone."""

_HEADING = re.compile(r"^## (?:(?P<kind>\w+): )?(?P<title>.+)$", re.MULTILINE)
_FENCE = re.compile(r"^(?P<fence>`{3,})(?P<info>[^\n]*)\n(?P<body>.*?)^(?P=fence)[ ]*$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'\btitle="([^"]+)"')


@dataclass(frozen=True)
class Case:
    """One project; ``expected`` is the text of the ``expect`` block at ``span`` of the file.

    ``mended`` is the text of the ``diff`` block: the fixes that are offered, and what the files are with all of them.
    ``mended_span`` is the block with its fences; without a block it is the empty place behind ``expect``.
    """

    code: str
    number: int
    kind: str
    title: str
    files: dict[str, str]
    expected: str
    span: tuple[int, int]
    mended: str = ""
    mended_span: tuple[int, int] = (0, 0)

    def __str__(self) -> str:
        return f"{self.code}-{self.number}-{self.title}"


def codes() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.md"))


def read_cases(code: str) -> list[Case]:
    text = (FOLDER / f"{code}.md").read_text()
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    return [
        _case(code, number, heading, text, end)
        for number, (heading, end) in enumerate(zip(headings, ends, strict=True), start=1)
    ]


def _case(code: str, number: int, heading: re.Match[str], text: str, end: int) -> Case:
    files: dict[str, str] = {}
    expected = mended = None
    for fence in _FENCE.finditer(text, heading.end(), end):
        title = _TITLE.search(fence["info"])
        if fence["info"].strip() == "expect":
            assert expected is None, f"{code}.md: two expect blocks under {heading[0]!r}"
            expected = fence
        elif fence["info"].strip() == "diff":
            assert mended is None, f"{code}.md: two diff blocks under {heading[0]!r}"
            mended = fence
        elif title:
            assert title[1] not in files, f"{code}.md: {title[1]} stands twice under {heading[0]!r}"
            files[title[1]] = fence["body"].replace("␍\n", "\r\n")
    assert expected is not None, f"{code}.md: no expect block under {heading[0]!r}"
    assert files, f"{code}.md: no file under {heading[0]!r}"
    assert mended is None or text[expected.end() : mended.start()] == "\n\n", f"{code}.md: diff follows expect"
    return Case(
        code,
        number,
        heading["kind"] or "",
        heading["title"],
        files,
        expected["body"],
        expected.span("body"),
        mended["body"] if mended else "",
        (expected.end(), mended.end() if mended else expected.end()),
    )


def files_of(text: str) -> dict[str, str]:
    """The files that a piece of Markdown shows: blocks with a title."""
    found = ((_TITLE.search(fence["info"]), fence["body"]) for fence in _FENCE.finditer(text))
    return {title[1]: body for title, body in found if title is not None}


def write(case: Case, root: Path) -> None:
    for path, text in case.files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())


def config_of(case: Case, root: Path) -> Config:
    config = read_config(root)
    return config if config.select else replace(config, select=JUDGED_WITH.get(case.code, (case.code,)))


def open_case(case: Case, root: Path) -> Workspace:
    return Workspace(root, config_of(case, root))


def outcome(case: Case, workspace: Workspace) -> str:
    return plain(finding_lines(reported([one for one in workspace.findings() if one.code == case.code])))


def fixes(case: Case, root: Path) -> str:
    """The fixes of the case's rule that are offered, one a line, and what they change."""
    config = config_of(case, root)
    offered = [one.fix for one in Workspace(root, config).findings() if one.code == case.code and one.fix is not None]
    fixer = Fixer(lambda texts: Workspace(root, config, texts), lambda one: one.code == case.code, unsafe=True)
    heads = [f"# {fix.safety}: {fix.title}{f': {fix.doubt}' if fix.doubt else ''}\n" for fix in offered]
    return "".join([*heads, *_diff(fixer.run())])


def _diff(made: Outcome) -> Iterator[str]:
    for path, text in sorted(made.texts.items()):
        old, new = (_lines(one) for one in (made.originals[path].text, text))
        for line in difflib.unified_diff(old, new, path, path, n=1):
            yield line.lstrip(" ") if not line.strip() else line


def _lines(text: str) -> list[str]:
    return [line.replace("\r", "␍") + "\n" for line in text.removesuffix("\n").split("\n")]


def accept(case: Case, actual: str, mended: str) -> None:
    """Put what happens into the file in place of what was expected."""
    path = FOLDER / f"{case.code}.md"
    text = path.read_text()
    now = next(one for one in read_cases(case.code) if one.number == case.number)
    block = f"\n\n```diff\n{mended}```" if mended else ""
    text = text[: now.mended_span[0]] + block + text[now.mended_span[1] :]
    path.write_text(text[: now.span[0]] + actual + text[now.span[1] :])
