"""Reads fixtures/rules/COxxx.md: little projects, each with what one rule says about it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from flake8_celery_oom.config import read_config
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
    """One project; ``expected`` is the text of the ``expect`` block at ``span`` of the file."""

    code: str
    number: int
    kind: str
    title: str
    files: dict[str, str]
    expected: str
    span: tuple[int, int]

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
    expected = None
    for fence in _FENCE.finditer(text, heading.end(), end):
        title = _TITLE.search(fence["info"])
        if fence["info"].strip() == "expect":
            assert expected is None, f"{code}.md: two expect blocks under {heading[0]!r}"
            expected = fence
        elif title:
            assert title[1] not in files, f"{code}.md: {title[1]} stands twice under {heading[0]!r}"
            files[title[1]] = fence["body"].replace("␍\n", "\r\n")
    assert expected is not None, f"{code}.md: no expect block under {heading[0]!r}"
    assert files, f"{code}.md: no file under {heading[0]!r}"
    return Case(code, number, heading["kind"] or "", heading["title"], files, expected["body"], expected.span("body"))


def files_of(text: str) -> dict[str, str]:
    """The files that a piece of Markdown shows: blocks with a title."""
    found = ((_TITLE.search(fence["info"]), fence["body"]) for fence in _FENCE.finditer(text))
    return {title[1]: body for title, body in found if title is not None}


def write(case: Case, root: Path) -> None:
    for path, text in case.files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())


def open_case(case: Case, root: Path) -> Workspace:
    config = read_config(root)
    if not config.select:
        config = replace(config, select=JUDGED_WITH.get(case.code, (case.code,)))
    return Workspace(root, config)


def outcome(case: Case, workspace: Workspace) -> str:
    return plain(finding_lines([one for one in workspace.findings() if one.code == case.code]))


def accept(case: Case, actual: str) -> None:
    """Put what happens into the file in place of what was expected."""
    path = FOLDER / f"{case.code}.md"
    text = path.read_text()
    span = next(one.span for one in read_cases(case.code) if one.number == case.number)
    path.write_text(text[: span[0]] + actual + text[span[1] :])
